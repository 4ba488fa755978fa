"""What the archive knows of one service: what it heard, what it announced, and what its store has forgotten of that.

In memory are about 300 bytes for every fact that the service announced since, and 200 for every message it heard.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from aiormq.abc import DeliveredMessage
from pydantic import ValidationError

from shared.contracts import EVENTS
from shared.contracts.event import Event
from shared.contracts.trust import KeyRegistered, KeyWithdrawn
from shared.runtime.archive import Read
from shared.runtime.envelope import Envelope
from shared.runtime.handlers import HandlerTable, Subscription
from shared.runtime.kinds import Kind
from shared.runtime.message import Message
from shared.runtime.mongo import Database, StoreError
from shared.runtime.past import Past
from shared.runtime.patience import Told, patiently
from shared.runtime.work import Fact, Outgoing

_BATCH = 200
Keep = Callable[[Sequence[Outgoing]], Awaitable[None]]
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
    document_of: Callable[[str], str] = str
    """The key of the document that a fact with this subject is about; mostly the same."""


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


class Recollection:
    """What the archive knows of one service, beside that service's store."""

    def __init__(
        self,
        service: Restorable,
        database: Database,
        read: Read,
        said: Said,
        told: Told,
        *,
        keep: Keep | None = None,
    ) -> None:
        """`told` hears of every failure of the store that is waited for; `keep` is given what was announced before."""
        self.service = service
        self._database = database
        self._read = read
        self._said = said
        self._told = told
        self._keep = keep
        self.announced: dict[str, Announced] = {}
        """What the service announced, by id; once it has been learnt."""
        self._begin = Past()
        self.heard: Counter[str] = Counter()
        """How many messages for the service there are, by event; once that has been learnt."""

    async def learn(self) -> None:
        """Read what there is."""
        async for raw, envelope in self._all():
            if subscription := _subscription(self.service.table, raw):
                self.heard[subscription.event.wire()] += 1
                if fact := _of_keys(subscription, raw):
                    self._begin = self._begin.before(fact)
            if self._is_own(raw, envelope):
                self.announced[envelope.id] = Announced(envelope.time, short(raw.body))

    async def forgotten(self) -> frozenset[str]:
        """The ids of announced facts that are in no history of the store, and were not recalled by any document."""
        return await patiently(self._forgotten, (StoreError,), self._told)

    async def _forgotten(self) -> frozenset[str]:
        unknown = set(self.announced)
        for kind in self.service.kinds:
            found = self._database.collection(kind.collection).find({}, {"history.facts": 1, "heard": 1})
            async for document in found:
                unknown.difference_update(document["heard"])
                unknown.difference_update(*(entry["facts"] for entry in document["history"]))
        return frozenset(unknown)

    async def named(self, ids: frozenset[str]) -> list[Named]:
        """Facts with these ids, oldest first."""
        found: dict[str, Named] = {}
        if ids:
            async for raw, envelope in self._all():
                if envelope.id in ids:
                    subject = str(raw.header.properties.correlation_id or "")
                    found.setdefault(envelope.id, Named(envelope.id, envelope.type or "", subject, envelope.time))
        return list(found.values())

    async def hush(self) -> None:
        """What stood unsent in an outbox when the backup was taken, and was announced since, is not announced again."""
        await patiently(self._hush, (StoreError,), self._told)

    async def _hush(self) -> None:
        for kind in self.service.kinds:
            unsent = {"outbox.routing_key": {"$exists": True}}
            async for document in self._database.collection(kind.collection).find(unsent, {"outbox": 1}):
                facts = [Fact(**fact) for fact in document["outbox"] if fact["id"] in self.announced]
                if facts:
                    await self.clear([Outgoing(kind.collection, document["_id"], fact) for fact in facts])

    async def clear(self, items: Sequence[Outgoing]) -> None:
        """Take facts that were announced before out of their outboxes."""
        if self._keep:
            await self._keep(items)
        await self._database.clear(items)

    async def batches(self, done: Callable[[Message], bool]) -> AsyncIterator[list[Message]]:
        """What the service hears, and what it learns from its own facts; what is done is left out."""
        batch: list[Message] = []
        past = self._begin
        async for raw, envelope in self._all():
            own = envelope.source == self.service.table.service and envelope.id in self.announced
            tables = (self.service.table, self.service.recalled) if own else (self.service.table,)
            for subscription in filter(None, (_subscription(table, raw) for table in tables)):
                message = Message(subscription.queue, subscription, raw, past=past, _envelope=envelope)
                if not done(message):
                    batch.append(message)
                if fact := _of_keys(subscription, raw):
                    past = past.told(fact)
            if len(batch) >= _BATCH:
                yield batch
                batch = []
        yield batch

    def _is_own(self, raw: DeliveredMessage, envelope: Envelope) -> bool:
        contract = EVENTS.get(envelope.type or "")
        if contract is None or envelope.source != self.service.table.service:
            return False
        try:
            return self.service.owns(contract.model_validate_json(raw.body))
        except ValidationError:
            return False

    async def _all(self) -> AsyncIterator[tuple[DeliveredMessage, Envelope]]:
        count = 0
        async with aclosing(self._read()) as reading:  # type: ignore[type-var]
            async for raw in reading:
                count += 1
                envelope = Message("", None, raw).envelope
                self._said(count, envelope.time)
                yield raw, envelope


def _of_keys(subscription: Subscription, raw: DeliveredMessage) -> Event | None:
    """A fact about keys."""
    if subscription.event not in (KeyRegistered, KeyWithdrawn):
        return None
    try:
        return subscription.event.model_validate_json(raw.body)
    except ValidationError:
        return None


def _subscription(table: HandlerTable, raw: DeliveredMessage) -> Subscription | None:
    """Which of a table's queues would have heard it."""
    return next((s for s in table if any(covers_key(binding, raw.routing_key or "") for binding in s.bindings)), None)


def covers_key(binding: str, routing_key: str) -> bool:
    """Whether a binding of ours, which always ends in `.#`, hears a routing key."""
    return f"{routing_key}.".startswith(binding.removesuffix("#"))


def short(body: bytes) -> bytes:
    """Enough of its SHA-256 to tell two bodies from each other."""
    return hashlib.sha256(body).digest()[:8]
