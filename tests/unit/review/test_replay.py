"""A round computed again: nothing differs from what was recorded, and whatever was changed is found."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.domain.case import Case
from services.review.domain.draw import Commit, Draw, Reveal, commit, reveal
from services.review.domain.drawing import Entry, commitment
from services.review.domain.panel import Panel
from services.review.domain.replay import (
    Difference,
    replayed_case,
    replayed_draw,
    replayed_panel,
    replayed_shortlist,
)
from services.review.domain.shortlist import Shortlist
from shared.kernel.state import State
from tests.unit.review import given
from tests.unit.review.world import play


def replayed(documents: dict[str, State]) -> list[Difference]:
    """Everything that differs in a played round."""
    found: list[Difference] = []
    votes = {
        result.case: result.tally
        for document in documents.values()
        if isinstance(document, Panel)
        for result in document.results
    }
    for document in documents.values():
        match document:
            case Shortlist():
                found += replayed_shortlist(document)
            case Panel():
                found += replayed_panel(document)
            case Case():
                found += replayed_case(document, votes)
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


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
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
    assert found
    assert all(one.where.startswith(where) for one in found)
    assert all(one.recorded != one.computed and one.what.zh for one in found)


def drawn_ones() -> Draw:
    """A draw whose seed was told."""
    command = Commit(
        by=given.officer("CN"),
        id="CN-2020@CN-1",
        round="CN-2020",
        jurisdiction="CN",
        purpose=given.text("评审委员会", "the committee"),
        commitments=(commitment("种子"),),
        count=3,
        strata={},
        pool=tuple(Entry(id=f"e-{n}", stratum="35") for n in range(9)),
        aside=0,
    )
    promised = commit(None, command, given.NOW).state
    assert list(replayed_draw(promised)) == []
    told = reveal(promised, Reveal(by=given.officer("CN"), seeds=("种子",)), given.NOW)
    assert told
    return told.state


def test_a_draw_is_drawn_again_and_another_result_pool_or_seed_is_found() -> None:
    draw = drawn_ones()
    assert list(replayed_draw(draw)) == []
    assert list(replayed_draw(draw.but(drawn=draw.drawn[::-1])))
    assert list(replayed_draw(draw.but(pool=draw.pool[1:])))
    assert list(replayed_draw(draw.but(seeds=("另一个",))))
