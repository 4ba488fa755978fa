"""A scoring store put back to an older state: `sihao restore` brings it to where it was, and nobody hears it twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import aio_pika
import pytest
from faststream.rabbit import RabbitBroker
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect
from typer.testing import CliRunner, Result

from dev.generated.services import TABLES
from shared.contracts import ApplicationScored, ApplicationSubmitted, ApplicationWithdrawn, MarksSettled, RoundOpened
from shared.contracts.event import Event
from shared.runtime import archive
from shared.runtime.amqp import Publisher
from shared.runtime.archive import archive_bindings, declare_archive
from shared.runtime.documents import Documents as DocumentStore
from shared.runtime.handlers import HandlerTable
from shared.runtime.mongo import Database
from shared.runtime.recollection import covers_key
from shared.runtime.topology import ARCHIVE
from sihao.cli import app
from sihao.services import SERVICES, restorable
from tests.support.platform import Lone, Platform, announce, example, lone_scoring
from tests.support.toy_bench import until

ROUND = "CN-2020-R"
SCORED = f"review.{ApplicationScored.wire()}.CN"
"""The queue in which the centre's review hears of scores; nobody consumes it here."""
ENOUGH = 10
"""Applications that the others hand in while a store is restored: many more than one reading finds."""
Documents = dict[str, dict[str, dict[str, Any]]]


@dataclass
class Desk:
    """Scoring by itself; intake's and review's queues stand, so that somebody hears."""

    lone: Lone

    async def tell(self, event: type[Event], number: int, *, revision: int = 1) -> None:
        """Announce an event about application `number`."""
        body = example(event, round_=ROUND).replace(b"51350100MJC00203K0", b"51350200MJB00102XM")
        body = body.replace(b"MJB00102XM", b"MJB%05dXM" % number)
        body = body.replace(b'"revision": 1', b'"revision": %d' % revision)
        await announce(self.lone.amqp_url, event, [(f"{event.wire()}-{number}-{revision}", body)])

    async def documents(self) -> Documents:
        """Everything in the store."""
        async with AsyncMongoClient[dict[str, Any]](self.lone.mongo_url, tz_aware=True) as client:
            store = client[self.lone.database]
            return {
                name: {found["_id"]: found async for found in store[name].find()}
                for name in await store.list_collection_names()
            }

    async def put_back(self, documents: Documents) -> None:
        """Make the store what it was."""
        async with AsyncMongoClient[dict[str, Any]](self.lone.mongo_url) as client:
            store = client[self.lone.database]
            for name in await store.list_collection_names():
                await store[name].delete_many({})
            for name, group in documents.items():
                if group:
                    await store[name].insert_many(group.values())

    async def settled(self, records: int, scored: int) -> None:
        """Wait until so many applications are known and so many scores were announced, and all outboxes are empty."""

        async def still() -> bool:
            documents = await self.documents()
            empty = not any(d.get("outbox") for group in documents.values() for d in group.values())
            return empty and len(documents.get("records", {})) == records and await self.depth(SCORED) == scored

        await until(still)

    async def depth(self, queue: str) -> int:
        """How many messages wait in a queue."""
        async with await aio_pika.connect(self.lone.amqp_url) as connection:
            channel = await connection.channel()
            found = await channel.declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0

    async def restore(self, *arguments: str) -> Result:
        """`sihao restore scoring …`."""
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        return await self.sihao("restore", "scoring", "--since", since, *arguments)

    async def sihao(self, *arguments: str) -> Result:
        """A command on the service's own store."""
        environment = {
            "SIHAO_MONGO_URL": self.lone.mongo_url,
            "SIHAO_AMQP_URL": self.lone.amqp_url,
            "SIHAO_DATABASE": self.lone.database,
            "COLUMNS": "200",
        }
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)


@pytest.fixture
async def desk(platform: Platform) -> AsyncIterator[Desk]:
    async with lone_scoring(platform) as lone:
        await others_stand(lone.amqp_url)
        yield Desk(lone)


async def others_stand(amqp_url: str) -> None:
    broker = RabbitBroker(amqp_url)
    database = Database("mongodb://store.example", "described")
    publisher = Publisher(broker, timeout=10)
    for table in (TABLES["intake"](database), TABLES["review"](database)):
        await declare_archive(broker, table, days=1, size=100_000_000, timeout=10)
        await publisher.declare(table)
    await broker.stop()
    database.close()


