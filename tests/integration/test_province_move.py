"""A province moves out of the centre's review into its own and back, in the middle of a round, under load."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dev.backends import Backends
from services.review.store import KINDS
from shared.kernel.history import verify_stored
from shared.runtime.mongo import Database
from sihao.verification import Verification
from tests.support.toy_bench import until
from tests.support.two_reviews import MOVED, STAYS, Review, Reviews, two_reviews

SHARE, SHARES, WAYS = 5, 8, 5
MANY = SHARE * SHARES
_PASS, _DECLINE, _RETURN, _WITHDRAW, _LEAVE = range(WAYS)
_AWAY = 0
"""Nobody answered: both were down just then."""
_REASON = {"zh": "材料不实（合成）", "en": "not as stated"}


@dataclass
class Officers:
    """Both provinces' officers, at work all the while: whatever can be decided is decided, exactly once."""

    reviews: Reviews
    done: set[str] = field(default_factory=set)
    returned: set[tuple[str, int]] = field(default_factory=set)
    refusals: set[int] = field(default_factory=set)
    """What they were answered when it was nobody's turn."""

    async def work(self) -> None:
        """Until all is decided."""
        while len(self.done) < 2 * MANY:
            for area in (MOVED, STAYS):
                await asyncio.gather(*(self._one(area, number) for number in range(MANY) if number % WAYS < _WITHDRAW))
                await self._withdraw_and_leave(area)
            await asyncio.sleep(0.05)

    async def _one(self, area: str, number: int) -> None:
        case, way = self.reviews.case(area, number), number % WAYS
        if case in self.done:
            return
        if way == _DECLINE:
            await self._act(area, case, "decline", {"reason": _REASON})
        elif way == _RETURN and (area, number) not in self.returned:
            body = {"items": [{"item": "B2.i", "reason": _REASON}]}
            if await self._act(area, case, "return", body, last=False):
                self.returned.add((area, number))
                await self.reviews.score(area, [number], revision=2)
        else:
            await self._act(area, case, "pass", {})

    async def _act(self, area: str, case: str, act: str, body: Any, *, last: bool = True) -> bool:
        status = await self.reviews.post(area, f"/cases/{case}/{act}", body, f"{act}-{case}")
        if status == 200:
            self.done |= {case} if last else set()
            return True
        self.refusals.add(status)
        return False

    async def _withdraw_and_leave(self, area: str) -> None:
        cases = {**await self.reviews.documents(self.reviews.centre), **await self.reviews.documents(self.reviews.own)}
        for number in range(MANY):
            case = self.reviews.case(area, number)
            if number % WAYS in (_WITHDRAW, _LEAVE) and case in cases and case not in self.done:
                self.done.add(case)
                if number % WAYS == _WITHDRAW:
                    await self.reviews.withdraw(area, [number])


@pytest.fixture
async def reviews(
    backends: Backends, mongo_url: str, database_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Reviews]:
    name = f"{database_name}_{abs(hash(request.node.name)) % 10_000}"
    async with two_reviews(backends, mongo_url, name, tmp_path) as running:
        yield running


async def done(review: Review, *arguments: str | Path) -> str:
    """The command must succeed."""
    result = await review.sihao(*arguments)
    assert result.exit_code == 0, f"{arguments}\n{result.output}"
    return result.output


async def hand_over(reviews: Reviews, source: Review, target: Review, to: str, *, number: int) -> None:
    """The whole way, both sides crashing in between; a province is stopped before it lets go."""
    folder = reviews.folder
    papers = [folder / f"{number}.{name}" for name in ("hand-over", "receipt", "release")]
    await done(source, "move", MOVED, "--to", to, "--out", papers[0])
    await source.crash()
    await done(source, "move", MOVED, "--to", to, "--out", papers[0])  # said again: the same
    await reviews.score(MOVED, range(number * SHARE, (number + 1) * SHARE))
    await reviews.score(STAYS, range(number * SHARE, (number + 1) * SHARE))
    await done(target, "receive", papers[0], "--out", papers[1])
    await done(target, "receive", papers[0], "--out", papers[1])
    if source is reviews.own:
        refused = await source.sihao("confirm", papers[1], "--out", papers[2])
        assert refused.exit_code == 1
        await source.child.stop()
    await done(source, "confirm", papers[1], "--out", papers[2])
    await done(source, "confirm", papers[1], "--out", papers[2])
    refused = await source.sihao("move", MOVED, "--abort")
    assert refused.exit_code == 1, "there is no way back behind the confirmation"
    if target is reviews.centre:
        await target.crash()
    await done(target, "receive", papers[2])
    await done(target, "receive", papers[2])


