"""Opening, and what officers decide: who may, what it needs, what follows."""

from datetime import UTC, datetime, timedelta

import pytest

from services.review.domain import opening
from services.review.domain.case import Case
from services.review.domain.officer import (
    Decline,
    Pass,
    Return,
    decide_decline,
    decide_pass,
    decide_return,
)
from shared.contracts import CaseDeclined, CaseOpened, CaseReturned, Level
from shared.kernel.change import Due, NotFound, Refused
from tests.unit.review import given

NOW = given.NOW


def opened(level: Level = "city", area: str = "3502", jurisdiction: str = "35", gate: given.GateResult = "met") -> Case:
    """A case in its first stage."""
    who = given.chamber(1, area, level)
    message = given.scored(1, jurisdiction=jurisdiction, of=given.score(gate=gate), who=who)
    change = opening.hear_score(None, message, NOW)
    assert change
    return change.state


def test_a_scored_application_opens_a_case_at_the_chambers_own_level() -> None:
    change = opening.hear_score(None, given.scored(), NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, CaseOpened)
    assert (fact.case, fact.procedure, fact.stage, fact.area) == (given.case(), "province@1", "own_level", "3502")
    assert change.state.deadline == datetime(2021, 3, 21, 16, tzinfo=UTC)


def test_a_gate_that_is_not_met_ends_the_case_at_once_naming_the_gate() -> None:
    change = opening.hear_score(None, given.scored(of=given.score(gate="not_met")), NOW)
    assert change
    [fact] = change.facts
    assert isinstance(fact, CaseDeclined)
    assert fact.code == "gate"
    assert "D1.c" in fact.reason.zh
    assert "D1.c" in fact.remedy.en


def test_a_gate_in_doubt_comes_before_the_officer() -> None:
    case = opened(gate="to_be_verified")
    assert case.status == "open"
    assert [gate.item for gate in case.doubts] == ["D1.c"]


def test_a_national_chamber_opens_straight_at_the_centre_and_others_wait_for_a_nomination() -> None:
    assert opened("national", "CN", "CN").stage == "national_review"
    half = opening.hear_score(None, given.scored(jurisdiction="CN"), NOW)
    assert half
    assert (half.state.status, half.facts) == ("awaited", ())
    whole = opening.hear_nomination(half.state, given.nominated(), NOW)
    assert whole
    assert whole.state.stage == "expert_panel"
    assert [fact.name for fact in whole.facts] == ["case.opened"]


@pytest.mark.parametrize(
    ("level", "area", "officer", "on_behalf"),
    [
        ("city", "3502", "3502", False),
        ("city", "3502", "35", True),
        ("county", "350203", "350203", False),
        ("county", "350203", "3502", True),
        ("town", "350203", "35", True),
        ("province", "35", "35", False),
    ],
)
def test_the_own_level_or_a_covering_federation_in_its_place(
    level: Level, area: str, officer: str, *, on_behalf: bool
) -> None:
    change = decide_pass(opened(level, area), Pass(by=given.officer(officer)), NOW)
    assert change.state.stage == "shortlist"
    assert [fact.name for fact in change.facts] == ["case.advanced"]
    [decision] = change.state.decisions
    assert (decision.on_behalf, decision.by.area, decision.at) == (on_behalf, officer, NOW)


@pytest.mark.parametrize(
    ("area", "officer"), [("3502", "350203"), ("3502", "3501"), ("3502", "33"), ("35", "3502"), ("3502", "CN")]
)
def test_nobody_else_decides(area: str, officer: str) -> None:
    level: Level = "province" if area == "35" else "city"
    with pytest.raises(Refused) as refusal:
        decide_pass(opened(level, area), Pass(by=given.officer(officer)), NOW)
    assert refusal.value.problems[0].code == "case.not-your-turn"


def test_the_centre_decides_on_what_applies_to_it_directly() -> None:
    case = opened("national", "CN", "CN")
    assert decide_pass(case, Pass(by=given.officer("CN")), NOW).state.stage == "expert_panel"
    with pytest.raises(Refused):
        decide_pass(case, Pass(by=given.officer("35")), NOW)


