"""The batched lane: takes what the queues have ready, decides and commits it together, publishes, acknowledges.

    queue → read → guard → route → Documents.apply → dead letters → Relay.send → acknowledge

No timer: a batch is whatever has arrived while the last one was at work, the areas in turn, of each the oldest event
first. A message is acknowledged when everything it does is durable and everything wrong with it is parked. A store that
is away makes the lane hold its batch and wait; it never gives a message back, because a redelivery counts towards
limits and a good message must not pay for a bad minute.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TypeVar

from aiormq.abc import DeliveredMessage

from shared.runtime import metrics
from shared.runtime.acks import acks
from shared.runtime.amqp import Publisher
from shared.runtime.batch import count, timed, traced
from shared.runtime.clock import Clock
from shared.runtime.consuming import Consumption, consume
from shared.runtime.dead import WAITED, DeadLetter, DeadLetters
from shared.runtime.documents import Documents
from shared.runtime.guard import Guard
from shared.runtime.handlers import HandlerTable, Subscription
from shared.runtime.in_turn import InTurn
from shared.runtime.logs import get_logger
from shared.runtime.message import Message, broker_gave_up, could_not_be_handled, readmitted, waited_too_long
from shared.runtime.mongo import StoreError
from shared.runtime.patience import patiently
from shared.runtime.pauses import flow_of
from shared.runtime.relay import Relay
from shared.runtime.topology import dead_queue_name
from shared.runtime.work import Applied, Outgoing, Work

log = get_logger(__name__)
R = TypeVar("R")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


@dataclass
class Held:
    """A message that waits for what it needs."""

    message: Message
    since: float
    pause: float
    again_at: float


@dataclass
class Session:
    """One life of the consuming connection: what was delivered on it and not yet acknowledged."""

    consumption: Consumption | None = None
    arrived: InTurn[Message] = field(default_factory=InTurn)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something has arrived."""
    held: list[Held] = field(default_factory=list)
    open: dict[str, dict[int, Message]] = field(default_factory=dict)
    """By queue and delivery tag, in the order of arrival."""
    readmitted: bool = False
    """Whether its messages come from the waiting room, where they can go on waiting."""


