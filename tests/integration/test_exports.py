"""Lists and exports of cases on a real store: along an index, page by page, to an end that is told."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, BinaryIO

import pytest
from faststream.rabbit import RabbitBroker
from openpyxl import load_workbook
from pymongo import AsyncMongoClient

from services.review.clerk import Clerk
from services.review.domain import export as exports
from services.review.domain import opening
from services.review.domain.export import KEPT, LEASE, TRIES, Ask, Asked, Export
from services.review.domain.line import where_to_go_on
from services.review.store import CASES, EXPORTS, KINDS, ReviewStore, case_filter, seen_by_officer
from shared.contracts.area import covers
from shared.kernel.history import verify
from shared.runtime.amqp import Publisher
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.deadlines import Deadlines
from shared.runtime.documents import Documents
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay
from tests.support.toy_bench import until
from tests.unit.review import given

AREAS = ("35", "3502", "350203", "3503")
COUNT = 1_203
"""Several pages, and one that is not full."""


class Turned(Clock):
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.time = given.NOW

    def now(self) -> Any:
        """As it was turned."""
        return self.time


class Slow(ReviewStore):
    """A store that holds a finished file up until it is let go."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reached, self.let_go = asyncio.Event(), asyncio.Event()

    async def keep_workbook(self, key: str, file: BinaryIO) -> None:
        """Store it, later."""
        self.reached.set()
        await self.let_go.wait()
        await super().keep_workbook(key, file)


class Office:
    """Review's store, commands and deadlines, without a broker: exports announce nothing."""

    def __init__(self, url: str, name: str) -> None:
        self.clock = Turned()
        self.database = Database(url, name)
        self.store = ReviewStore(self.database)
        documents = Documents(self.database, self.clock)
        publisher = Publisher(RabbitBroker("amqp://nobody@127.0.0.1:1/"), timeout=1)
        self.relay = Relay(self.database, publisher, KINDS, sweep_every=60, sweep_age=60, may_go_unheard=())
        self.commands = Commands(self.database, documents, self.relay, batch_limit=200)
        self.deadlines = Deadlines(self.database, documents, self.relay, clock=self.clock, kinds=[EXPORTS], every=0.05)

    def clerk(self, limit: int = 10_000, store: ReviewStore | None = None) -> Clerk:
        """A clerk."""
        return Clerk(store or self.store, self.commands, self.clock, limit=limit, every=0.05)

    async def ask(self, id_: str, area: str = "35", **asked: Any) -> None:
        """Ask for an export."""
        who = given.officer(area)
        command = Ask(by=who, id=id_, area=area, asked=Asked(**asked), standing=0)
        await self.commands.do(EXPORTS, id_, command, exports.ask, what="ask", by=who)

    async def export(self, id_: str) -> Export:
        """It, as it stands."""
        found = await self.store.get(EXPORTS, id_)
        assert found
        return found

    async def becomes(self, id_: str, status: str) -> Export:
        """It, once it stands there."""

        async def stands() -> bool:
            return (await self.export(id_)).status == status

        await until(stands)
        return await self.export(id_)

    async def bytes_of(self, key: str) -> bytes:
        """A stored file; nothing if there is none."""
        return b"".join([piece async for piece in self.store.workbook(key)])


@pytest.fixture(scope="module")
async def office(mongo_url: str, database_name: str) -> AsyncIterator[Office]:
    office = Office(mongo_url, database_name)
    await office.database.prepare(KINDS)
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        await client[database_name][CASES.collection].insert_many([_case(n) for n in range(COUNT)])
    running = [asyncio.create_task(work()) for work in (office.commands.run, office.deadlines.run)]
    yield office
    for task in running:
        task.cancel()
    office.database.close()


def _case(number: int) -> dict[str, Any]:
    who = given.chamber(number, AREAS[number * 7 % len(AREAS)])
    opened = opening.hear_score(None, given.scored(number, who=who), given.NOW)
    assert opened
    state = opened.state.but(id=given.case(number)).model_dump(mode="json")
    return {"_id": given.case(number), "version": 1, "state": state, "heard": [], "history": [], "outbox": []}


async def test_who_was_appointed_to_inspect_finds_the_cases_of_another_city(
    office: Office, mongo_url: str, database_name: str
) -> None:
    appointed = sorted(given.case(number) for number in (3, 200, 1_100))
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        cases = client[database_name][CASES.collection]
        await cases.update_many({"_id": {"$in": appointed}}, {"$set": {"state.inspectors": "3501"}})
    first = await office.store.lines({}, limit=2, after=None, inspectors="3501")
    rest = await office.store.lines({}, limit=2, after=where_to_go_on(first[-1]), inspectors="3501")
    assert sorted(line.id for line in (*first, *rest)) == appointed
    assert await office.store.lines({}, limit=2, after=None, inspectors="3503") == []


async def listed(office: Office, where: Any, limit: int = 100) -> list[str]:
    """Every case of a list, page by page."""
    found: list[str] = []
    after = None
    while True:
        page = await office.store.lines(where, limit=limit, after=after)
        found += [line.id for line in page]
        if len(page) < limit:
            return found
        after = where_to_go_on(page[-1])