def told(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what only the sweeper needs."""
    return {name: value for name, value in document.items() if name != "outbox"}


async def test_a_restored_store_is_what_it_was_and_nobody_hears_it_twice(desk: Desk) -> None:
    await desk.tell(RoundOpened, 0)
    for number in range(5):
        await desk.tell(ApplicationSubmitted, number)
    await desk.settled(records=5, scored=5)
    backup = await desk.documents()

    for number in range(3, 12):
        await desk.tell(ApplicationSubmitted, number, revision=2 if number < 5 else 1)
    await desk.settled(records=12, scored=14)
    await desk.tell(MarksSettled, 1)
    await desk.tell(MarksSettled, 7)
    await desk.settled(records=12, scored=16)
    await desk.tell(ApplicationWithdrawn, 9)
    await until(lambda: withdrawn(desk, 9))
    before = await desk.documents()

    running = await desk.restore()
    assert running.exit_code == 2
    assert "the service is running" in running.stderr

    await desk.lone.process.stop()
    await desk.put_back(backup)
    look = await desk.restore("--dry-run", "--json")
    assert look.exit_code == 0, look.output
    found = json.loads(look.stdout)
    assert found["archived"][ApplicationSubmitted.wire()] == 14
    assert (found["announced"], found["forgotten"], len(found["lost"])) == (17, 11, 11)
    assert await desk.documents() == backup, "a dry run changes nothing"

    done = await desk.restore("--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["forgotten"], report["lost"], report["otherwise"], report["queued"]) == (11, [], [], {})
    after = await desk.documents()
    for name in ("records", "rounds", "rubrics"):
        assert {key: told(d)["state"] for key, d in after[name].items()} == {
            key: told(d)["state"] for key, d in before[name].items()
        }
    dated_as_before = {key for key, document in before["records"].items() if "MJB00009XM" not in key}
    for key in dated_as_before:
        assert told(after["records"][key]) == told(before["records"][key]), "hash for hash"
    assert not any(
        document["outbox"] for group in after.values() for document in group.values() if "outbox" in document
    )

    again = json.loads((await desk.restore("--json")).stdout)
    assert (again["forgotten"], again["applied"], again["queued"]) == (0, {}, {})
    verified = await desk.sihao("verify", "store", "scoring")
    assert verified.exit_code == 0, verified.output

    await desk.lone.process.start()
    await desk.tell(ApplicationSubmitted, 50)
    await desk.settled(records=13, scored=17)


async def test_a_restore_holds_while_broker_and_store_are_away_and_goes_on_where_it_stood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every reading of the archive breaks off once; so does every second write, after it was done."""
    await desk.tell(RoundOpened, 0)
    await desk.tell(ApplicationSubmitted, 0)
    await desk.settled(records=1, scored=1)
    backup = await desk.documents()
    for number in range(1, 9):
        await desk.tell(ApplicationSubmitted, number)
    await desk.settled(records=9, scored=9)
    await desk.tell(ApplicationWithdrawn, 5)
    await until(lambda: withdrawn(desk, 5))
    before = await desk.documents()
    await desk.lone.process.stop()
    await desk.put_back(backup)

    read_on, apply = archive._read_on, DocumentStore.apply
    places: list[datetime | int] = []
    writes = 0

    async def breaking_off(url: str, place: datetime | int) -> AsyncIterator[Any]:
        places.append(place)
        async with aclosing(read_on(url, place)) as reading:
            count = 0
            async for raw in reading:
                yield raw
                count += 1
                if isinstance(place, datetime) and count == 4:
                    raise ConnectionError("the broker went away")

    async def done_and_unanswered(this: DocumentStore, works: Any) -> Any:
        nonlocal writes
        outcomes = await apply(this, works)
        if works and (writes := writes + 1) % 2:
            raise AutoReconnect("the store went away")
        return outcomes

    monkeypatch.setattr(archive, "_read_on", breaking_off)
    monkeypatch.setattr(DocumentStore, "apply", done_and_unanswered)
    done = await desk.restore("--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["forgotten"], report["lost"], report["queued"]) == (8, [], {})
    resumed = [place for place in places if isinstance(place, int)]
    assert len(resumed) * 2 == len(places) > 4
    assert min(resumed) >= 4, "behind what was read, not from the beginning"
    assert writes > 3
    after = await desk.documents()
    assert after["records"].keys() == before["records"].keys()
    for key, document in before["records"].items():
        assert told(after["records"][key])["state"] == told(document)["state"]
        if "MJB00005XM" not in key:  # when a withdrawal was heard, nothing announced tells
            assert told(after["records"][key]) == told(document)
    assert not any(d["outbox"] for group in after.values() for d in group.values() if "outbox" in d)


async def withdrawn(desk: Desk, number: int) -> bool:
    records = (await desk.documents())["records"]
    return any(f"MJB{number:05d}XM" in key and d["state"]["withdrawn"] for key, d in records.items())


async def test_a_restore_ends_although_others_go_on(desk: Desk) -> None:
    """What they announce meanwhile waits in the queues of the stopped service."""
    await desk.tell(RoundOpened, 0)
    await desk.settled(records=0, scored=0)
    backup = await desk.documents()
    for number in range(3):
        await desk.tell(ApplicationSubmitted, number)
    await desk.settled(records=3, scored=3)
    await desk.lone.process.stop()
    await desk.put_back(backup)

    others = asyncio.create_task(_go_on(desk))
    try:
        done = await asyncio.wait_for(desk.restore("--json"), timeout=60)
    finally:
        others.cancel()
        with suppress(asyncio.CancelledError):
            await others
    assert done.exit_code == 0, done.output
    assert len((await desk.documents())["records"]) >= 3
    await desk.lone.process.start()
    await until(lambda: _all_scored(desk))


async def _go_on(desk: Desk) -> None:
    """Applications, one after the other, for ever."""
    for number in count(10):
        await desk.tell(ApplicationSubmitted, number)


async def _all_scored(desk: Desk) -> bool:
    """Whether nothing waits for scoring, and everything it knows is scored."""
    waiting = await desk.depth(f"scoring.{ApplicationSubmitted.wire()}")
    records = (await desk.documents())["records"]
    return waiting == 0 and await desk.depth(SCORED) == len(records) > ENOUGH


async def test_what_was_never_announced_and_what_cannot_be_read_is_left_to_the_service(desk: Desk) -> None:
    await desk.tell(RoundOpened, 0)
    await desk.tell(ApplicationSubmitted, 1)
    await desk.settled(records=1, scored=1)
    await desk.lone.process.stop()
    await desk.tell(ApplicationSubmitted, 2)
    body = b'{"area": "3502", "round": "'
    await announce(desk.lone.amqp_url, ApplicationSubmitted, [("unreadable", body)])
    waiting = f"scoring.{ApplicationSubmitted.wire()}"
    assert await desk.depth(waiting) == 2

    done = await desk.restore("--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["queued"] == {ApplicationSubmitted.wire(): 2}
    assert await desk.depth(waiting) == 4

    await desk.lone.process.start()
    await desk.settled(records=2, scored=2)
    await until(lambda: _empty(desk, waiting))
    documents = await desk.documents()
    assert [letter["message_id"] for letter in documents["dead_letters"].values()] == ["unreadable"]
    assert [len(document["history"]) for document in documents["records"].values()] == [1, 1]
    assert await desk.depth(SCORED) == 2


async def _empty(desk: Desk, queue: str) -> bool:
    return await desk.depth(queue) == 0


async def test_a_fact_whose_cause_is_not_on_the_bus_is_named(desk: Desk) -> None:
    """Scoring announces its rubrics when it starts: no message caused that."""
    await desk.settled(records=0, scored=0)
    await desk.lone.process.stop()
    await desk.put_back({})
    done = await desk.restore()
    assert done.exit_code == 0, done.output
    assert "已宣布而历史中没有" in done.stdout
    assert "sihao-2019@1" in done.stdout
    [named] = json.loads((await desk.restore("--json")).stdout)["lost"]
    assert (named["event"], named["subject"]) == ("rubric.published.v1", "sihao-2019@1")


async def test_the_archive_does_not_count_as_a_listener(desk: Desk) -> None:
    """Else a fact for a service that never ran here would be confirmed and forgotten."""
    bindings = [b for table in TABLES.values() for b in archive_bindings(table(Database("mongodb://x.example", "x")))]
    assert not covers_key("application.scored.v1.#", "application.scored.v10.35")
    assert not any(covers_key(binding, "case.advanced.v9.35") for binding in bindings)
    async with await aio_pika.connect(desk.lone.amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("sihao.events")
        with pytest.raises(aio_pika.exceptions.PublishError):
            await exchange.publish(aio_pika.Message(b"{}"), routing_key="nobody.hears.v1.35")


@pytest.mark.parametrize(
    ("since", "why"), [("yesterday", "不是时刻"), ("2026-11-24T02:00", "须写明时区")], ids=["no instant", "no zone"]
)
def test_an_instant_that_cannot_be_understood_is_refused_with_the_remedy(since: str, why: str) -> None:
    given = ["restore", "scoring", "--since", since]
    result = CliRunner().invoke(
        app, given, env={"SIHAO_MONGO_URL": "x", "SIHAO_AMQP_URL": "x", "SIHAO_DATABASE": "x", "COLUMNS": "200"}
    )
    assert result.exit_code == 2
    assert why in result.stderr


async def test_without_an_archive_it_says_so(platform: Platform) -> None:
    async with lone_scoring(platform, archive="false") as lone:
        await lone.process.stop()
        result = await Desk(lone).restore()
    assert result.exit_code == 2
    assert f"没有队列 {ARCHIVE}" in result.stderr


def test_every_service_can_be_restored() -> None:
    database = Database("mongodb://store.example", "described")
    for service in SERVICES:
        known = restorable(service, database, areas="CN,37", site="https://sihao.example")
        assert isinstance(known.table, HandlerTable)
        assert list(known.table)
    database.close()