class Lane:
    """Consumes the queues of one handler table."""

    def __init__(
        self,
        table: HandlerTable,
        *,
        url: str,
        clock: Clock,
        documents: Documents,
        dead_letters: DeadLetters,
        relay: Relay,
        publisher: Publisher,
        batch_limit: int,
        prefetch: int,
        patience: float,
        guard: Guard | None = None,
        introduction: Mapping[str, str] | None = None,
    ) -> None:
        """`guard` stands before the deciders; without one nobody's signature is looked at.

        `introduction` is what the consuming connection says of the process.
        """
        self._introduction = introduction
        self._subscriptions: dict[str, Subscription] = {s.queue: s for s in table}
        self._dead_queue = dead_queue_name(table)
        self._url = url
        self._clock = clock
        self._documents = documents
        self._dead = dead_letters
        self._relay = relay
        self._publisher = publisher
        self._batch_limit = batch_limit
        self._prefetch = prefetch
        self._patience = patience
        self._guard = guard
        self._session = Session()
        self.consuming = False
        """Whether all queues are being consumed right now."""
        self.between_batches = asyncio.Lock()
        """Held while a batch is at work; whoever takes it stops the lane without cutting a batch."""
        self.paced = False
        """Whether to give those who hear what follows time for it: while catching up."""
        self._oldest: float | None = None

    @property
    def queues(self) -> Collection[str]:
        """The queues in which it hears events."""
        return self._subscriptions.keys()

    def oldest(self) -> dict[str, datetime | None]:
        """When the oldest message happened that is delivered and not acknowledged, by queue: the head of each queue."""
        heads = {queue: next(iter(open_.values()), None) for queue, open_ in self._session.open.items()}
        return {queue: head.envelope.time if head else None for queue, head in heads.items()}

    @property
    def waiting(self) -> int:
        """Messages that have arrived and are not at work yet."""
        return len(self._session.arrived) if self.consuming else 0

    def take_oldest(self) -> float | None:
        """Age in seconds of the oldest message taken since this was last asked; None if none was."""
        oldest, self._oldest = self._oldest, None
        return oldest

    async def try_again(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Handle messages that lie in the store once more, all of `queues`; answers those that went through.

        What is refused again is put aside again. What waits stays as it is; if it lay there for another reason it is
        put among what waits.
        """
        batch = [readmitted(letter, self._subscriptions[letter.queue]) for letter in letters]
        async with self.between_batches:
            done = {id(message) for message in await self._isolate(batch, Session(readmitted=True))}
            pairs = list(zip(letters, batch, strict=True))
            waits = [waited_too_long(m) for letter, m in pairs if id(m) not in done and letter.code != WAITED]
            await _patiently("park", lambda: self._dead.park(waits))
        return [letter for letter, m in pairs if id(m) in done and m.dead is None]

    async def run(self) -> None:
        """One session; ends, to be begun again, when the connection, the channel or a consumer is lost."""
        await self._publisher.ready.wait()
        session = self._session = Session()

        def deliver(queue: str, raw: DeliveredMessage) -> None:
            message = Message(queue, self._subscriptions.get(queue), raw)
            session.open.setdefault(queue, {})[message.tag] = message
            area = flow_of(message.label, raw.routing_key or "").area
            session.arrived.put(message, area, min(message.envelope.time, self._clock.now()))
            session.came.set()

        queues = [*self._subscriptions, self._dead_queue]
        async with consume(self._url, queues, self._prefetch, deliver, introduction=self._introduction) as consumption:
            session.consumption = consumption
            self.consuming = True
            work = asyncio.create_task(self._work(session))
            try:
                await asyncio.wait({work, consumption.ended}, return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    await work
                raise ConnectionError("the consuming connection was lost")
            finally:
                self.consuming = False
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def _work(self, session: Session) -> None:
        while True:
            batch = await self._next_batch(session)
            async with self.between_batches:
                metrics.BATCH_SIZE.observe(len(batch))
                begun = monotonic()
                done = await self._isolate(batch, session)
                timed(batch, monotonic() - begun)
                await self._acknowledge(done, session)

    async def _next_batch(self, session: Session) -> list[Message]:
        """Whatever is ready: held messages whose pause is over, and what has arrived; waits for the first."""
        batch: list[Message] = []
        while not batch:
            now = monotonic()
            batch = [h.message for h in session.held if h.again_at <= now]
            timeout = min((h.again_at - now for h in session.held), default=None)
            if not batch and not session.arrived:
                session.came.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(timeout):
                        await session.came.wait()
                continue
            taken = session.arrived.take(self._batch_limit - len(batch))
            self._see_ages(taken)
            batch += taken
        return batch

    def _see_ages(self, taken: Sequence[Message]) -> None:
        now = self._clock.now()
        ages = [(now - message.envelope.time).total_seconds() for message in taken]
        self._oldest = max([*ages, *([] if self._oldest is None else [self._oldest])], default=None)

    async def _isolate(self, batch: Sequence[Message], session: Session) -> list[Message]:
        """Handle the batch; should that fail in a way nobody foresaw, each message alone, and park the one at fault.

        Otherwise the broker would deliver the same message again and again, and nothing would ever pass it.
        """
        try:
            return await self._handle(batch, session)
        except Exception as error:
            log.exception("a batch could not be handled", count=len(batch))
            if len(batch) > 1:
                return [done for message in batch for done in await self._isolate([message], session)]
            [message] = batch
            letter = message.dead = could_not_be_handled(message, error)
            done = self._settle(batch, session)
            await _patiently("park", lambda: self._dead.park([letter]))
            return done

    async def _handle(self, batch: Sequence[Message], session: Session) -> list[Message]:
        """Everything the batch does; answers the messages that are done with."""
        with traced(batch):
            for message in batch:
                if message.subscription is None:
                    message.dead = broker_gave_up(message)
                else:
                    message.read()
            outgoing = await _patiently("apply", lambda: self._apply(batch))
            done = self._settle(batch, session)
            parked = [message.dead for message in done if message.dead is not None]
            await _patiently("park", lambda: self._dead.park(parked))
            if guard := self._guard:
                await _patiently("keep", lambda: guard.keep(done))
                outgoing += await _patiently("tell", lambda: self._tell(guard.told(done)))
            await self._relay.send(outgoing)
        if self.paced:
            await self._relay.rest(len(outgoing))
        return done

    async def _tell(self, works: Sequence[Work]) -> list[Outgoing]:
        """Announce what was refused."""
        outcomes = await self._documents.apply(works)
        return [item for o in outcomes if isinstance(o, Applied) for item in o.outgoing]

    async def _apply(self, batch: Sequence[Message]) -> list[Outgoing]:
        """Route, decide and commit all readable messages together."""
        for message in batch:
            message.begin_again()
        if self._guard:
            await self._guard.examine([m for m in batch if m.subscription is not None])
        readable = [m for m in batch if m.dead is None and m.missing is None]
        routed = await _all([m.route() for m in readable])
        works = [work for works in routed for work in works]
        outcomes = iter(await self._documents.apply(works))
        outgoing: list[Outgoing] = []
        for message, own in zip(readable, routed, strict=True):
            message.take([next(outcomes) for _ in own])
            outgoing += [item for o in message.outcomes if isinstance(o, Applied) for item in o.outgoing]
        return outgoing

    def _settle(self, batch: Sequence[Message], session: Session) -> list[Message]:
        """Decide which messages are done with and which are held for later; count them."""
        held = {id(h.message): h for h in session.held}
        done: list[Message] = []
        now = monotonic()
        for message in batch:
            hold = held.pop(id(message), None) or Held(message, now, _FIRST_PAUSE, now)
            # What waits for a hand-over waits in the store at once: it would fill what the broker hands out to us.
            patience = -1.0 if message.fenced and not session.readmitted else self._patience
            if message.missing is not None and message.dead is None and now - hold.since > patience:
                message.dead = waited_too_long(message)
            if message.missing is None or message.dead is not None:
                done.append(message)
            else:
                hold.pause = min(hold.pause * 2, _LONGEST_PAUSE)
                hold.again_at = now + hold.pause
                held[id(message)] = hold
        session.held = list(held.values())
        count(batch, self._clock.now())
        return done

    async def _acknowledge(self, done: Sequence[Message], session: Session) -> None:
        """Acknowledge what is done with: with one frame as far as nothing older is still open."""
        if session.consumption is None:
            return
        for message in done:
            del session.open[message.queue][message.tag]
        still_open = (tag for tags in session.open.values() for tag in tags)
        up_to, singly = acks((message.tag for message in done), still_open)
        if up_to is not None:
            await session.consumption.ack(up_to, multiple=True)
        for tag in singly:
            await session.consumption.ack(tag, multiple=False)


async def _all(coroutines: Sequence[Coroutine[None, None, R]]) -> list[R]:
    """All their results. If one fails, the others still come to their end: they would meddle with the next try."""
    results: list[R] = []
    for result in await asyncio.gather(*coroutines, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        results.append(result)
    return results


async def _patiently(what: str, step: Callable[[], Awaitable[R]]) -> R:
    """Do it; while the store is away, hold everything and try again."""

    def told(error: BaseException) -> None:
        log.warning("the store is away; holding the batch", step=what, error=type(error).__name__)

    return await patiently(step, (StoreError,), told)
