"""A restored store gets back what it has forgotten, from the archive.

The service is stopped. What it heard since the backup is decided again on its documents, in the order of the archive.
The archive also knows what the service announced then: every such decision is dated as it was the first time, so that
it comes to the same words and the same hashes, and is not announced again. A decision that would announce what the
archive does not know, a message that waits, and one that is refused go back into the service's own queue, where the
service itself sees to them.

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
    known: Counter[str] = field(default_factory=Counter)
    """Messages that changed nothing: known already, or of no effect."""
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
        given, batch = Given(), list[Message]()
        async for raw in self._all(said):
            tables = (self._service.table, self._service.recalled) if self._is_own(raw) else (self._service.table,)
            batch += [_message(found, raw) for table in tables if (found := _subscription(table, raw))]
            if len(batch) >= _BATCH:
                await self._batch(batch, given, send)
                batch.clear()
        await self._batch(batch, given, send)
        return given

    async def _batch(self, batch: Sequence[Message], given: Given, send: Send) -> None:
        for message in batch:
            message.read()
        left = [message for message in batch if message.dead is None]
        while left:  # what one of them brings, another may have waited for
            await self._apply(left, given)
            waiting = [message for message in left if message.missing is not None and message.dead is None]
            left = waiting if len(waiting) < len(left) else []
        for message in batch:
            if message.missing is not None or message.dead is not None:
                await send(message.queue, message.raw.body, _properties(message.raw))
                given.queued[message.label] += 1
            elif any(isinstance(outcome, Applied) for outcome in message.outcomes):
                given.applied[message.label] += 1
            else:
                given.known[message.label] += 1

    async def _apply(self, messages: Sequence[Message], given: Given) -> None:
        routed = [[self._dated(work, message.envelope.time) for work in await message.route()] for message in messages]
        outcomes = iter(await self._documents.apply([work for works in routed for work in works]))
        known: list[Outgoing] = []
        for message, works in zip(messages, routed, strict=True):
            message.take([next(outcomes) for _ in works])
            for outcome in message.outcomes:
                known += outcome.outgoing if isinstance(outcome, Applied) else ()
        known = [item for item in known if item.fact.id in self.announced]
        for fact in (item.fact for item in known):
            if self.announced[fact.id].body != _short(fact.body.encode()):
                given.otherwise.append(Named(fact.id, fact.type, fact.subject, datetime.fromisoformat(fact.time)))
        if known:
            await self._database.clear(known)

    def _dated(self, work: Work, heard: datetime) -> Work:
        """The work, to be decided as of the first time; not at all, if it would make known what was never announced."""
        before = self.announced.get(event_id(work.cause, "/".join(work.place), 0))

        def decide(state: State | None, message: Any, now: datetime) -> Change[State] | None:
            change: Change[State] | None = work.decide(state, message, now)
            if change is not None and change.facts and before is None:
                raise NotYet("its turn: it was never announced")
            return change

        return replace(work, decide=decide, at=before.at if before else heard)

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
