"""Public notice: anyone objects until it closes, all is ruled on before it does, and what was said stays inside."""

from datetime import UTC, datetime, timedelta

import pytest

from services.review.domain import objecting
from services.review.domain.case import Case
from services.review.domain.moves import enter
from services.review.domain.notice import Notice, on_due, open_
from services.review.domain.objecting import Hear, Look, Object, Rule, hear, look, object_, rule
from services.review.domain.opening import hear_nomination, hear_score
from shared.contracts import NoticeClosed, NoticeOpened, ObjectionFiled, ObjectionRuled
from shared.kernel.change import Change, Due, NotFound, Refused
from tests.unit.review import given

NOW = given.NOW
OFFICE = given.officer("CN")
SECRET, CONTACT = "会员数字不实，见某某证言", "13800000000"
REASON = given.text("经查不属实", "found untrue")


def on_notice() -> Case:
    """A case that was elected."""
    half = hear_score(None, given.scored(jurisdiction="CN", of=given.score(pending=False)), NOW)
    assert half
    whole = hear_nomination(half.state, given.nominated(), NOW)
    assert whole
    return enter(whole.state, given.rules("CN").procedure.stage("public_notice"), NOW)


def opened() -> Notice:
    """A notice with one candidate."""
    change = open_(None, given.open_notice(OFFICE, [on_notice()]), NOW)
    [fact] = change.facts
    assert isinstance(fact, NoticeOpened)
    assert [candidate.case for candidate in fact.candidates] == [given.case(1, "CN")]
    return change.state


def objected() -> Notice:
    """… and one objection."""
    command = Object(by=given.PUBLIC, case=given.case(1, "CN"), text=SECRET, contact=CONTACT)
    return object_(opened(), command, NOW).state


def due(notice: Notice, now: datetime) -> Change[Notice] | None:
    """Time acts."""
    return on_due(notice, Due(at=now), now)


def test_the_window_ends_with_its_last_day_in_china() -> None:
    assert opened().closes == datetime(2021, 3, 8, 16, tzinfo=UTC)


def test_without_objections_it_closes_when_the_window_passes() -> None:
    notice = opened()
    assert due(notice, notice.closes - timedelta(seconds=1)) is None
    change = due(notice, notice.closes)
    assert change
    [fact] = change.facts
    assert isinstance(fact, NoticeClosed)
    assert (fact.cleared, fact.excluded, fact.objections) == ((given.case(1, "CN"),), (), 0)
    assert change.state.due() is None
    assert due(change.state, notice.closes) is None


def test_what_an_objector_wrote_is_in_no_event() -> None:
    command = Object(by=given.PUBLIC, case=given.case(1, "CN"), text=SECRET, contact=CONTACT)
    filed = object_(opened(), command, NOW)
    ruled = rule(filed.state, Rule(by=OFFICE, number=1, outcome="dismissed", reason=REASON), NOW)
    closed = due(ruled.state, ruled.state.closes)
    assert closed
    facts = (*filed.facts, *ruled.facts, *closed.facts)
    assert [type(fact) for fact in facts] == [ObjectionFiled, ObjectionRuled, NoticeClosed]
    for fact in facts:
        assert SECRET not in fact.model_dump_json()
        assert CONTACT not in fact.model_dump_json()
    assert filed.state.objections[0].text == SECRET


def test_after_the_window_nobody_can_object() -> None:
    notice = opened()
    command = Object(by=given.PUBLIC, case=given.case(1, "CN"), text="迟了")
    with pytest.raises(Refused) as refusal:
        object_(notice, command, notice.closes)
    assert refusal.value.problems[0].code == "notice.closed"
    assert "2021年3月8日 24:00" in refusal.value.problems[0].rule.zh


def test_it_stays_open_for_the_ruling_and_the_last_ruling_closes_it() -> None:
    notice = objected()
    ruling = due(notice, notice.closes)
    assert ruling
    assert (ruling.state.status, ruling.facts) == ("ruling", ())
    late = ruling.state.due()
    assert late == datetime(2021, 3, 16, 16, tzinfo=UTC)
    flagged = due(ruling.state, late)
    assert flagged
    assert (flagged.state.overdue, flagged.state.due()) == (True, None)
    change = rule(flagged.state, Rule(by=OFFICE, number=1, outcome="upheld", reason=REASON), late)
    assert [fact.name for fact in change.facts] == ["objection.ruled", "notice.closed"]
    fact = change.facts[1]
    assert isinstance(fact, NoticeClosed)
    assert (fact.cleared, fact.excluded) == ((), (given.case(1, "CN"),))


def test_a_ruling_inside_the_window_does_not_close_it() -> None:
    change = rule(objected(), Rule(by=OFFICE, number=1, outcome="dismissed", reason=REASON), NOW)
    assert change.state.status == "open"
    assert [fact.name for fact in change.facts] == ["objection.ruled"]
    with pytest.raises(Refused) as refusal:
        rule(change.state, Rule(by=OFFICE, number=1, outcome="upheld", reason=REASON), NOW)
    assert refusal.value.problems[0].code == "objection.ruled"


def test_objections_are_numbered_and_name_a_candidate() -> None:
    again = object_(objected(), Object(by=given.PUBLIC, case=given.case(1, "CN"), text="另一件"), NOW)
    assert [objection.number for objection in again.state.objections] == [1, 2]
    with pytest.raises(Refused) as refusal:
        object_(objected(), Object(by=given.PUBLIC, case="x@CN", text="?"), NOW)
    assert refusal.value.problems[0].code == "notice.not-a-candidate"
    with pytest.raises(NotFound):
        rule(objected(), Rule(by=OFFICE, number=7, outcome="upheld", reason=REASON), NOW)