async def test_there_and_back_in_the_middle_of_a_round(reviews: Reviews, mongo_url: str) -> None:
    centre, own, officers = reviews.centre, reviews.own, Officers(reviews)

    async def share(number: int) -> None:
        for area in (MOVED, STAYS):
            await reviews.score(area, range(number * SHARE, (number + 1) * SHARE))

    work = asyncio.create_task(officers.work())
    try:
        await share(0)
        await share(1)
        await until(lambda: _some(reviews, centre, SHARE))
        await hand_over(reviews, centre, own, "own", number=2)
        assert MOVED not in await _acting(reviews, centre)
        await own.start()
        await share(3)
        await until(lambda: _some(reviews, own, 3 * SHARE))
        await own.crash()
        await share(4)
        assert await _acting(reviews, own) == {MOVED}
        await hand_over(reviews, own, centre, "hosted", number=5)
        await share(6)
        out = await done(centre, "forward", MOVED)
        await share(7)
        await asyncio.wait_for(work, 240)
    finally:
        work.cancel()
    assert "条消息" in out
    assert officers.refusals <= {_AWAY, 404, 409, 503}
    assert 503 in officers.refusals, "nobody was told that the area is being handed over"
    await until(lambda: _settled(reviews), within=120)

    cases, left = await reviews.documents(centre), await reviews.documents(own)
    assert left == {}
    assert len(await reviews.documents(own, "moved_cases")) > 0
    for area in (MOVED, STAYS):
        assert {key for key in cases if key.endswith(f"@{area}")} == {reviews.case(area, n) for n in range(MANY)}
        assert {reviews.case(area, n, at="CN") for n in range(MANY)} <= cases.keys()
    assert not any("sealed" in case for case in cases.values())
    assert all(verify_stored(case) is None for case in cases.values())
    assert [_brief(cases[reviews.case(MOVED, n)]) for n in range(MANY)] == [
        _brief(cases[reviews.case(STAYS, n)]) for n in range(MANY)
    ], "the move left traces in what was decided"
    held = [entry["what"] for entry in cases[reviews.case(MOVED, 0)]["history"]]
    assert [what for what in held if what.startswith("hand-over")] == [
        *("hand-over.sealed", "hand-over.taken"),
        *("hand-over.sealed", "hand-over.taken"),
    ]
    assert not any(e["what"].startswith("hand-over") for e in cases[reviews.case(STAYS, 0)]["history"])

    _told_alike(reviews)
    for review in (centre, own):
        letters = await reviews.documents(review, "dead_letters")
        assert {one["code"] for one in letters.values()} <= {"waited-too-long"}
    database = Database(mongo_url, centre.settings["SIHAO_DATABASE"])
    verification = Verification(database)
    await verification.store(KINDS)
    database.close()
    assert verification.found.broken == []


def _told_alike(reviews: Reviews) -> None:
    """What was announced of the area that moved is what was announced of the other, and nothing twice."""
    for wire in ("case.opened.v1", "case.advanced.v1", "case.returned.v1", "case.declined.v1", "case.withdrawn.v1"):
        said = {area: reviews.announced(wire, area) for area in (MOVED, STAYS)}
        assert said[MOVED], wire
        assert _by_number(said[MOVED]) == _by_number(said[STAYS]), wire
    opened = {f"{n:05}": 2 if n % WAYS == _RETURN else 1 for n in range(MANY)}
    assert _by_number(reviews.announced("case.opened.v1", MOVED)) == opened, "once more where it was corrected"


def _by_number(said: Mapping[str, int]) -> dict[str, int]:
    """How many facts there are by the number of the application, which both areas have."""
    return {case.split("-")[2][11:16]: times for case, times in said.items()}


def _brief(case: dict[str, Any]) -> tuple[Any, ...]:
    """What became of it, and what led there."""
    state = case["state"]
    ending = state["ending"] and (state["ending"]["stage"], state["ending"]["code"])
    steps = tuple(e["what"] for e in case["history"] if not e["what"].startswith("hand-over"))
    return state["status"], state["stage"], state["revision"], state["sequence"], ending, steps


async def _some(reviews: Reviews, review: Review, wanted: int) -> bool:
    cases = await reviews.documents(review)
    return sum(key.endswith(f"@{MOVED}") for key in cases) >= wanted


async def _acting(reviews: Reviews, review: Review) -> set[str]:
    """Areas of which a store has cases that may be acted upon."""
    cases = await reviews.documents(review)
    return {key.rpartition("@")[2] for key, case in cases.items() if "sealed" not in case}


async def _settled(reviews: Reviews) -> bool:
    """Whether everything has arrived, and everything is announced."""
    cases = await reviews.documents(reviews.centre)
    wanted = {reviews.case(area, n) for area in (MOVED, STAYS) for n in range(MANY)}
    if not wanted <= cases.keys() or any(case["outbox"] for case in cases.values()):
        return False
    return all(
        cases[reviews.case(area, n)]["state"]["status"] == "withdrawn"
        for area in (MOVED, STAYS)
        for n in range(_WITHDRAW, MANY, WAYS)
    ) and all(len(reviews.announced("case.opened.v1", area)) >= MANY for area in (MOVED, STAYS))
