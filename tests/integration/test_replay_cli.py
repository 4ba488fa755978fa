"""`sihao replay` on real stores: what was computed, what differs, what was not checked, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from typer.testing import CliRunner, Result

from services.review.store import KINDS as REVIEW
from services.review.store import PROPOSALS
from services.scoring.store import KINDS as SCORING
from services.scoring.store import RECORDS
from shared.runtime.mongo import Database
from sihao.cli import app
from tests.unit.review.office import open_office
from tests.unit.sihao.test_replaying import Round

CODE = "CN-2020"


@dataclass(frozen=True)
class Kept:
    """Where a round is kept: by review whole, and once more with its scores only."""

    mongo_url: str
    decided: str
    scored: str
    scoring: str

    async def replay(self, *arguments: str, code: str = CODE) -> Result:
        """`sihao replay …`."""
        known = {"SIHAO_MONGO_URL": self.mongo_url, "COLUMNS": "250"}
        return await asyncio.to_thread(CliRunner().invoke, app, ["replay", code, *arguments], env=known)

    async def told(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Its exit code, and what `--json` says."""
        result = await self.replay(*arguments, "--json")
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture(scope="module")
async def kept(mongo_url: str, database_name: str) -> Kept:
    """The stores."""
    names = [f"{database_name}_{name}" for name in ("decided", "scored", "scoring")]
    databases = [Database(mongo_url, name) for name in names]
    for database, kinds in zip(databases, (REVIEW, REVIEW, SCORING), strict=True):
        await database.prepare(kinds)
    decided, scored, scoring = databases
    async with open_office(decided) as review, open_office(scored) as other, open_office(scoring) as scores:
        await Round(review, scores).keep()
        await Round(other, scores).score()
    for database in databases:
        database.close()
    return Kept(mongo_url, *names)


@pytest.fixture
async def stores(kept: Kept) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    """For who reaches in."""
    async with AsyncMongoClient[dict[str, Any]](kept.mongo_url) as client:
        yield client


async def test_without_scorings_store_the_scores_are_said_to_be_not_checked(kept: Kept) -> None:
    result = await kept.replay("--database", kept.decided)
    assert result.exit_code == 0
    assert "未核对" in result.stdout
    assert "--scoring-database" in result.stdout
    assert "0 differ" in result.stdout
    code, told = await kept.told("--database", kept.decided)
    assert (code, told["differences"], len(told["unchecked"])) == (0, [], 1)
    assert told["compared"] | {"cases": 0} == {
        "draws": 1,
        "assignments": 1,
        "shortlists": 1,
        "cohorts": 1,
        "announcements": 1,
        "panels": 1,
        "cases": 0,
    }


async def test_with_it_every_score_is_computed_again(kept: Kept) -> None:
    code, told = await kept.told("--database", kept.scored, "--scoring-database", kept.scoring)
    assert (code, told["differences"], told["unchecked"]) == (0, [], [])
    assert (told["compared"]["scorecards"], told["compared"]["scores"]) == (1, 1)


async def test_what_was_tampered_with_is_named_with_what_it_should_be(
    kept: Kept, stores: AsyncMongoClient[dict[str, Any]]
) -> None:
    proposals = stores[kept.decided][PROPOSALS.collection]
    await proposals.update_one({}, {"$set": {"state.task.seed": "another"}})
    code, told = await kept.told("--database", kept.decided)
    assert (code, told["differences"][0]["where"]) == (1, "proposals/CN-2020@CN-x")
    said = await kept.replay("--database", kept.decided)
    assert said.exit_code == 1
    assert "proposals/CN-2020@CN-x" in said.stdout
    records = stores[kept.scoring][RECORDS.collection]
    await records.update_one({}, {"$set": {"state.digest": "0" * 64}})
    code, told = await kept.told("--database", kept.scored, "--scoring-database", kept.scoring)
    [difference] = told["differences"]
    assert (code, difference["where"].split("/")[0], difference["recorded"]) == (1, "records", "0" * 64)


@pytest.mark.parametrize("empty_scoring", [False, True])
async def test_where_there_is_nothing_it_could_not_look(kept: Kept, *, empty_scoring: bool) -> None:
    if empty_scoring:
        result = await kept.replay("--database", kept.scored, "--scoring-database", f"{kept.scoring}_empty")
    else:
        result = await kept.replay("--database", kept.decided, code="CN-1999")
    assert result.exit_code == 2
    assert " / " in result.stderr
