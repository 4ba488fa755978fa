"""`sihao verify store|round|case` on a real store: whole as it was written, and broken where somebody reached in."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from typer.testing import CliRunner, Result

from services.review.store import ANNOUNCEMENTS, CASES, KINDS
from shared.runtime.mongo import Database
from sihao.cli import app
from tests.unit.review import given
from tests.unit.review.office import open_office

HONOURED, WITHHELD = given.case(1, "CN"), given.case(2, "CN")
ID = "CN-2020@CN-1"


@dataclass(frozen=True)
class Kept:
    """Where a round that was announced is kept."""

    mongo_url: str
    database: str

    async def verify(self, *arguments: str, **environment: str) -> Result:
        """`sihao verify …`, at a terminal whose environment names this store."""
        known = {"SIHAO_MONGO_URL": self.mongo_url, "SIHAO_DATABASE": self.database, "COLUMNS": "250"}
        return await asyncio.to_thread(CliRunner().invoke, app, ["verify", *arguments], env={**known, **environment})

    async def found(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Its exit code, and what `--json` says."""
        result = await self.verify(*arguments, "--json")
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture(scope="module")
async def kept(mongo_url: str, database_name: str) -> Kept:
    """The round, as review's own runtime wrote it."""
    database = Database(mongo_url, database_name)
    await database.prepare(KINDS)
    async with open_office(database) as office:
        await office.announced()
    database.close()
    return Kept(mongo_url, database_name)


@pytest.fixture
async def cases(kept: Kept) -> AsyncIterator[Any]:
    """The collection of cases, for who reaches in; put back afterwards."""
    async with AsyncMongoClient[dict[str, Any]](kept.mongo_url) as client:
        collection = client[kept.database][CASES.collection]
        before = [document async for document in collection.find()]
        yield collection
        await collection.delete_many({})
        await collection.insert_many(before)


async def test_what_the_runtime_wrote_is_whole(kept: Kept) -> None:
    for arguments in (("store", "review"), ("round", "CN-2020"), ("case", HONOURED)):
        code, found = await kept.found(*arguments)
        assert (code, found["whole"], found["broken"]) == (0, True, [])
        [listed] = found["lists"]
        assert (listed["announcement"], listed["size"]) == (ID, 2)
    code, found = await kept.found("store", "review")
    assert (found["documents"]["cases"], found["documents"]["decisions"], found["documents"]["announcements"]) == (
        8,
        2,
        1,
    )
    said = (await kept.verify("round", "CN-2020")).stdout
    assert "全部完整" in said
    assert "all whole" in said
    assert listed["root"] in said


async def test_a_state_that_was_changed_in_the_store_is_named(kept: Kept, cases: Any) -> None:
    await cases.update_one({"_id": WITHHELD}, {"$set": {"state.status": "honoured"}})
    code, found = await kept.found("round", "CN-2020")
    [broken] = found["broken"]
    assert (code, broken["document"], broken["version"], broken["entry"]) == (1, f"cases/{WITHHELD}", 1, 1)
    assert broken["why"] == {
        "zh": "状态在最后一条记录之后被改动",
        "en": "the state was changed after the last entry",
    }
    result = await kept.verify("case", WITHHELD)
    assert result.exit_code == 1
    assert f"cases/{WITHHELD}" in result.stdout
    assert (await kept.verify("case", HONOURED)).exit_code == 0


async def test_an_entry_that_was_taken_away_is_named(kept: Kept, cases: Any) -> None:
    await cases.update_one({"_id": HONOURED}, {"$pop": {"history": -1}})
    code, found = await kept.found("store", "review")
    assert code == 1
    first = found["broken"][0]
    assert (first["document"], first["entry"]) == (f"cases/{HONOURED}", 1)


async def test_a_case_that_was_taken_away_is_missed_by_the_announced_list(kept: Kept, cases: Any) -> None:
    await cases.delete_one({"_id": WITHHELD})
    code, found = await kept.found("round", "CN-2020")
    assert code == 1
    assert [WITHHELD in broken["why"]["en"] for broken in found["broken"]] == [True]


@pytest.mark.parametrize("arguments", [("round", "CN-1999"), ("case", "nobody@CN"), ("store", "intake")])
async def test_where_there_is_nothing_it_cannot_look(kept: Kept, arguments: tuple[str, ...]) -> None:
    result = await kept.verify(*arguments, SIHAO_DATABASE=f"{kept.database}_empty")
    assert result.exit_code == 2
    assert " / " in result.stderr


async def test_the_announcement_is_not_changed_by_looking(kept: Kept) -> None:
    async with AsyncMongoClient[dict[str, Any]](kept.mongo_url) as client:
        collection = client[kept.database][ANNOUNCEMENTS.collection]
        before = await collection.find_one({"_id": ID})
        await kept.verify("store", "review")
        assert await collection.find_one({"_id": ID}) == before
