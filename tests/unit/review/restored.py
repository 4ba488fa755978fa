"""A store of review in memory: what it hears and announces goes into an archive, from which another is restored."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.review.handlers import table
from services.review.recalling import restorable
from services.review.store import ReviewStore
from shared.contracts.event import Event
from shared.kernel.actor import Actor
from shared.runtime.amqp import properties_of
from shared.runtime.documents import Documents
from shared.runtime.handlers import Subscription
from shared.runtime.message import Message
from shared.runtime.queues import Parcel
from shared.runtime.recollection import Recollection, covers_key
from shared.runtime.restoring import Restoring
from shared.runtime.work import Applied, Fact, Unchanged, Work
from tests.model.collections import MemoryDatabase, Shelf
from tests.unit.review import given

Archive = list[DeliveredMessage]


class Deployment:
    """The store of one jurisdiction's review."""

    def __init__(self, shelves: dict[str, Shelf], archive: Archive, area: str = "35") -> None:
        self.shelves = shelves
        self.area = area
        self.database = MemoryDatabase(shelves)
        self.store = ReviewStore(self.database)
        self.table = table(self.store, given.LIBRARY, (area,), area)
        self.documents = Documents(self.database, self)
        self.archive = archive
        self.time = given.NOW
        self._acts = 0

    def now(self) -> datetime:
        """One second after the other."""
        self.time += timedelta(seconds=1)
        return self.time

    async def hear(self, one: DeliveredMessage) -> None:
        """A message comes."""
        self.archive.append(one)
        subscription = self._hears(one.routing_key or "")
        assert subscription
        message = Message(subscription.queue, subscription, one)
        message.read()
        await self._apply(await message.route())

    async def act(self, kind: Any, key: str, command: Any, decide: Any) -> None:
        """An officer acts, or the clock."""
        self._acts += 1
        by = Actor(id="officer", role="officer", area=self.area)
        await self._apply([Work(kind, key, command, decide, "act", by, f"act {self._acts}", "0" * 64)])

    async def _apply(self, works: Sequence[Work]) -> None:
        outcomes = await self.documents.apply(works)
        assert all(isinstance(one, Applied | Unchanged) for one in outcomes), outcomes
        items = [item for one in outcomes if isinstance(one, Applied) for item in one.outgoing]
        await self.database.clear(items)
        for item in items:
            if self._hears(item.fact.routing_key):
                await self.hear(published(item.fact))
            else:
                self.archive.append(published(item.fact))

    def _hears(self, routing_key: str) -> Subscription | None:
        return next((s for s in self.table if any(covers_key(b, routing_key) for b in s.bindings)), None)

    async def restore(self) -> Recollection:
        """From the archive."""

        async def read() -> AsyncIterator[DeliveredMessage]:
            for one in self.archive:
                yield one

        async def send(parcels: Sequence[Parcel]) -> None:
            raise AssertionError(f"left to the service: {[parcel.queue for parcel in parcels]}")

        def never(error: BaseException) -> None:
            raise AssertionError("nothing is away") from error

        known = Recollection(
            restorable(self.table, self.store, (self.area,)), self.database, read, lambda *_: None, never
        )
        await known.learn()
        found = await Restoring(known, self.documents, never).give_back(send)
        assert found.otherwise == []
        return known


def published(fact: Fact) -> DeliveredMessage:
    header = ContentHeader(body_size=len(fact.body), properties=properties_of(fact))
    return DeliveredMessage(Basic.Deliver(routing_key=fact.routing_key), header, fact.body.encode(), cast("Any", None))


def heard(event: Event, id_: str, at: datetime) -> DeliveredMessage:
    body = event.model_dump_json()
    fact = Fact(id_, event.wire(), event.routing_key, event.source, event.subject, at.isoformat(), body, {}, at, at)
    return published(fact)
