"""A round computed again: what was tampered with is named, and what is not compared is said."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from copy import deepcopy
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from services.review.domain import opening
from services.review.domain.announcement import Announced
from services.review.domain.case import Case
from services.review.domain.opening import Scored
from services.review.domain.panel import Panel
from services.review.domain.shortlist import Shortlist
from services.review.store import ANNOUNCEMENTS, CASES, COHORTS, DRAWS, PANELS, PROPOSALS, SHORTLISTS
from services.scoring.domain.decide import Marks, Submission, score_marks, score_submission
from services.scoring.domain.record import Terms
from services.scoring.store import RECORDS, TERMS
from shared.contracts import ApplicationScored, ExpertMark, MarksSettled
from shared.kernel.change import NotYet
from shared.kernel.state import State
from sihao.replaying import Replayed, replayed
from tests.unit.review import given, tasks
from tests.unit.review.office import Office, open_office
from tests.unit.review.test_cohort import frozen
from tests.unit.review.test_replay import drawn_ones, proposed
from tests.unit.review.world import play
from tests.unit.scoring import improving

CODE = "CN-2020"
WHERE = {Shortlist: SHORTLISTS, Panel: PANELS, Announced: ANNOUNCEMENTS, Case: CASES}
Change = Callable[[dict[str, Any]], object]


class Round:
    """A round as review and scoring keep it."""

    def __init__(self, review: Office, scoring: Office) -> None:
        self.review, self.scoring = review, scoring

    async def keep(self) -> None:
        """A played round with a draw, a proposal and a cohort; the scores of its cases are of nobody."""
        documents: dict[str, State] = {**play(Random(1)).documents}  # noqa: S311 - a test's shuffling
        for key, state in documents.items():
            if kind := WHERE.get(type(state)):
                await self.review.keep(kind, getattr(state, "id", key), state)
        await self.review.keep(DRAWS, drawn_ones().id, drawn_ones())
        proposal = proposed(tasks.plain(cases=3, experts=6))
        await self.review.keep(PROPOSALS, proposal.id, proposal)
        await self.review.keep(COHORTS, frozen().id, frozen())

    async def score(self) -> None:
        """One application scored, marked by experts, and scored again; its case."""
        record, first = _scored(
            score_submission(None, Submission(improving.submitted(improving.facts()), STANDARD), NOW)
        )
        settled = tuple(
            ExpertMark(item=item, points=most / 2, of=most, marks=1, dropped=0, lowest=most / 2, highest=most / 2)
            for item, most in improving.sihao().judged_maxima.items()
            if (most / 2).quantize(Decimal("0.01")) == most / 2
        )
        about = {"area": first.area, "case": f"{first.application}@35", "jurisdiction": "35", "chamber": first.chamber}
        named = {"application": first.application, "round": CODE, "revision": 1}
        record, second = _scored(
            score_marks(record, Marks(MarksSettled(**about, **named, marks=settled), STANDARD), NOW)
        )
        case = None
        for event in (first, second):
            message = Scored(jurisdiction="35", event=event, rules=given.rules("35"))
            change = opening.hear_score(case, message, NOW)
            assert change
            case = change.state
        assert case
        await self.review.keep(CASES, case.id, case.but(settled=settled))
        await self.scoring.keep(RECORDS, record.application, record)
        await self.scoring.keep(TERMS, CODE, Terms(round=improving.ROUND))

    async def computed_again(self) -> Replayed:
        """From both stores."""
        return await replayed(self.review.database, self.scoring.database, CODE)


NOW, STANDARD = improving.NOW, improving.STANDARD


def _scored(change: Any) -> tuple[Any, ApplicationScored]:
    [fact] = change.facts
    return change.state, fact


@pytest.fixture
async def kept() -> Any:
    """Empty stores."""
    async with AsyncExitStack() as stack:
        yield Round(await stack.enter_async_context(open_office()), await stack.enter_async_context(open_office()))


def spoil(office: Office, collection: str, change: Change) -> str:
    """Change the first document of a collection in the store, past everything that would record it."""
    key, document = next(iter(sorted(office.shelves[collection].items())))
    document = deepcopy(document)
    change(document["state"])
    office.shelves[collection][key] = document
    return f"{collection}/{key}"


async def test_a_round_computed_again_differs_in_nothing_and_without_scoring_it_says_what_was_not_checked(
    kept: Round,
) -> None:
    await kept.keep()
    found = await replayed(kept.review.database, None, CODE)
    assert found.differences == []
    assert {kind: found.compared[kind] for kind in ("draws", "assignments", "shortlists", "cohorts", "panels")} == {
        "draws": 1,
        "assignments": 1,
        "shortlists": 1,
        "cohorts": 1,
        "panels": 1,
    }
    assert found.compared["cases"] == len(kept.review.shelves[CASES.collection])
    [said] = found.unchecked
    assert "评分卡" in said.zh
    assert "--scoring-database" in said.en


async def test_every_score_is_computed_again_from_what_was_handed_in(kept: Round) -> None:
    await kept.score()
    found = await kept.computed_again()
    assert (found.differences, found.unchecked) == ([], [])
    assert (found.compared["scorecards"], found.compared["scores"]) == (1, 1)


def _set(*path: str, to: Any) -> Change:
    """Put a value into a state."""

    def change(state: dict[str, Any]) -> None:
        for step in path[:-1]:
            state = state[step]
        state[path[-1]] = to

    return change


def _turn(name: str) -> Change:
    return lambda state: state[name].reverse()


@pytest.mark.parametrize(
    ("collection", "change"),
    [
        (DRAWS.collection, _turn("drawn")),
        (PROPOSALS.collection, _set("task", "seed", to="another")),
        (PROPOSALS.collection, _set("assignment", "seats", "case-0", to=[{"expert": "e-0", "need": None}])),
        (SHORTLISTS.collection, _turn("places")),
        (COHORTS.collection, lambda state: state["given"][0].update(points="0.10")),
        (PANELS.collection, lambda state: state["results"][0]["tally"].update(members=9)),
        (ANNOUNCEMENTS.collection, _set("cases", to=[])),
    ],
)
async def test_a_record_that_was_tampered_with_is_named(kept: Round, collection: str, change: Change) -> None:
    await kept.keep()
    where = spoil(kept.review, collection, change)
    first, *_ = (await replayed(kept.review.database, None, CODE)).differences
    assert first.recorded != first.computed
    wanted = f"cases/{given.case(1, 'CN')}" if collection == ANNOUNCEMENTS.collection else where
    assert first.where.startswith(wanted)


async def test_a_state_that_cannot_be_read_is_named_and_the_others_are_computed(kept: Round) -> None:
    await kept.keep()
    where = spoil(kept.review, CASES.collection, _set("status", to="invented"))
    found = await replayed(kept.review.database, None, CODE)
    assert [one.where for one in found.differences] == [where]
    assert found.compared["cases"] == len(kept.review.shelves[CASES.collection]) - 1


@pytest.mark.parametrize(
    ("of_scoring", "collection", "change"),
    [
        (True, RECORDS.collection, _set("digest", to="0" * 64)),
        (True, RECORDS.collection, _set("submission", "facts", "B2.i", to={})),
        (True, RECORDS.collection, lambda state: state["marks"].popitem()),
        (False, CASES.collection, _set("score", "total", to="99.00")),
        (False, CASES.collection, lambda state: state["score"]["items"][0].update(points="9.00")),
        (False, CASES.collection, _set("sequence", to=7)),
        (False, CASES.collection, lambda state: state["settled"][0].update(points="0.01")),
    ],
)
async def test_a_score_that_was_tampered_with_is_named(
    kept: Round, collection: str, change: Change, *, of_scoring: bool
) -> None:
    await kept.score()
    where = spoil(kept.scoring if of_scoring else kept.review, collection, change)
    names = {one.where for one in (await kept.computed_again()).differences}
    assert where in names or f"{RECORDS.collection}/{improving.record().application}" in names


async def test_a_score_of_which_scoring_knows_nothing_is_named(kept: Round) -> None:
    await kept.score()
    kept.scoring.shelves[RECORDS.collection].clear()
    [one] = (await kept.computed_again()).differences
    assert (one.where.split("/")[0], one.computed) == ("cases", "–")


async def test_a_withdrawn_case_that_heard_no_more_is_not_compared_and_it_is_said(kept: Round) -> None:
    await kept.score()
    spoil(kept.review, CASES.collection, lambda state: state.update(status="withdrawn", sequence=1))
    found = await kept.computed_again()
    assert found.differences == []
    assert ["撤回" in one.zh for one in found.unchecked] == [True]


async def test_a_list_that_kept_nothing_to_compute_from_is_not_passed_over_silently(kept: Round) -> None:
    await kept.keep()
    spoil(kept.review, SHORTLISTS.collection, _set("bounds", to=None))
    found = await replayed(kept.review.database, None, CODE)
    assert found.compared["shortlists"] == 0
    assert ["1 shortlists" in one.en for one in found.unchecked] == [False, True]


async def test_where_scoring_does_not_know_the_round_nothing_is_claimed(kept: Round) -> None:
    await kept.score()
    kept.scoring.shelves[TERMS.collection].clear()
    with pytest.raises(NotYet):
        await kept.computed_again()
