"""A move that is broken off at every step, called off, or done with wrong papers: no case is in two stores or none."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from dev.backends import Backends
from services.review.domain.case import Case
from services.review.store import CASES
from shared.kernel.actor import Actor
from shared.kernel.change import Change
from shared.kernel.history import verify_stored
from shared.runtime import sealing
from shared.runtime.clock import SystemClock
from shared.runtime.documents import Documents
from shared.runtime.mongo import Database
from shared.runtime.work import Fenced, Work
from sihao.province import moving, paper
from tests.support.toy_bench import until
from tests.support.two_reviews import MOVED, Review, Reviews, two_reviews

MANY = 12


class PowerCut(Exception):  # noqa: N818 - what happens to a command
    """The machine on which a command ran is gone."""


class Cuts:
    """Cuts the power behind the n-th step that changes something."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left = -1
        for module, names in (
            (sealing, ("seal", "unseal", "put_aside", "bring", "drop_earlier", "forget_aside")),
            (moving, ("_fence",)),
            (paper, ("write",)),
            (Documents, ("apply",)),
        ):
            for name in names:
                patch.setattr(module, name, self._cut(getattr(module, name)))

    def _cut(self, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(step)
        async def behind(*given: Any, **named: Any) -> Any:
            done = await step(*given, **named)
            self.left -= 1
            if self.left == 0:
                raise PowerCut
            return done

        return behind


@pytest.fixture
async def reviews(
    backends: Backends, mongo_url: str, database_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Reviews]:
    name = f"{database_name}_{abs(hash(request.node.name)) % 10_000}"
    async with two_reviews(backends, mongo_url, name, tmp_path) as running:
        await running.score(MOVED, range(MANY))
        await until(lambda: _quiet(running))
        yield running


async def _quiet(reviews: Reviews) -> bool:
    cases = await reviews.documents(reviews.centre)
    return len(cases) == 2 * MANY and not any(case["outbox"] for case in cases.values())


async def open_cases(reviews: Reviews, review: Review) -> set[str]:
    """Cases of the area that could be acted upon in this store."""
    cases = await reviews.documents(review)
    return {key for key, case in cases.items() if key.endswith(f"@{MOVED}") and "sealed" not in case}


async def whole(reviews: Reviews) -> None:
    """No case is open in both stores, none is in neither, every history holds, and the neighbours' cases are open."""
    centre, own = await reviews.documents(reviews.centre), await reviews.documents(reviews.own)
    assert not await open_cases(reviews, reviews.centre) or not await open_cases(reviews, reviews.own)
    wanted = {reviews.case(MOVED, number) for number in range(MANY)}
    assert wanted <= centre.keys() | own.keys()
    assert all(verify_stored(case) is None for case in (*centre.values(), *own.values()))
    assert sum("sealed" not in case for key, case in centre.items() if key.endswith("@CN")) == MANY


async def cut_everywhere(reviews: Reviews, cuts: Cuts, review: Review, *arguments: str | Path) -> int:
    """Say it again and again, the power cut one step later each time, until it is through; answers how often."""
    for times in count(1):
        cuts.left = times
        try:
            result = await review.sihao(*arguments)
        except PowerCut:
            await whole(reviews)
            continue
        cuts.left = -1
        assert result.exit_code == 0, result.output
        await whole(reviews)
        return times
    raise AssertionError


async def test_whatever_is_cut_off_goes_on_when_it_is_said_again(
    reviews: Reviews, monkeypatch: pytest.MonkeyPatch, record_testsuite_property: Any
) -> None:
    cuts, folder, times = Cuts(monkeypatch), reviews.folder, 0
    before = await reviews.documents(reviews.centre)
    for source, target, to in ((reviews.centre, reviews.own, "own"), (reviews.own, reviews.centre, "hosted")):
        papers = [folder / f"{to}.{name}" for name in ("hand-over", "receipt", "release")]
        times += await cut_everywhere(reviews, cuts, source, "move", MOVED, "--to", to, "--out", papers[0])
        times += await cut_everywhere(reviews, cuts, target, "receive", papers[0], "--out", papers[1])
        times += await cut_everywhere(reviews, cuts, source, "confirm", papers[1], "--out", papers[2])
        times += await cut_everywhere(reviews, cuts, target, "receive", papers[2])
        assert await open_cases(reviews, target) == {reviews.case(MOVED, number) for number in range(MANY)}
        assert await open_cases(reviews, source) == set()
    record_testsuite_property("move", f"{times} cuts, there and back")
    after = await reviews.documents(reviews.centre)
    for key, case in after.items():
        assert case["state"] == before[key]["state"]
        assert case["history"][: len(before[key]["history"])] == before[key]["history"]
        assert case.get("due") == before[key].get("due")
        assert (len(case["history"]) - len(before[key]["history"])) == (4 if key.endswith(f"@{MOVED}") else 0)
    assert await reviews.documents(reviews.centre, "moved_cases") == {}


async def test_it_can_be_called_off_until_it_is_confirmed_and_no_wrong_paper_counts(
    reviews: Reviews, mongo_url: str
) -> None:
    centre, own, folder = reviews.centre, reviews.own, reviews.folder
    first, receipt, second = folder / "first", folder / "first.receipt", folder / "second"

    async def refused(review: Review, code: str, *arguments: str | Path) -> None:
        result = await review.sihao(*arguments)
        assert result.exit_code == 1, result.output
        assert code in result.output

    async def done(review: Review, *arguments: str | Path) -> None:
        result = await review.sihao(*arguments)
        assert result.exit_code == 0, result.output

    await done(centre, "move", MOVED, "--to", "own", "--out", first)
    await _nothing_happens(centre, mongo_url, reviews.case(MOVED, 1))
    path = f"/cases/{reviews.case(MOVED, 1)}/pass"
    assert await reviews.post(MOVED, path, {}, "pass-number-one") == 503
    await refused(centre, "move", "move", MOVED, "--to", "hosted")
    changed = folder / "changed"
    lines = gzip.decompress(first.read_bytes()).replace(b'"level":"city"', b'"level":"town"', 1)
    changed.write_bytes(gzip.compress(lines))
    await refused(own, "签名不符", "receive", changed, "--out", receipt)
    shorter = folder / "shorter"
    shorter.write_bytes(first.read_bytes()[:-20])
    await refused(own, "不完整", "receive", shorter, "--out", receipt)
    await refused(centre, "hand-over", "receive", first)
    await refused(own, "receipt", "confirm", first)
    await done(own, "receive", first, "--out", receipt)
    await refused(own, "receipt", "receive", receipt)
    await _nothing_happens(own, mongo_url, reviews.case(MOVED, 1))

    await done(centre, "move", MOVED, "--abort")
    await whole(reviews)
    assert await reviews.post(MOVED, path, {}, "pass-number-one") == 200
    await refused(centre, "移交", "confirm", receipt)
    assert not (folder / "first.release").exists()

    await done(centre, "move", MOVED, "--to", "own", "--out", second)
    await refused(centre, "移交", "confirm", receipt)
    await done(own, "receive", second, "--out", folder / "second.receipt")
    await refused(own, "第 2 次", "receive", first)
    await done(centre, "confirm", folder / "second.receipt", "--out", folder / "second.release")
    await _nothing_happens(centre, mongo_url, "CN-2020-new@37")
    await done(own, "receive", folder / "second.release")
    assert await open_cases(reviews, own) == {reviews.case(MOVED, number) for number in range(MANY)}
    passed = (await reviews.documents(own))[reviews.case(MOVED, 1)]
    assert [e["what"] for e in passed["history"]][-5:] == [
        "hand-over.sealed",
        "hand-over.aborted",
        "pass",
        "hand-over.sealed",
        "hand-over.taken",
    ]


async def test_whoever_acted_before_it_was_their_turn_is_found(reviews: Reviews, mongo_url: str) -> None:
    early = Database(mongo_url, reviews.own.settings["SIHAO_DATABASE"])
    await reviews.own.start()  # before anything was handed over: it hears the area's queues
    await reviews.score(MOVED, range(MANY, MANY + 2))
    await until(lambda: _opened(early))
    await reviews.own.child.stop()
    early.close()
    paper_ = reviews.folder / "file"
    assert (await reviews.centre.sihao("move", MOVED, "--to", "own", "--out", paper_)).exit_code == 0
    result = await reviews.own.sihao("receive", paper_)
    assert result.exit_code == 1
    assert "before it was its turn" in result.output
    assert await reviews.documents(reviews.own, "custodies") == {}


async def _opened(database: Database) -> bool:
    return bool(await database.find(CASES, {}, limit=1))


async def _nothing_happens(review: Review, mongo_url: str, case: str) -> None:
    """Even a process that knows of nothing can change no case there, nor open one."""
    database = Database(mongo_url, review.settings["SIHAO_DATABASE"])
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        template = await client[review.settings["SIHAO_DATABASE"]]["cases"].find_one({"_id": {"$regex": "@"}})
    if template is None:
        template = {"state": None}

    def change(state: Case | None, _message: Any, _now: Any) -> Change[Case]:
        known = state or Case.model_validate({**template["state"], "id": case, "jurisdiction": MOVED})
        return Change(known.but(revision=99))

    work = Work(CASES, case, None, change, "pass", Actor(id="late", role="officer"), f"late {case}", "0" * 64)
    fresh = Work(CASES, f"{case}0", None, change, "pass", Actor(id="late", role="officer"), "late", "0" * 64)
    outcomes = await Documents(database, SystemClock()).apply([work, fresh])
    database.close()
    assert [type(outcome) for outcome in outcomes] == [Fenced, Fenced]
