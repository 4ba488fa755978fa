"""An archive in another order than its messages were handled in: the first time decides."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.scoring.store import KINDS, RECORDS
from shared.contracts import ApplicationSubmitted, ApplicationWithdrawn, RoundOpened
from shared.contracts.area import routing_words
from shared.contracts.event import Event
from shared.runtime.amqp import properties_of
from shared.runtime.clock import SystemClock
from shared.runtime.documents import Documents
from shared.runtime.message import Message
from shared.runtime.mongo import Database
from shared.runtime.queues import Parcel
from shared.runtime.recollection import Recollection, covers_key
from shared.runtime.restoring import Restoring
from shared.runtime.work import Applied, Fact
from sihao.services import restorable
from tests.support.platform import example

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
APPLICATION = "CN-2020-51350200MJB00102XM"


def delivered(event: type[Event], body: bytes) -> DeliveredMessage:
    """An event as the archive has it."""
    area = event.model_validate_json(body).area
    properties = Basic.Properties(
        message_id=f"{event.wire()}-1",
        message_type=event.wire(),
        headers={"ce-source": "/sihao/intake", "ce-time": (NOW - timedelta(minutes=1)).isoformat()},
    )
    return raw(f"{event.wire()}.{routing_words(area)}", body, properties)


def raw(key: str, body: bytes, properties: Basic.Properties) -> DeliveredMessage:
    header = ContentHeader(body_size=len(body), properties=properties)
    return DeliveredMessage(Basic.Deliver(routing_key=key), header, body, cast("Any", None))


ROUND = delivered(RoundOpened, example(RoundOpened))
SUBMITTED = delivered(ApplicationSubmitted, example(ApplicationSubmitted))
WITHDRAWN = delivered(
    ApplicationWithdrawn, example(ApplicationWithdrawn).replace(b"51350100MJC00203K0", b"51350200MJB00102XM")
)


def archived(fact: Fact) -> DeliveredMessage:
    return raw(fact.routing_key, fact.body.encode(), properties_of(fact))


class Fixed(SystemClock):
    """A clock that stands."""

    def now(self) -> datetime:
        """Then."""
        return NOW


@pytest.fixture
async def stores(mongo_url: str, database_name: str, request: pytest.FixtureRequest) -> AsyncIterator[list[Database]]:
    """The one that was lost, and an empty one in its place."""
    names = [f"{database_name}_{request.node.name[:12]}_{which}" for which in ("lost", "new")]
    found = [Database(mongo_url, name) for name in names]
    for store in found:
        await store.prepare(KINDS)
    yield found
    for store in found:
        store.close()


async def first_time(database: Database, messages: Sequence[DeliveredMessage]) -> list[Fact]:
    """Handle these one after the other; answers what was announced."""
    table, facts = restorable("scoring", database, areas="CN", site="").table, []
    for one in messages:
        subscription = next(s for s in table if any(covers_key(b, one.routing_key or "") for b in s.bindings))
        message = Message(subscription.queue, subscription, one)
        message.read()
        outcomes = await Documents(database, Fixed()).apply(await message.route())
        facts += [item.fact for o in outcomes if isinstance(o, Applied) for item in o.outgoing]
    return facts


async def restored(
    database: Database, archive: Sequence[DeliveredMessage], *, read_to: Callable[[], None] = lambda: None
) -> tuple[Recollection, list[str]]:
    """Restore from an archive; answers the queues into which something was put, too.

    `read_to` hears of every reading.
    """
    queued: list[str] = []

    async def read() -> AsyncIterator[DeliveredMessage]:
        read_to()
        for one in archive:
            yield one

    async def send(parcels: Sequence[Parcel]) -> None:
        queued.extend(parcel.queue for parcel in parcels)

    def never(error: BaseException) -> None:
        raise AssertionError("nothing is away") from error

    def silently(_count: int, _at: datetime) -> None:
        """Nobody watches."""

    known = Recollection(restorable("scoring", database, areas="CN", site=""), database, read, silently, never)
    await known.learn()
    given = await Restoring(known, Documents(database, SystemClock()), never).give_back(send)
    assert given.otherwise == []
    return known, queued


async def test_a_withdrawal_that_stands_earlier_in_the_archive_does_not_overtake_an_announced_score(
    stores: list[Database],
) -> None:
    lost, new = stores
    facts = await first_time(lost, [ROUND, SUBMITTED, WITHDRAWN])
    assert [fact.type for fact in facts] == ["application.scored.v1"]
    known, queued = await restored(new, [WITHDRAWN, SUBMITTED, *map(archived, facts), ROUND])
    assert await known.forgotten() == frozenset()
    assert queued == []
    before, after = [await store.recorded(RECORDS, APPLICATION) for store in stores]
    assert after[1] == before[1]
    assert after[0][0] == before[0][0], "hash for hash, until the withdrawal, of which nobody knows when it was heard"
    assert [entry.what for entry in after[0]] == ["application.submitted.v1", "application.withdrawn.v1"]


async def test_the_archive_is_read_no_oftener_than_it_takes(stores: list[Database]) -> None:
    """To learn what there is, for what had an effect, and for what had none; then everything is back."""
    lost, new = stores
    facts = await first_time(lost, [ROUND, SUBMITTED, WITHDRAWN])
    await first_time(new, [ROUND])
    readings: list[None] = []
    archive = [ROUND, SUBMITTED, *map(archived, facts), WITHDRAWN]
    known, queued = await restored(new, archive, read_to=lambda: readings.append(None))
    assert await known.forgotten() == frozenset()
    assert queued == []
    assert len(readings) == 3


async def test_a_withdrawal_that_was_heard_first_keeps_the_score_from_being_announced(stores: list[Database]) -> None:
    lost, new = stores
    assert await first_time(lost, [ROUND, WITHDRAWN, SUBMITTED]) == []
    _, queued = await restored(new, [ROUND, SUBMITTED, WITHDRAWN])
    assert queued == []
    before, after = [await store.get(RECORDS, APPLICATION) for store in stores]
    assert after == before


async def test_what_the_archive_knows_no_effect_of_is_put_into_the_queue(stores: list[Database]) -> None:
    _, new = stores
    _, queued = await restored(new, [ROUND, SUBMITTED])
    assert queued == ["scoring.application.submitted.v1"]
    assert await new.get(RECORDS, APPLICATION) is None
