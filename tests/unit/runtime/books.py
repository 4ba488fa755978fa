"""A province and the services of the centre that keep books with each other: real parts, stores and a bus in memory."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, cast

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.intake import handlers as intake
from services.intake.store import KINDS as INTAKE
from services.notify import handlers as notify
from services.notify.store import KINDS as NOTIFY
from services.notify.store import People
from services.notify.wording import load_wording
from services.review import handlers as review
from services.review.recalling import restorable
from services.review.store import KINDS as REVIEW
from services.review.store import ReviewStore
from services.scoring import handlers as scoring
from services.scoring.store import KINDS as SCORING
from services.scoring.store import ScoringStore
from shared.contracts.area import CENTRE
from shared.contracts.event import Event
from shared.contracts.text import text
from shared.kernel.actor import CLOCK
from shared.kernel.change import Change
from shared.kernel.keys import RegisteredKey
from shared.kernel.ledger import day_of
from shared.kernel.reconciliation import DayLedger, ledger_key
from shared.kernel.refusal import Refusal
from shared.runtime.amqp import properties_of
from shared.runtime.answering import Counterpart
from shared.runtime.book import Book
from shared.runtime.commands import Commands
from shared.runtime.dead import DeadLetters
from shared.runtime.documents import Documents
from shared.runtime.envelope import SIGNATURE, bound_of
from shared.runtime.guard import Guard
from shared.runtime.handlers import HandlerTable
from shared.runtime.lane import Lane, Session
from shared.runtime.ledgers import LEDGERS
from shared.runtime.message import Message
from shared.runtime.office import Office
from shared.runtime.recollection import covers_key
from shared.runtime.reconciling import Reconciler
from shared.runtime.recovering import Recovery
from shared.runtime.relay import Relay
from shared.runtime.settings import Settings
from shared.runtime.signing import Signer
from shared.runtime.trust_file import own_key
from shared.runtime.trusted import REFUSALS
from shared.runtime.work import Fact, Work
from tests.model.collections import MemoryDatabase, Shelf
from tests.support.signed import new_signer, register
from tests.unit.review import given

SETTINGS = Settings.model_construct(reconcile_every=1.0, reconcile_grace=0.0, reconcile_days=30, evidence_days=100)
Held = Callable[[str, Fact], bool]


class Bus:
    """Carries facts to whoever hears them, in order; `loses` tells what is lost on the way to whom."""

    def __init__(self) -> None:
        self.parties: list[Party] = []
        self.waiting: list[tuple[Party, DeliveredMessage, Fact]] = []
        self.loses: Held = lambda _to, _fact: False
        self.lost: list[str] = []
        self.carried: list[Fact] = []
        self.now = given.NOW

    def carry(self, fact: Fact, signer: Signer) -> None:
        """Into the queues of all that hear it."""
        self.carried.append(fact)
        for party in self.parties:
            if any(covers_key(b, fact.routing_key) for s in party.table for b in s.bindings):
                if self.loses(party.name, fact):
                    self.lost.append(fact.id)
                else:
                    self.waiting.append((party, _raw(fact, signer), fact))

    async def settle(self) -> None:
        """Until nobody has anything more to say."""
        quiet = 0
        while quiet < 3:
            self.now += timedelta(seconds=1)
            before = len(self.carried)
            for party in self.parties:
                await party.look()
                await party.relay.finish()
                await self.deliver()
            quiet = 0 if len(self.carried) > before else quiet + 1

    async def deliver(self) -> None:
        """What waits."""
        while self.waiting:
            party, raw, _ = self.waiting.pop(0)
            await party.take(raw)
            await party.relay.finish()


class Publishing:
    """What a publisher is to its service."""

    def __init__(self, bus: Bus, signer: Signer, table: HandlerTable) -> None:
        self._bus, self._signer, self._table = bus, signer, table
        self.ready = asyncio.Event()
        self.ready.set()

    async def publish(self, facts: Sequence[Fact]) -> dict[str, Exception]:
        """At once, and all of them."""
        for fact in facts:
            self._bus.carry(fact, self._signer)
        return {}

    async def depths(self, table: HandlerTable) -> dict[str, int]:
        """What waits for this table."""
        return {"all": sum(party.table is table for party, _, _ in self._bus.waiting)}


class Party:
    """One service, at the centre or in the province."""

    def __init__(self, bus: Bus, name: str, area: str, signer: Signer, trusted: Sequence[RegisteredKey]) -> None:
        self.bus, self.name, self.signer, self.area = bus, name, signer, area
        self.trusted = trusted
        self.shelves: dict[str, Shelf] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.begin()

    def begin(self) -> None:
        """A process of it begins, on what is in the store."""
        for task in self._tasks:
            task.cancel()
        self.database = MemoryDatabase(self.shelves)
        self.table, kinds = _table(self.name, self.database, self.area)
        self.documents = Documents(self.database, self)
        publisher = cast("Any", Publishing(self.bus, self.signer, self.table))
        self.book = Book(self.database, days=30, at_centre=self.area == CENTRE)
        self.relay = Relay(
            self.database, publisher, kinds, sweep_every=60, sweep_age=60, may_go_unheard=(), keep=self.book.keep
        )
        self.commands = Commands(self.database, self.documents, self.relay, batch_limit=200)
        keys = {key.kid: key for key in self.trusted}
        self.guard = Guard(self.database, self.name.partition("-")[0], [self.area], keys, evidence_days=100)
        self.letters = DeadLetters(self.database)
        self.lane = Lane(
            self.table,
            url="",
            clock=self,
            documents=self.documents,
            dead_letters=self.letters,
            relay=self.relay,
            publisher=publisher,
            batch_limit=200,
            prefetch=400,
            patience=0,
            guard=self.guard,
        )
        office = Office(self.database, self.book, self.commands, self, publisher, SETTINGS)
        if self.area == CENTRE:
            self.bookkeeper: Any = Counterpart(self.table, office, dead_letters=self.letters, signer=self.signer)
        else:
            recovery = Recovery(
                restorable(self.table, ReviewStore(self.database), [self.area]),
                database=self.database,
                documents=self.documents,
                guard=self.guard,
                lane=self.lane,
                dead_letters=self.letters,
                book=self.book,
            )
            self.bookkeeper = Reconciler(self.area, self.table, kinds, office, recovery)
        forever = (self.commands.run, self.relay.post, self.relay.clear)
        self._tasks = [asyncio.ensure_future(cast("Any", run())) for run in forever]

    async def end(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def now(self) -> datetime:
        """The same for all."""
        return self.bus.now

    async def look(self) -> None:
        """What it does every few seconds."""
        await self.bookkeeper.look()

    async def take(self, raw: DeliveredMessage) -> None:
        """A message comes."""
        found = next(s for s in self.table if any(covers_key(b, raw.routing_key or "") for b in s.bindings))
        await self.lane._isolate([Message(found.queue, found, raw)], Session())

    async def announce(self, event: Event) -> str:
        """A fact of its own, by way of a document that is nothing but its outbox; answers its id."""
        cause = f"{self.name} {event.wire()} {event.subject} {len(self.bus.carried)}"
        words = text("x", "x")
        state = Refusal(
            area=CENTRE,
            letter="x",
            by="x",
            message_id="x",
            event="x",
            kid=None,
            code="x",
            rule=words,
            remedy=words,
        )

        def say(_: Any, __: Any, ___: datetime) -> Change[Any]:
            return Change(state, (event,))

        work = Work(REFUSALS, cause, None, say, "test", CLOCK, cause, "0" * 64)
        [outcome] = await self.documents.apply([work])
        await self.relay.send(cast("Any", outcome).outgoing)
        await self.relay.finish()
        return str(cast("Any", outcome).outgoing[0].fact.id)

    async def day(self) -> DayLedger:
        """Today's books."""
        found = await self.database.get(LEDGERS, ledger_key("35", day_of(self.now())))
        assert found
        return found

    def keep(self) -> dict[str, Shelf]:
        """A backup."""
        return copy.deepcopy(self.shelves)

    def put_back(self, backup: dict[str, Shelf]) -> None:
        """The backup is put in place, and the service begins."""
        self.shelves = copy.deepcopy(backup)
        self.begin()


