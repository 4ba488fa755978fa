"""The postman: takes queued mail letters whose turn it is, sends them, and records how it went.

Each letter is first taken by a command (a lease: other postmen leave it alone), then sent, then recorded by a second
command. If the process dies between the mail server's acceptance and the record, the letter is sent again when the
lease is over, with the same Message-ID, date and words: there is at most one letter, and a repeated transmission of it
is recognised by its Message-ID and dropped by mail servers. If the server cannot be reached at all, the letters in hand
are put off and all others stay untouched until the next look.
"""

import asyncio
from datetime import datetime
from typing import Protocol

from opentelemetry.trace import SpanKind

from services.notify.domain import letter as letters
from services.notify.domain.letter import Deferred, Letter, Outcome, Rejected, Take
from services.notify.domain.recipient import Recipient
from services.notify.mail import Transport, Unreachable, compose
from services.notify.settings import NotifySettings
from services.notify.store import LETTERS
from shared.kernel.actor import Actor
from shared.runtime import metrics, telemetry
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.logs import get_logger

POSTMAN = Actor(id="notify.postman", role="service")
_BATCH = 200
log = get_logger(__name__)


class Queue(Protocol):
    """Letters that wait; `store.Letters` is the real one."""

    async def due(self, now: datetime, limit: int) -> list[Letter]:
        """Mail letters whose turn it is."""
        ...


class Directory(Protocol):
    """Where people live; `store.People` is the real one."""

    async def get(self, person: str) -> Recipient | None:
        """One person."""
        ...


class Desk(Protocol):
    """Where the postman takes letters out and reports on them."""

    async def take(self, letter: str) -> Letter | None:
        """The letter, if it is now this postman's to send."""
        ...

    async def report(self, letter: str, outcome: Outcome) -> None:
        """How a transmission ended."""
        ...


class CommandDesk:
    """The desk over the commands: both acts are decided purely, on the letter's document."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def take(self, letter: str) -> Letter | None:
        """The letter, if it is now this postman's to send."""
        done = await self._commands.do(LETTERS, letter, Take(), letters.take, what="take", by=POSTMAN)
        return done.state if done.entry else None

    async def report(self, letter: str, outcome: Outcome) -> None:
        """How a transmission ended."""
        await self._commands.do(LETTERS, letter, outcome, letters.record, what="report", by=POSTMAN)


class Postman:
    """Sends what is due, several letters at once."""

    def __init__(
        self,
        *,
        queue: Queue,
        directory: Directory,
        desk: Desk,
        transport: Transport,
        clock: Clock,
        settings: NotifySettings,
    ) -> None:
        self._queue = queue
        self._directory = directory
        self._desk = desk
        self._transport = transport
        self._clock = clock
        self._settings = settings

    async def run(self) -> None:
        """For ever: look, send, rest."""
        while True:
            sent = await self.round()
            if sent == 0:
                await asyncio.sleep(self._settings.mail_every)

    async def round(self) -> int:
        """Send what is due now; answers how many were handed over to the mail server."""
        due = await self._queue.due(self._clock.now(), _BATCH)
        bag = iter(due)
        unreachable = asyncio.Event()
        delivered = 0

        async def walk() -> None:
            nonlocal delivered
            for letter in bag:
                if unreachable.is_set():
                    return
                delivered += await self._deliver(letter.id, unreachable)

        try:
            async with asyncio.TaskGroup() as walks:
                for _ in range(min(self._settings.mail_parallel, len(due))):
                    walks.create_task(walk())
        finally:
            await self._transport.rest()
        return delivered

    async def _deliver(self, key: str, unreachable: asyncio.Event) -> bool:
        letter = await self._desk.take(key)
        if letter is None:
            return False
        about = {"sihao.letter": key, "sihao.letter.because": letter.draft.because, "sihao.about": letter.draft.about}
        with telemetry.tracer().start_as_current_span("deliver letter", kind=SpanKind.CLIENT, attributes=about) as span:
            outcome = await self._send(letter, unreachable)
            how = type(outcome).__name__.lower()
            span.set_attribute("sihao.outcome", how)
            metrics.LETTERS.labels(how).inc()
            await self._desk.report(key, outcome)
        log.info("letter.transmitted", letter=key, outcome=how, attempt=letter.attempts)
        return isinstance(outcome, letters.Sent)

    async def _send(self, letter: Letter, unreachable: asyncio.Event) -> Outcome:
        recipient = await self._directory.get(letter.draft.to)
        if recipient is None or recipient.profile is None or recipient.profile.mail is None:
            return Rejected(reason="no address is known")
        settings = self._settings
        mail = compose(letter, recipient.profile, sender=settings.sender, sender_name=settings.sender_name)
        try:
            return await self._transport.send(mail)
        except Unreachable as error:
            unreachable.set()
            log.warning("mail.unreachable", error=str(error))
            return Deferred(reason=f"mail server unreachable: {error}")
