"""A round computed again: nothing differs from what was recorded, and whatever was changed is found."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.domain.announcement import Announced
from services.review.domain.assignment import assign
from services.review.domain.case import Case, Ending
from services.review.domain.cohort import Cohort, heard_by_cases
from services.review.domain.demand import Assignment, Task
from services.review.domain.draw import Commit, Draw, Reveal, commit, reveal, told
from services.review.domain.drawing import Entry, commitment
from services.review.domain.leadership import Leadership
from services.review.domain.marking import hear_cohort
from services.review.domain.panel import Panel
from services.review.domain.proposal import Proposal, Propose, propose
from services.review.domain.replay import (
    replayed_cohort,
    replayed_draw,
    replayed_panel,
    replayed_proposal,
    replayed_shortlist,
)
from services.review.domain.replay_case import Deciders, replayed_case
from services.review.domain.shortlist import Shortlist
from shared.contracts.cases import Departure
from shared.kernel.difference import Difference
from shared.kernel.state import State
from tests.unit.review import given, tasks
from tests.unit.review.test_cohort import CASES, frozen
from tests.unit.review.world import play


def replayed(documents: dict[str, State]) -> list[Difference]:
    """Everything that differs in a played round."""
    found, known = list[Difference](), Deciders()
    for kind in (Shortlist, Panel, Announced):
        for document in documents.values():
            if isinstance(document, kind):
                known.take(document)
    for document in documents.values():
        match document:
            case Shortlist():
                found += replayed_shortlist(document)
            case Panel():
                found += replayed_panel(document)
            case Case():
                found += replayed_case(document, known)
            case _:
                pass
    return found


@settings(max_examples=20)
@drawn(st.randoms())
def test_a_played_round_computed_again_differs_in_nothing(chance: Random) -> None:
    assert replayed(play(chance).documents) == []


def _first(documents: dict[str, State], kind: type[State], holds: Callable[[Any], bool] = lambda _: True) -> str:
    return next(key for key, document in documents.items() if isinstance(document, kind) and holds(document))


def _swap_places(documents: dict[str, State]) -> None:
    key = _first(documents, Shortlist)
    sealed = documents[key]
    assert isinstance(sealed, Shortlist)
    first, second, *rest = sealed.places
    documents[key] = sealed.but(places=(second, first, *rest))


def _nominate_another(documents: dict[str, State]) -> None:
    key = _first(documents, Shortlist)
    sealed = documents[key]
    assert isinstance(sealed, Shortlist)
    *rest, last = sealed.places
    documents[key] = sealed.but(places=(*rest, last.model_copy(update={"nominated": not last.nominated})))


def _change_a_ballot(documents: dict[str, State]) -> None:
    key = _first(documents, Panel)
    panel = documents[key]
    assert isinstance(panel, Panel)
    first, *rest = panel.matters
    voter = next(iter(first.votes))
    changed = first.model_copy(update={"votes": {**first.votes, voter: "no"}})
    documents[key] = panel.but(matters=(changed, *rest))


def _change_a_mark(documents: dict[str, State]) -> None:
    key = _first(documents, Case, lambda case: bool(case.settled))
    case = documents[key]
    assert isinstance(case, Case)
    first, *rest = case.seats
    marks = {item: mark - 1 for item, mark in first.marks.items()}
    documents[key] = case.but(seats=(first.model_copy(update={"marks": marks}), *rest))


def _change_a_tally(documents: dict[str, State]) -> None:
    key = _first(documents, Case, lambda case: case.vote is not None)
    case = documents[key]
    assert isinstance(case, Case)
    assert case.vote
    documents[key] = case.but(vote=case.vote.model_copy(update={"yes": case.vote.yes - 1, "no": case.vote.no + 1}))


def _honour_another(documents: dict[str, State]) -> None:
    key = _first(documents, Case, lambda case: case.ending is not None and case.ending.code == "quota")
    case = documents[key]
    assert isinstance(case, Case)
    documents[key] = case.but(status="honoured", ending=None)


def _change_why(documents: dict[str, State]) -> None:
    key = _first(documents, Case, lambda case: case.ending is not None and case.ending.code == "quota")
    case = documents[key]
    assert isinstance(case, Case)
    assert case.ending
    documents[key] = case.but(ending=case.ending.model_copy(update={"code": "officer"}))


def _drop_the_honour(documents: dict[str, State]) -> None:
    key = _first(documents, Case, lambda case: case.status == "honoured")
    case = documents[key]
    assert isinstance(case, Case)
    words = given.text("x", "x")
    documents[key] = case.but(
        status="declined", ending=Ending(code="officer", stage=case.stage, reason=words, remedy=words)
    )


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (_honour_another, "cases/"),
        (_change_why, "cases/"),
        (_drop_the_honour, "cases/"),
        (_swap_places, "shortlists/"),
        (_nominate_another, "shortlists/"),
        (_change_a_ballot, "panels/"),
        (_change_a_mark, "cases/"),
        (_change_a_tally, "cases/"),
    ],
)
def test_whatever_was_changed_afterwards_is_found(spoil: Callable[[dict[str, State]], None], where: str) -> None:
    documents = dict(play(Random(1)).documents)  # noqa: S311 - a test's shuffling
    spoil(documents)
    found = replayed(documents)
    assert any(one.where.startswith(where) for one in found)
    assert all(one.where.startswith((where, "cases/")) for one in found)
    assert all(one.recorded != one.computed and one.what.zh for one in found)


SEED = "种子" * 16


def drawn_ones() -> Draw:
    """A draw whose seed was told."""
    command = Commit(
        by=given.officer("CN"),
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        purpose=given.text("评审委员会", "the committee"),
        commitments=(commitment(SEED),),
        count=3,
        strata={},
        pool=tuple(Entry(id=f"e-{n}", stratum="35") for n in range(9)),
        aside=0,
    )
    promised = commit(None, command, given.NOW).state
    assert list(replayed_draw(promised)) == []
    told = reveal(promised, Reveal(by=given.officer("CN"), seeds=(SEED,)), given.NOW)
    assert told
    return told.state


def test_a_draw_is_drawn_again_and_another_result_pool_or_seed_is_found() -> None:
    draw = drawn_ones()
    assert list(replayed_draw(draw)) == []
    assert list(replayed_draw(draw.but(drawn=draw.drawn[::-1])))
    assert list(replayed_draw(draw.but(pool=draw.pool[1:])))
    assert list(replayed_draw(draw.but(seeds=("另一个",))))


def test_a_draw_from_before_seeds_had_to_be_long_is_drawn_again() -> None:
    short = drawn_ones().but(commitments=(commitment("短"),), seeds=(), drawn=(), order=(), revealed=None)
    assert list(replayed_draw(told(short, ("短",), given.NOW))) == []


def proposed(task: Task) -> Proposal:
    """A proposal that was kept."""
    found = assign(task)
    assert isinstance(found, Assignment)
    command = Propose(
        by=given.officer("CN"), id="CN-2020@CN-x", round="CN-2020", jurisdiction="CN", task=task, assignment=found
    )
    kept = propose(None, command, given.NOW)
    assert kept
    assert propose(kept.state, command, given.NOW) is None
    return Proposal.model_validate_json(kept.state.model_dump_json())


@settings(deadline=None, max_examples=50)
@drawn(tasks.tasks())
def test_an_assignment_is_computed_again_from_its_task(task: Task) -> None:
    if isinstance(assign(task), Assignment):
        assert list(replayed_proposal(proposed(task))) == []


def test_another_seed_pool_or_seat_is_found_in_an_assignment() -> None:
    proposal = proposed(tasks.plain(cases=3, experts=6))
    assert list(replayed_proposal(proposal)) == []
    seats = proposal.assignment.seats
    swapped = dict(zip(seats, [*list(seats.values())[1:], next(iter(seats.values()))], strict=True))
    for spoilt in (
        proposal.but(task=proposal.task.model_copy(update={"seed": "another"})),
        proposal.but(task=proposal.task.model_copy(update={"reviewers": proposal.task.reviewers[1:]})),
        proposal.but(assignment=proposal.assignment.model_copy(update={"seats": swapped})),
        proposal.but(assignment=proposal.assignment.model_copy(update={"digest": "0" * 64})),
        proposal.but(inputs="0" * 64),
    ):
        first = next(replayed_proposal(spoilt))
        assert first.where == "proposals/CN-2020@CN-x"
        assert first.recorded != first.computed


def _settled_by(cohort: Cohort) -> tuple[Case, Deciders]:
    change = hear_cohort(CASES[0], heard_by_cases(cohort)[CASES[0].id], given.NOW)
    assert change
    known = Deciders()
    known.take(cohort)
    return change.state, known


def test_a_cohort_and_its_cases_are_computed_again_and_whatever_was_changed_is_found() -> None:
    cohort = frozen()
    case, known = _settled_by(cohort)
    assert list(replayed_cohort(cohort)) == []
    assert list(replayed_case(case, known)) == []
    less = cohort.given[0].model_copy(update={"points": cohort.given[0].points - 1})
    other = cohort.but(given=(less, *cohort.given[1:]))
    assert next(replayed_cohort(other)).where == f"cohorts/{cohort.id}"
    mild = cohort.yardstick.experts[0].model_copy(update={"normalised": False})
    spoilt = cohort.yardstick.model_copy(update={"experts": (mild, *cohort.yardstick.experts[1:])})
    assert "e-1" in next(replayed_cohort(cohort.but(yardstick=spoilt))).what.en
    known.take(other)
    assert next(replayed_case(case, known)).what.en == "what was given"
    assert next(replayed_case(case.but(yardstick=spoilt), _settled_by(cohort)[1])).where == f"cases/{case.id}"
    assert list(replayed_case(case.but(cohort=""), _settled_by(cohort)[1]))


def test_what_the_leaders_did_not_approve_is_not_honoured() -> None:
    leaders = Leadership(
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        document="1",
        held=given.NOW,
        approved=("b",),
        departures=(Departure(case=CASES[0].id, reason=given.text("x", "x")),),
        at=given.NOW,
        by=given.officer("CN"),
    )
    known = Deciders()
    known.take(leaders)
    words = given.text("x", "x")
    ending = Ending(code="leadership", stage="leadership", reason=words, remedy=words)
    assert list(replayed_case(CASES[0].but(status="declined", ending=ending), known)) == []
    for spoilt in (CASES[0].but(status="honoured"), CASES[1].but(status="declined", ending=ending)):
        assert [one.what.en for one in replayed_case(spoilt, known)] == ["the outcome"]
