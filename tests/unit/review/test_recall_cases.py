"""A case is brought to what its own announced fact says, where the act behind it was lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.review.domain import opening, outcome
from services.review.domain.case import Case
from services.review.domain.officer import Decline, Pass, Return, decide_decline, decide_pass, decide_return
from services.review.domain.recall import cases as recall
from services.review.domain.recall import lists
from services.review.domain.recall.unknown import UNKNOWN as RECOVERED
from shared.contracts import CaseAdvanced, CaseDeclined, CaseNominated, CaseReturned, ReturnedItem, ShortlistSealed
from shared.contracts.cases import ShortlistEntry
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Due, NotYet
from tests.unit.review import given

NOW = given.NOW
LATER = NOW + timedelta(days=3)
OFFICER = Actor(id="officer", role="officer", area="35")
UNKNOWN = {"by", "on_behalf", "reason"}


def opened(revision: int = 1) -> Case:
    change = opening.hear_score(None, given.scored(), NOW)
    assert change
    return change.state.but(revision=revision)


def only(change: Change[Case] | None) -> tuple[Case, Any]:
    """The state, and the one fact."""
    assert change
    [fact] = change.facts
    return change.state, fact


def known(case: Case) -> dict[str, Any]:
    """A state without what the fact does not tell."""
    state = case.model_dump(mode="json")
    return {**state, "decisions": [{k: v for k, v in one.items() if k not in UNKNOWN} for one in state["decisions"]]}


ACTS: dict[str, tuple[Callable[[Case], Change[Case]], Callable[..., Change[Case] | None]]] = {
    "pass": (lambda case: decide_pass(case, Pass(by=OFFICER), LATER), recall.advanced),
    "return": (
        lambda case: decide_return(
            case, Return(by=OFFICER, items=(ReturnedItem(item="B2.i", reason=text("缺", "missing")),)), LATER
        ),
        recall.returned,
    ),
    "decline": (
        lambda case: decide_decline(case, Decline(by=OFFICER, reason=text("合成", "synthetic")), LATER),
        recall.declined,
    ),
}


@pytest.mark.parametrize("what", ACTS)
def test_an_officers_act_comes_back_but_for_who_acted(what: str) -> None:
    act, brought = ACTS[what]
    case = opened()
    decided, fact = only(act(case))
    change = brought(case, fact, LATER)
    assert change
    assert change.facts == ()
    assert known(change.state) == known(decided)
    assert change.state.decisions[-1].by == RECOVERED
    assert brought(decided, fact, LATER) is None, "what is known already changes nothing"
    assert brought(change.state, fact, LATER) is None


@pytest.mark.parametrize("what", ACTS)
def test_a_fact_waits_for_what_it_rests_on(what: str) -> None:
    act, brought = ACTS[what]
    _, fact = only(act(opened(revision=2)))
    with pytest.raises(NotYet):
        brought(None, fact, LATER)
    with pytest.raises(NotYet):
        brought(opened(revision=1), fact, LATER)


def test_a_case_does_not_go_back() -> None:
    case = opened()
    passed, advanced = only(decide_pass(case, Pass(by=OFFICER), NOW))
    returned, sent_back = only(ACTS["return"][0](case))
    assert recall.returned(returned.but(revision=2, status="open"), sent_back, LATER) is None
    with pytest.raises(NotYet):
        recall.advanced(returned, advanced, LATER)
    assert recall.advanced(passed.but(status="withdrawn"), advanced, LATER) is None


def test_an_overdue_correction_ends_the_case_as_it_was_announced() -> None:
    returned, _ = only(ACTS["return"][0](opened()))
    assert returned.correction
    ended, fact = only(opening.on_due(returned, _due(returned), returned.correction.closes))
    assert isinstance(fact, CaseDeclined)
    change = recall.declined(returned, fact, LATER)
    assert change
    assert change.state == ended


def _due(case: Case) -> Any:
    due = case.due()
    assert due
    return Due(at=due)


def test_a_sealed_list_and_its_nomination_come_back() -> None:
    passed, _ = only(decide_pass(opened(), Pass(by=OFFICER), NOW))
    entry = ShortlistEntry(case=passed.id, points=given.Decimal(70), rank=1, nominated=True)
    sealed = ShortlistSealed(area="35", shortlist="CN-2020@35", round="CN-2020", quota=2, entries=(entry,))
    nominated, fact = only(outcome.hear_shortlist(passed, sealed, LATER))
    assert isinstance(fact, CaseNominated)
    change = recall.nominated(passed, fact, LATER)
    assert change
    assert change.state == nominated
    with pytest.raises(NotYet):
        recall.nominated(opened(), fact, LATER)

    known_list = lists.sealed(None, sealed, LATER)
    assert known_list
    assert [place.case for place in known_list.state.places] == [passed.id]
    assert known_list.state.sealed_by == RECOVERED
    assert lists.sealed(known_list.state, sealed, LATER) is None


def test_a_stage_that_the_procedure_does_not_have_changes_nothing() -> None:
    case = opened()
    _, fact = only(decide_pass(case, Pass(by=OFFICER), NOW))
    assert isinstance(fact, CaseAdvanced)
    assert recall.advanced(case, fact.model_copy(update={"stage": "of another procedure"}), LATER) is None


def test_a_return_of_an_older_revision_changes_nothing() -> None:
    _, fact = only(ACTS["return"][0](opened()))
    assert isinstance(fact, CaseReturned)
    assert recall.returned(opened(revision=2), fact, LATER) is None
