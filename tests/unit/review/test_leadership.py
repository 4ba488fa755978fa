"""The leaders' meeting: every departure from the committee's list has its reason, and nobody enters by it."""

from datetime import timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain import outcome
from services.review.domain.case import Case
from services.review.domain.leadership import Refusal, Resolve, resolve
from services.review.domain.moves import enter
from shared.contracts import CaseDeclined, LeadershipDecided
from shared.kernel.change import NotYet
from tests.unit.review import given

NOW = given.NOW
WHY = given.text("新受处罚，待核实", "a new penalty, being verified")
NATION = given.LIBRARY["nation@2"]


def command(standing: tuple[str, ...] = ("a", "b"), refused: tuple[str, ...] = (), **changes: object) -> Resolve:
    """What the meeting decided."""
    told = {
        "id": "CN-2020@CN-1",
        "round": "CN-2020",
        "jurisdiction": "CN",
        "document": "纪要〔2021〕3号",
        "held": NOW - timedelta(days=1),
        "standing": standing,
        "not_approved": tuple(Refusal(case=case, reason=WHY) for case in refused),
        **changes,
    }
    return Resolve.model_validate({"by": given.officer("CN"), **told})


def case(stage: str, number: int = 1) -> Case:
    """A case at the centre."""
    rules = given.rules("CN").model_copy(update={"procedure": NATION})
    whole = Case(
        id=given.case(number, "CN"),
        application=given.application(number),
        round="CN-2020",
        jurisdiction="CN",
        chamber=given.chamber(number),
        rules=rules,
        score=given.score(pending=False),
    )
    return enter(whole, NATION.stage(stage), NOW)


@drawn(st.sets(st.integers(1, 30), min_size=1), st.data())
def test_every_case_before_it_is_approved_or_has_its_reason(numbers: set[int], data: st.DataObject) -> None:
    standing = tuple(given.case(number, "CN") for number in sorted(numbers))
    refused = tuple(sorted(data.draw(st.sets(st.sampled_from(standing)))))
    change = resolve(None, command(standing, refused), NOW)
    [fact] = change.facts
    assert isinstance(fact, LeadershipDecided)
    assert {*fact.approved, *(d.case for d in fact.departures)} == set(standing)
    assert not {*fact.approved} & {d.case for d in fact.departures}
    assert all(d.reason == WHY for d in fact.departures)
    for number in sorted(numbers):
        heard = outcome.hear_leadership(case("leadership", number), fact, NOW)
        assert heard
        is_refused = given.case(number, "CN") in refused
        assert heard.state.status == ("declined" if is_refused else "open")
        assert heard.state.stage == ("leadership" if is_refused else "public_notice")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (command(held=NOW + timedelta(hours=1)), "leadership.not-held"),
        (command(()), "leadership.empty"),
        (command(refused=("c",)), "leadership.not-before-it"),
        (command(refused=("a", "a")), "leadership.not-before-it"),
    ],
)
def test_what_cannot_be_is_refused(changed: Resolve, code: str) -> None:
    with given.refused_as(code):
        resolve(None, changed, NOW)


def test_it_is_entered_once() -> None:
    decided = resolve(None, command(), NOW).state
    with given.refused_as("leadership.exists"):
        resolve(decided, command(), NOW)


def test_the_chamber_reads_the_leaders_reason_and_their_document() -> None:
    [fact] = resolve(None, command((given.case(1, "CN"),), (given.case(1, "CN"),)), NOW).facts
    assert isinstance(fact, LeadershipDecided)
    change = outcome.hear_leadership(case("leadership"), fact, NOW)
    assert change
    [declined] = change.facts
    assert isinstance(declined, CaseDeclined)
    assert declined.code == "leadership"
    assert "纪要〔2021〕3号" in declined.reason.zh
    assert "新受处罚" in declined.reason.zh


def test_it_may_overtake_the_vote_and_comes_too_late_for_what_is_past_it() -> None:
    [fact] = resolve(None, command((given.case(1, "CN"),)), NOW).facts
    assert isinstance(fact, LeadershipDecided)
    with pytest.raises(NotYet):
        outcome.hear_leadership(case("expert_panel"), fact, NOW)
    assert outcome.hear_leadership(case("public_notice"), fact, NOW) is None