def test_a_return_names_items_and_a_deadline_by_the_procedure() -> None:
    change = decide_return(opened(), Return(by=given.officer("3502"), items=(given.returned("B2.i"),)), NOW)
    [fact] = change.facts
    assert isinstance(fact, CaseReturned)
    assert fact.deadline == datetime(2021, 3, 11, 16, tzinfo=UTC)
    assert change.state.status == "returned"
    assert change.state.due() == fact.deadline + timedelta(minutes=60)


def test_a_corrected_application_comes_back_to_the_stage_that_returned_it() -> None:
    case = decide_return(opened(), Return(by=given.officer("35"), items=(given.returned("D1.c"),)), NOW).state
    same = opening.hear_score(case, given.scored(sequence=2, revision=1), NOW)
    assert same
    assert same.state.status == "returned"
    again = opening.hear_score(same.state, given.scored(sequence=3, revision=2, of=given.score("90.00")), NOW)
    assert again
    assert (again.state.status, again.state.stage) == ("open", "own_level")
    assert [fact.name for fact in again.facts] == ["case.opened"]


def test_an_uncorrected_application_is_declined_only_after_the_allowance() -> None:
    case = decide_return(opened(), Return(by=given.officer("3502"), items=(given.returned("B2.i"),)), NOW).state
    assert case.correction
    early = opening.on_due(case, Due(at=NOW), case.correction.closes - timedelta(seconds=1))
    assert early is None
    change = opening.on_due(case, Due(at=NOW), case.correction.closes)
    assert change
    assert change.state.ending
    assert change.state.ending.code == "overdue"
    assert "2021年3月11日 24:00" in change.state.ending.reason.zh


def test_a_stage_that_takes_too_long_is_flagged_and_not_decided() -> None:
    case = opened()
    assert case.deadline
    change = opening.on_due(case, Due(at=case.deadline), case.deadline)
    assert change
    assert (change.state.status, change.state.overdue, change.facts) == ("open", True, ())
    assert change.state.due() is None
    assert opening.on_due(change.state, Due(at=case.deadline), case.deadline) is None


@pytest.mark.parametrize(
    ("items", "code"), [(("Z9.z",), "return.unknown-item"), (("B2.i", "B2.i"), "return.item-twice")]
)
def test_a_return_names_known_items_once(items: tuple[str, ...], code: str) -> None:
    command = Return(by=given.officer("3502"), items=tuple(map(given.returned, items)))
    with pytest.raises(Refused) as refusal:
        decide_return(opened(), command, NOW)
    assert refusal.value.problems[0].code == code


def test_a_decline_gives_reason_and_remedy_and_ends_the_case() -> None:
    reason = given.text("材料不实", "the file is not true")
    change = decide_decline(opened(), Decline(by=given.officer("3502"), reason=reason), NOW)
    [fact] = change.facts
    assert isinstance(fact, CaseDeclined)
    assert (fact.code, fact.reason) == ("officer", reason)
    assert fact.remedy.zh
    with pytest.raises(Refused) as refusal:
        decide_pass(change.state, Pass(by=given.officer("3502")), NOW)
    assert refusal.value.problems[0].code == "case.not-open"


def test_before_its_list_is_sealed_the_province_may_decline_and_nothing_else() -> None:
    case = decide_pass(opened(), Pass(by=given.officer("3502")), NOW).state
    with pytest.raises(Refused) as refusal:
        decide_pass(case, Pass(by=given.officer("35")), NOW)
    assert refusal.value.problems[0].code == "case.wrong-stage"
    decline = Decline(by=given.officer("3502"), reason=given.text("理由", "reason"))
    with pytest.raises(Refused):
        decide_decline(case, decline, NOW)
    declined = decide_decline(case, decline.model_copy(update={"by": given.officer("35")}), NOW)
    assert declined.state.status == "declined"


def test_a_case_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        decide_pass(None, Pass(by=given.officer("35")), NOW)


@pytest.mark.parametrize(
    ("rank", "area", "code"), [(3, "3502", "nomination.over-quota"), (1, "3301", "nomination.foreign")]
)
def test_a_nomination_beyond_the_quota_or_the_province_is_refused(rank: int, area: str, code: str) -> None:
    message = given.nominated(rank=rank, who=given.chamber(1, area))
    with pytest.raises(Refused) as refusal:
        opening.hear_nomination(None, message, NOW)
    assert refusal.value.problems[0].code == code
