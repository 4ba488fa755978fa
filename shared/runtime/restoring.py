"""A restored store gets back what it has forgotten, from the archive.

The service is stopped. What it heard since the backup is decided again on its documents. The archive also knows what
the service announced then, and that tells how it was decided the first time: a decision with an announced effect is
taken only when it has that effect again; it is dated as it was, so that it comes to the same words and the same hashes;
and it is not announced again. Decisions without an effect come behind those, kind by kind: a withdrawal must not
overtake the score that was announced before it, only because that still waits for its round. All this is repeated until
nothing changes any more.

What is left would announce something the archive does not know, or waits, or is refused. It goes back into the
service's own queue, where the service sees to it like to any message.

Harmless to break off and to repeat, because `heard` is never wrong. In memory are a batch of messages, and about 300
bytes for every fact that the service itself announced since.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pydantic import ValidationError

from shared.contracts import EVENTS
from shared.contracts.event import Event
from shared.kernel.change import Change, NotYet
from shared.kernel.identity import event_id
from shared.kernel.state import State
from shared.runtime.amqp import Send
from shared.runtime.archive import Read
from shared.runtime.documents import Documents
from shared.runtime.handlers import HandlerTable, Subscription
from shared.runtime.kinds import Kind
from shared.runtime.message import Message
from shared.runtime.mongo import Database
from shared.runtime.work import Applied, Outgoing, Work

_BATCH = 200
Accepts = Callable[[Work, bool, bool], bool]
"""Whether a decision may be taken: the work, whether it had an announced effect then, and whether it has one now."""
Said = Callable[[int, datetime], None]
"""Told of the progress: how many were read, and the time of the last."""


@dataclass(frozen=True)
class Restorable:
    """What there is to know of a service in order to restore its store."""

    table: HandlerTable
    """What it hears."""
    recalled: HandlerTable
    """What it learns from its own facts, where they tell of what no message told it; may be empty."""
    kinds: Sequence[Kind[Any]]
    """Its documents."""
    owns: Callable[[Event], bool]
    """Whether a fact of this service was announced by this deployment of it."""


class Announced(NamedTuple):
    """What the archive knows of a fact the service announced."""

    at: datetime
    """When it was decided, by the platform's clock."""
    body: bytes
    """The beginning of its SHA-256."""


class Named(NamedTuple):
    """A fact, for people."""

    id: str
    type: str
    subject: str
    at: datetime


@dataclass
class Given:
    """What came of it, by event."""

    applied: Counter[str] = field(default_factory=Counter)
    """Messages that changed a document."""
    queued: Counter[str] = field(default_factory=Counter)
    """Messages that the service itself will see to."""
    otherwise: list[Named] = field(default_factory=list)
    """Facts that were announced in other words than they are decided in now."""


