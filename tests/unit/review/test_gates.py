"""Gates looked at again: what has turned ends the case, and nothing goes on notice or is announced unchecked."""

from datetime import timedelta

import pytest

from services.review.domain.case import Case
from services.review.domain.gates import CheckGates, Turned, check_gates, require_checked, unchecked
from services.review.domain.moves import advance, enter
from services.review.domain.opening import hear_score
from shared.contracts import CaseDeclined, HonourWithheld
from tests.unit.review import given

NOW = given.NOW
PENALTY = Turned(item="D1.c", reason=given.text("年检不合格", "failed the annual inspection"))
NATION = given.LIBRARY["nation@2"]


def case(stage: str = "public_notice") -> Case:
    """A case at the centre."""
    rules = given.rules("CN").model_copy(update={"procedure": NATION})
    whole = Case(
        id=given.case(1, "CN"),
        application=given.application(),
        round="CN-2020",
        jurisdiction="CN",
        chamber=given.chamber(),
        rules=rules,
        score=given.score(pending=False),
    )
    return enter(whole, NATION.stage(stage), NOW)


def check(*turned: Turned, by: str = "CN") -> CheckGates:
    """What the office found."""
    return CheckGates(by=given.officer(by), source="信用中国 2021-03-01", turned=turned)


def test_a_check_that_finds_nothing_is_on_record_and_counts_for_its_stage_only() -> None:
    here = case()
    with given.refused_as("gates.unchecked"):
        require_checked([here])
    checked = check_gates(here, check(), NOW + timedelta(hours=1))
    assert checked.facts == ()
    assert checked.state.gates_source == "信用中国 2021-03-01"
    require_checked([checked.state])
    announced_next = advance(checked.state, NOW + timedelta(days=8)).state
    assert announced_next.stage == "announcement"
    assert unchecked([announced_next, checked.state]) == [announced_next.id]


@pytest.mark.parametrize("stage", ["public_notice", "announcement"])
def test_a_gate_that_turned_ends_the_case_and_withholds_the_honour(stage: str) -> None:
    change = check_gates(case(stage), check(PENALTY), NOW)
    declined, withheld = change.facts
    assert isinstance(declined, CaseDeclined)
    assert isinstance(withheld, HonourWithheld)
    assert (declined.code, declined.stage) == ("gate_turned", stage)
    assert "年检不合格" in declined.reason.zh
    assert change.state.score is not None
    assert not change.state.score.admitted


def test_a_later_scorecard_does_not_undo_what_the_office_found() -> None:
    ended = check_gates(case(), check(PENALTY), NOW).state
    later = hear_score(ended, given.scored(sequence=9, jurisdiction="CN", of=given.score(pending=False)), NOW)
    assert later is not None
    assert (later.state.status, later.facts) == ("declined", ())


def test_before_the_notice_nothing_was_promised_that_could_be_withheld() -> None:
    [declined] = check_gates(case("leadership"), check(PENALTY), NOW).facts
    assert isinstance(declined, CaseDeclined)


def test_a_gate_must_be_one_of_the_scorecard_and_the_office_the_jurisdictions_own() -> None:
    with given.refused_as("gates.unknown"):
        check_gates(case(), check(PENALTY.model_copy(update={"item": "Z1"})), NOW)
    with given.refused_as("case.not-your-turn"):
        check_gates(case(), check(by="35"), NOW)
    with given.refused_as("case.not-open"):
        check_gates(case().but(status="withdrawn"), check(), NOW)