def test_a_gate_that_turns_during_the_notice_ends_the_case_and_withholds_the_honour() -> None:
    case = on_notice()
    turned = given.scored(sequence=7, jurisdiction="CN", of=given.score(gate="not_met", pending=False))
    change = hear_score(case, turned, NOW)
    assert change
    assert [fact.name for fact in change.facts] == ["case.declined", "honour.withheld"]
    assert change.state.ending
    assert (change.state.ending.code, change.state.ending.stage) == ("gate", "public_notice")


@pytest.mark.parametrize("limit", ["MOST_OBJECTIONS", "MOST_WRITTEN"])
def test_a_notice_takes_only_so_many(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objecting, limit, 1)
    with pytest.raises(Refused) as refusal:
        object_(objected(), Object(by=given.PUBLIC, case=given.case(1, "CN"), text="多一件"), NOW)
    assert refusal.value.problems[0].code == "notice.full"


def test_a_notice_is_opened_once_and_with_candidates() -> None:
    with pytest.raises(Refused) as refusal:
        open_(opened(), given.open_notice(OFFICE, []), NOW)
    assert refusal.value.problems[0].code == "notice.exists"
    with pytest.raises(Refused) as refusal:
        open_(None, given.open_notice(OFFICE, []), NOW)
    assert refusal.value.problems[0].code == "notice.empty"


def heard(notice: Notice, *, held: datetime = NOW, at: datetime = NOW) -> Notice:
    """… and a hearing on it."""
    command = Hear(by=OFFICE, number=1, held=held, heard=("objector", "chamber"), record=SECRET)
    change = hear(notice, command, at)
    assert change.facts == ()
    return change.state


def test_where_the_procedure_asks_for_a_hearing_there_is_no_ruling_without_one() -> None:
    notice = objected().but(hearing=True)
    ruling = Rule(by=OFFICE, number=1, outcome="dismissed", reason=REASON)
    with given.refused_as("objection.not-heard"):
        rule(notice, ruling, NOW)
    ruled = rule(heard(notice), ruling, NOW)
    assert ruled.state.objections[0].hearing is not None
    for fact in ruled.facts:
        assert SECRET not in fact.model_dump_json()


def test_a_hearing_lies_between_the_objection_and_now_and_comes_before_the_ruling() -> None:
    notice = objected()
    for held in (NOW - timedelta(hours=1), NOW + timedelta(hours=1)):
        with given.refused_as("hearing.time"):
            heard(notice, held=held)
    ruled = rule(notice, Rule(by=OFFICE, number=1, outcome="dismissed", reason=REASON), NOW).state
    with given.refused_as("objection.ruled"):
        heard(ruled)
    with pytest.raises(NotFound):
        hear(notice, Hear(by=OFFICE, number=2, held=NOW, heard=("expert",), record="无"), NOW)


NAME = "林举报"


def named(**changes: object) -> Notice:
    """The notice with an objection by somebody who says who they are."""
    told = {"case": given.case(1, "CN"), "text": SECRET, "name": NAME, "contact": CONTACT, **changes}
    return object_(opened(), Object.model_validate({"by": given.PUBLIC, **told}), NOW).state


def looking(by: str = "CN", reason: str = "电话核实") -> Look:
    """An officer wants to know who objected."""
    return Look(by=given.officer(by), number=1, reason=reason)


def test_who_objected_is_in_no_event_and_whoever_looks_is_on_record() -> None:
    notice = named()
    looked = look(notice, looking(), NOW + timedelta(hours=1))
    ruled = rule(looked.state, Rule(by=OFFICE, number=1, outcome="dismissed", reason=REASON), NOW)
    closed = due(ruled.state, ruled.state.closes)
    assert closed
    assert looked.facts == ()
    for fact in (*ruled.facts, *closed.facts):
        assert NAME not in fact.model_dump_json()
    [seen] = ruled.state.objections[0].looks
    assert (seen.by, seen.at, seen.reason) == (OFFICE, NOW + timedelta(hours=1), "电话核实")
    assert notice.objections[0].withheld, "whoever does not say otherwise is withheld"


def test_of_an_anonymous_objection_there_is_nobody_to_see() -> None:
    notice = named(name=None, contact=None)
    assert notice.objections[0].anonymous
    with given.refused_as("objection.nobody-named"):
        look(notice, looking(), NOW)
    assert rule(notice, Rule(by=OFFICE, number=1, outcome="upheld", reason=REASON), NOW).facts, (
        "it is ruled on all the same"
    )


def test_a_notice_may_take_objections_with_a_name_only() -> None:
    command = given.open_notice(OFFICE, [on_notice()]).model_copy(update={"anonymous": False})
    notice = open_(None, command, NOW).state
    without = Object(by=given.PUBLIC, case=given.case(1, "CN"), text=SECRET)
    with given.refused_as("objection.anonymous"):
        object_(notice, without, NOW)
    assert object_(notice, without.model_copy(update={"name": NAME}), NOW).facts


@pytest.mark.parametrize("told", [NAME, CONTACT])
def test_a_public_reason_does_not_name_whoever_asked_to_be_withheld(told: str) -> None:
    reason = given.text(f"{told}所述不实", f"what {told} says is untrue")
    with given.refused_as("ruling.names-objector"):
        rule(named(), Rule(by=OFFICE, number=1, outcome="dismissed", reason=reason), NOW)
    assert rule(named(withhold=False), Rule(by=OFFICE, number=1, outcome="dismissed", reason=reason), NOW).facts


def test_looks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objecting, "MOST_LOOKS", 1)
    once = look(named(), looking(), NOW).state
    with given.refused_as("objection.looks"):
        look(once, looking(), NOW)