@pytest.mark.parametrize("area", ["CN", "35", "3502", "350203", "51"])
async def test_a_list_shows_every_case_of_the_area_once(office: Office, area: str) -> None:
    found = await listed(office, {"$and": [case_filter(), seen_by_officer(area)]})
    inside = [n for n in range(COUNT) if covers(area, AREAS[n * 7 % len(AREAS)])]
    assert sorted(found) == sorted(map(given.case, inside))


_QUERIES: dict[str, Callable[[Office, Any, str | None], Awaitable[Any]]] = {
    "page": lambda office, where, after: office.store.lines(where, limit=50, after=after),
    "count": lambda office, where, _: office.store.lines_in(where),
    "expert": lambda office, where, after: office.store.lines(where, limit=50, after=after, expert="e-1"),
}


@pytest.mark.parametrize("after", [None, "3502/CN-2020-5"])
@pytest.mark.parametrize("asked", [{}, {"round_": "CN-2020"}, {"status": "returned"}, {"stage": "own_level"}])
@pytest.mark.parametrize("area", ["CN", "35", "3502"])
@pytest.mark.parametrize("query", _QUERIES)
async def test_a_list_is_read_along_an_index(
    office: Office, mongo_url: str, database_name: str, *, query: str, area: str, asked: Any, after: str | None
) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        database = client[database_name]
        await database.command("profile", 2)
        await _QUERIES[query](office, {"$and": [case_filter(**asked), seen_by_officer(area)]}, after)
        await database.command("profile", 0)
        seen = await database["system.profile"].find({"ns": f"{database_name}.cases"}).to_list()
        await database["system.profile"].drop()
    assert seen
    for operation in seen:
        assert "COLLSCAN" not in operation["planSummary"], operation["planSummary"]
        assert not operation.get("hasSortStage"), operation["planSummary"]
        assert operation["docsExamined"] <= 50, "what is not shown was read"


async def test_an_export_holds_the_cases_of_the_area_and_says_what_it_is(office: Office) -> None:
    await office.ask("city", "3502", round="CN-2020")
    assert await office.clerk().work()
    export = await office.export("city")
    inside = [n for n in range(COUNT) if covers("3502", AREAS[n * 7 % len(AREAS)])]
    assert (export.status, export.rows, export.expected) == ("done", len(inside), len(inside))
    assert export.workbook
    assert export.workbook.name == "四好审核案件_CN-2020_20210301.xlsx"
    data = await office.bytes_of(export.key)
    assert len(data) == export.workbook.size
    cases, about = load_workbook(io.BytesIO(data)).worksheets
    rows = list(cases.iter_rows(min_row=2, values_only=True))
    assert sorted(row[0] for row in rows) == sorted(map(given.case, inside))
    told = {row[0]: row[1] for row in about.iter_rows(values_only=True)}
    assert told["案件数 / Cases"] == str(len(inside))
    assert told["评分标准 / Rubrics"] == "sihao-2019@1"
    assert told["审核程序 / Procedures"] == "province@1"
    history, state = await office.database.recorded(EXPORTS, "city")
    assert state
    assert verify(history, state.model_dump(mode="json")) is None
    assert history[0].by.id == "officer-35" if state.area == "35" else history[0].by.area == "3502"


async def test_one_that_cannot_succeed_has_failed_and_says_why(office: Office) -> None:
    await office.ask("too-many")
    assert not await office.clerk(limit=1_000).work()
    export = await office.export("too-many")
    assert (export.status, export.tries, export.expected) == ("failed", 1, COUNT)
    assert export.reason
    assert "1000" in export.reason.zh
    assert "1000" in export.reason.en


async def test_one_that_stumbles_is_tried_again_and_then_has_failed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("services.review.sheet.CaseSheet.save", full)
    await office.ask("no-space")
    for _ in range(TRIES):
        assert not await office.clerk().work()
    export = await office.export("no-space")
    assert (export.status, export.tries) == ("failed", TRIES)
    assert export.reason
    assert "No space left on device" in export.reason.en
    await office.clerk().clean()
    assert not (await office.export("no-space")).files


async def test_one_whose_worker_died_is_made_by_another(office: Office) -> None:
    await office.ask("orphan")
    slow = Slow(office.database)
    first = asyncio.create_task(office.clerk(store=slow).work())
    await slow.reached.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not await office.clerk().work()
    office.clock.time += LEASE
    await office.becomes("orphan", "waiting")
    assert await office.clerk().work()
    assert (await office.export("orphan")).tries == 2


async def test_one_that_was_removed_meanwhile_leaves_no_file(office: Office) -> None:
    await office.ask("unwanted")
    slow = Slow(office.database)
    work = asyncio.create_task(office.clerk(store=slow).work())
    await slow.reached.wait()
    who = given.officer("35")
    await office.commands.do(EXPORTS, "unwanted", exports.Remove(by=who), exports.remove, what="remove", by=who)
    slow.let_go.set()
    assert not await work
    export = await office.export("unwanted")
    assert export.status == "removed"
    assert await office.bytes_of(export.key) == b""


async def test_the_file_is_removed_when_its_time_is_over(office: Office) -> None:
    await office.ask("old", "3503")
    assert await office.clerk().work()
    key = (await office.export("old")).key
    assert await office.bytes_of(key)
    office.clock.time += KEPT + timedelta(seconds=1)
    await office.becomes("old", "removed")
    await office.clerk().clean()
    assert await office.bytes_of(key) == b""
    assert not (await office.export("old")).files