@asynccontextmanager
async def a_country() -> AsyncIterator[tuple[Bus, dict[str, Party]]]:
    """The services of the centre, and Fujian, whose key is registered."""
    bus, centre, province = Bus(), new_signer("centre"), new_signer("fujian")
    trusted = (own_key(centre, CENTRE),)
    parties = {name: Party(bus, name, CENTRE, centre, trusted) for name in ("intake", "scoring", "review", "notify")}
    parties["review-35"] = Party(bus, "review-35", "35", province, (*trusted, own_key(province, "35")))
    bus.parties = list(parties.values())
    await register(cast("Any", parties["review"]), province)
    await parties["review"].relay.finish()
    await bus.deliver()
    try:
        yield bus, parties
    finally:
        for party in parties.values():
            await party.end()


def _table(name: str, database: MemoryDatabase, area: str) -> tuple[HandlerTable, Sequence[Any]]:
    match name:
        case "intake":
            return intake.table(), INTAKE
        case "scoring":
            return scoring.table(ScoringStore(database)), SCORING
        case "notify":
            return notify.table(People(database), load_wording("https://sihao.example")), NOTIFY
    scope = "" if area == CENTRE else area
    return review.table(ReviewStore(database), given.LIBRARY, (area,), scope or CENTRE), REVIEW


def _raw(fact: Fact, signer: Signer) -> DeliveredMessage:
    body, properties = fact.body.encode(), properties_of(fact)
    headers = cast("dict[str, Any]", properties.headers)
    headers[SIGNATURE] = signer.sign(body, bound_of(fact))
    header = ContentHeader(body_size=len(body), properties=properties)
    return DeliveredMessage(Basic.Deliver(routing_key=fact.routing_key), header, body, cast("Any", None))