class Restoring:
    """One restore of one store."""

    def __init__(self, service: Restorable, database: Database, documents: Documents, read: Read) -> None:
        self._service = service
        self._database = database
        self._documents = documents
        self._read = read
        self.announced: dict[str, Announced] = {}
        """What the service announced since, by id; once it has been `learnt`."""
        self.heard: Counter[str] = Counter()
        """How many messages for the service the archive has, by event."""
        self._held: set[str] = set()
        """Kinds of documents on which something with an announced effect still waits."""

    async def learn(self, said: Said) -> None:
        """Read what there is."""
        async for raw in self._all(said):
            if subscription := _subscription(self._service.table, raw):
                self.heard[subscription.event.wire()] += 1
            if self._is_own(raw):
                envelope = _message(None, raw).envelope
                self.announced[envelope.id] = Announced(envelope.time, _short(raw.body))

    async def forgotten(self) -> frozenset[str]:
        """The ids of announced facts that are in no history of the store, and were not recalled by any document."""
        unknown = set(self.announced)
        for kind in self._service.kinds:
            found = self._database.collection(kind.collection).find({}, {"history.facts": 1, "heard": 1})
            async for document in found:
                unknown.difference_update(document["heard"])
                unknown.difference_update(*(entry["facts"] for entry in document["history"]))
        return frozenset(unknown)

    async def named(self, ids: frozenset[str], said: Said) -> list[Named]:
        """Facts with these ids, oldest first."""
        found: dict[str, Named] = {}
        if ids:
            async for raw in self._all(said):
                envelope = _message(None, raw).envelope
                if envelope.id in ids:
                    subject = str(raw.header.properties.correlation_id or "")
                    found.setdefault(envelope.id, Named(envelope.id, envelope.type or "", subject, envelope.time))
        return list(found.values())

    async def give_back(self, send: Send, said: Said) -> Given:
        """Decide again what was decided, and put the rest into the service's queues.

        Raises:
            StoreError: the store is away. Begin again when it is back.
            Unroutable: a queue of the service does not exist.
            Nacked: a queue of the service is full.
        """
        given = Given()
        while await self._round(given, said):
            pass
        queues = {subscription.queue for subscription in self._service.table}
        async for batch in self._batches(said):
            await self._apply(batch, _never, given)
            for message in batch:
                if message.queue in queues and (message.missing is not None or message.dead is not None):
                    await send(message.queue, message.raw.body, _properties(message.raw))
                    given.queued[message.label] += 1
        return given

    async def _round(self, given: Given, said: Said) -> int:
        """Take what can be taken now; answers how many messages changed something."""
        self._held.clear()
        changed = await self._decide(_with_effect, given, said)
        held = frozenset(self._held)

        def without_effect(work: Work, then: bool, now: bool) -> bool:  # noqa: FBT001
            return not then and not now and work.kind.collection not in held

        changed += await self._decide(without_effect, given, said)
        if held and not changed:  # what they wait for will not come
            changed = await self._decide(_without_effect, given, said)
        return changed

    async def _decide(self, may: Accepts, given: Given, said: Said) -> int:
        """Take these decisions, once through the archive; answers how many messages changed something."""
        before = given.applied.total()
        async for batch in self._batches(said):
            await self._apply(batch, may, given)
            given.applied.update(
                message.label for message in batch if any(isinstance(o, Applied) for o in message.outcomes)
            )
        return given.applied.total() - before

    async def _batches(self, said: Said) -> AsyncIterator[list[Message]]:
        """What the service hears, and what it learns from its own facts."""
        batch: list[Message] = []
        async for raw in self._all(said):
            tables = (self._service.table, self._service.recalled) if self._is_own(raw) else (self._service.table,)
            batch += [_message(found, raw) for table in tables if (found := _subscription(table, raw))]
            if len(batch) >= _BATCH:
                yield batch
                batch = []
        yield batch

    async def _apply(self, batch: Sequence[Message], may: Accepts, given: Given) -> None:
        """Decide these messages as far as it may be done, and do not have it announced again."""
        for message in batch:
            message.read()
        routed: list[tuple[Message, list[Work]]] = []
        for message in batch:
            works = [self._as_before(work, message.envelope.time, may) for work in await message.route()]
            routed.append((message, works))
            if message.missing is not None and message.subscription is not None:
                self._held.update(reaction.kind.collection for reaction in message.subscription.reactions)
        outcomes = iter(await self._documents.apply([work for _, works in routed for work in works]))
        again: list[Outgoing] = []
        for message, works in routed:
            message.take([next(outcomes) for _ in works])
            again += [item for o in message.outcomes if isinstance(o, Applied) for item in o.outgoing]
        again = [item for item in again if item.fact.id in self.announced]
        for fact in (item.fact for item in again):
            if self.announced[fact.id].body != _short(fact.body.encode()):
                given.otherwise.append(Named(fact.id, fact.type, fact.subject, datetime.fromisoformat(fact.time)))
        if again:
            await self._database.clear(again)

    def _as_before(self, work: Work, heard: datetime, may: Accepts) -> Work:
        """The work, to be decided as of the first time, if that is known; only if it may be, else it waits."""
        before = self.announced.get(event_id(work.cause, "/".join(work.place), 0))

        def decide(state: State | None, message: Any, now: datetime) -> Change[State] | None:
            change: Change[State] | None = work.decide(state, message, now)
            if change is not None and not may(work, before is not None, bool(change.facts)):
                raise NotYet("its turn")
            return change

        def noting(state: State | None, message: Any, now: datetime) -> Change[State] | None:
            try:
                return decide(state, message, now)
            except NotYet:
                self._held.add(work.kind.collection)
                raise

        return replace(work, decide=noting if before else decide, at=before.at if before else heard)

    def _is_own(self, raw: DeliveredMessage) -> bool:
        envelope = _message(None, raw).envelope
        contract = EVENTS.get(envelope.type or "")
        if contract is None or envelope.source != self._service.table.service:
            return False
        try:
            return self._service.owns(contract.model_validate_json(raw.body))
        except ValidationError:
            return False

    async def _all(self, said: Said) -> AsyncIterator[DeliveredMessage]:
        count = 0
        async with aclosing(self._read()) as reading:  # type: ignore[type-var]
            async for raw in reading:
                count += 1
                said(count, _message(None, raw).envelope.time)
                yield raw


def _with_effect(_: Work, then: bool, now: bool) -> bool:  # noqa: FBT001
    return then and now


def _without_effect(_: Work, then: bool, now: bool) -> bool:  # noqa: FBT001
    return not then and not now


def _never(_: Work, then: bool, now: bool) -> bool:  # noqa: ARG001, FBT001
    return False


def _message(subscription: Subscription | None, raw: DeliveredMessage) -> Message:
    return Message(subscription.queue if subscription else "", subscription, raw)


def _subscription(table: HandlerTable, raw: DeliveredMessage) -> Subscription | None:
    """Which of a table's queues would have heard it."""
    return next((s for s in table if any(covers_key(binding, raw.routing_key or "") for binding in s.bindings)), None)


def covers_key(binding: str, routing_key: str) -> bool:
    """Whether a binding of ours, which always ends in `.#`, hears a routing key."""
    return f"{routing_key}.".startswith(binding.removesuffix("#"))


def _short(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:8]


def _properties(raw: DeliveredMessage) -> Basic.Properties:
    """The properties as they were before the archive added its own."""
    properties = copy(raw.header.properties)
    properties.headers = {k: v for k, v in (properties.headers or {}).items() if k != "x-stream-offset"}
    return properties
