"""The life of an improvement plan: drawn up from a scorecard, reported on, compared, closed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.drawing_up import DrawUp, Entry, draw_up
from services.scoring.domain.following import Amend, Close, ReportDone, Rescore, amend, close, report, rescore
from services.scoring.domain.plan import Plan
from shared.contracts.text import text
from shared.kernel.change import NotFound, Refused
from tests.unit.scoring.improving import NOW, facts, measured, officer, record, secretary, standing

TODAY = date(2021, 3, 1)
FILE = "ab" * 32
STANDING = standing()
PENDING = {line.code: line.pending for line in measured(record()).card().items}
WEAK = tuple(STANDING.lacking)
STRONG = tuple(code for code in STANDING.items if code not in STANDING.lacking)


def entry(item: str, **changes: Any) -> Entry:
    given_ = {
        "item": item,
        "guide": "示例指导人",
        "target": TODAY + timedelta(days=90),
        "proof": text("签到表", "sheets"),
    }
    return Entry.model_validate({**given_, **changes})


def drawing(*entries: Entry, **changes: Any) -> DrawUp:
    given_ = {"application": STANDING.application, "digest": STANDING.digest, "standing": STANDING}
    return DrawUp(by=officer(), entries=entries, **{**given_, **changes})


def plan(*items: str) -> Plan:
    change = draw_up(None, drawing(*map(entry, items or ("B2.i", "D2.e"))), NOW)
    assert change.facts == (), "the guide's name is in no event"
    return change.state


def told(item: str = "B2.i", **changes: Any) -> ReportDone:
    given_ = {"on": TODAY, "evidence": (FILE,), "words": "", **changes}
    return ReportDone(by=secretary(), item=item, **given_)


def code_of(refusal: pytest.ExceptionInfo[Refused]) -> str:
    return refusal.value.problems[0].code


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(sorted(STANDING.items)), min_size=1, max_size=5))
def test_a_plan_takes_exactly_the_shortfalls_and_open_gates_each_once(items: list[str]) -> None:
    command = drawing(*map(entry, items))
    fitting = len(set(items)) == len(items) and set(items) <= set(WEAK)
    if not fitting:
        with pytest.raises(Refused):
            draw_up(None, command, NOW)
        return
    drawn = draw_up(None, command, NOW).state
    assert [one.item for one in drawn.items] == items
    for one in drawn.items:
        lacking = STANDING.lacking[one.item]
        assert (one.cause, one.remedy, one.lost) == (lacking.cause, lacking.remedy, lacking.lost)
        assert one.then.gate or abs(one.then.of - one.then.points - one.lost) <= Decimal("0.01") + PENDING[one.item]


def test_an_officer_may_know_cause_and_remedy_better_than_the_scorecard() -> None:
    own = entry("B2.i", cause=text("人手不足", "short of staff"), remedy=text("结对走访", "visit in pairs"))
    (item,) = draw_up(None, drawing(own), NOW).state.items
    assert (item.cause.zh, item.remedy.zh) == ("人手不足", "结对走访")


def test_a_gate_that_keeps_out_can_be_planned_for() -> None:
    failing = standing(facts(D1_c={"year": 2019, "result": "unqualified"}))
    assert next(iter(failing.lacking)) == "D1.c"
    command = drawing(entry("D1.c"), standing=failing, digest=failing.digest)
    (item,) = draw_up(None, command, NOW).state.items
    assert (item.then.gate, item.lost) == ("not_met", 0)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (drawing(entry("B2.i"), digest="0" * 64), "plan.scorecard-changed"),
        (drawing(entry("B2.i", target=TODAY - timedelta(days=1))), "plan.target-past"),
        (drawing(entry("B2.i"), entry("B2.i")), "plan.item-twice"),
        (drawing(entry(STRONG[0])), "plan.no-shortfall"),
        (drawing(entry("Z9.z")), "plan.no-shortfall"),
    ],
)
def test_what_a_plan_refuses(command: DrawUp, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        draw_up(None, command, NOW)
    assert code_of(refusal) == code


def test_today_is_not_past_in_china() -> None:
    late = NOW.replace(hour=15, minute=59)
    assert draw_up(None, drawing(entry("B2.i", target=TODAY)), late)
    with pytest.raises(Refused):
        draw_up(None, drawing(entry("B2.i", target=TODAY)), late + timedelta(minutes=1))


def test_one_plan_from_one_scorecard() -> None:
    with pytest.raises(Refused) as refusal:
        draw_up(plan(), drawing(entry("B2.i")), NOW)
    assert code_of(refusal) == "plan.exists"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["B2.i", "D2.e"]), st.integers(0, 3), st.text("话", max_size=2))))
def test_reports_are_kept_in_order_and_a_repeat_adds_nothing(said: list[tuple[str, int, str]]) -> None:
    state, expected = plan(), {"B2.i": [], "D2.e": []}
    for number, (item, days, words) in enumerate(said):
        command = told(item, on=TODAY - timedelta(days=days), words=words)
        now = NOW + timedelta(minutes=number)
        change = report(state, command, now)
        if expected[item] and expected[item][-1] == (command.on, words):
            assert change is None
        else:
            assert change
            assert change.facts == ()
            state = change.state
            expected[item].append((command.on, words))
    assert {one.item: [(r.on, r.words) for r in one.reports] for one in state.items} == expected
    assert {one.item for one in state.items if one.done} == {item for item, reports in expected.items() if reports}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (told("C1.f"), "plan.no-such-item"),
        (told(on=TODAY + timedelta(days=1)), "plan.day-to-come"),
        (told(evidence=()), "plan.no-proof"),
    ],
)
def test_what_a_report_refuses(command: ReportDone, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        report(plan(), command, NOW)
    assert code_of(refusal) == code


def test_words_alone_may_prove() -> None:
    assert report(plan(), told(evidence=(), words="已走访三十二家"), NOW)


def test_guide_and_date_of_one_item_may_change_and_nothing_else() -> None:
    before, later = plan(), TODAY + timedelta(days=120)
    command = Amend(by=officer(), item="D2.e", guide="示例指导人乙", target=later)
    change = amend(before, command, NOW)
    assert change
    assert change.facts == ()
    assert change.state.items[0] == before.items[0]
    assert change.state.items[1] == before.items[1].but(guide="示例指导人乙", target=later)
    assert amend(change.state, command, NOW) is None


def test_a_new_date_is_to_come_and_an_old_one_may_stay() -> None:
    after = NOW + timedelta(days=200)
    (kept, _) = plan().items
    with pytest.raises(Refused) as refusal:
        amend(plan(), Amend(by=officer(), item="B2.i", guide="示例指导人乙", target=TODAY), after)
    assert code_of(refusal) == "plan.target-past"
    assert amend(plan(), Amend(by=officer(), item="B2.i", guide="示例指导人乙", target=kept.target), after)
    with pytest.raises(Refused) as unknown:
        amend(plan(), Amend(by=officer(), item="C1.f", guide="示例指导人乙", target=kept.target), NOW)
    assert code_of(unknown) == "plan.no-such-item"


def test_re_scoring_compares_points_then_and_now() -> None:
    newer = standing(facts(B2_i={"visited": {"2019": 30, "2020": 40}}), revision=2)
    change = rescore(plan(), Rescore(by=officer(), newest=newer), NOW)
    assert change
    visits, disclosure = change.state.items
    assert (visits.then.points, visits.now.points, visits.now.of) == (1, 2, 2)
    assert disclosure.now == disclosure.then
    assert change.state.rescored.total - change.state.total == 1
    assert rescore(change.state, Rescore(by=officer(), newest=newer), NOW) is None


def test_under_another_rubric_version_only_the_total_is_told() -> None:
    newer = standing(facts(B2_i={"visited": {"2019": 30, "2020": 40}})).but(rubric="sihao-2026@1")
    change = rescore(plan(), Rescore(by=officer(), newest=newer), NOW)
    assert change
    assert [one.now for one in change.state.items] == [None, None]
    assert change.state.rescored.rubric == "sihao-2026@1"


def test_without_a_newer_scorecard_there_is_nothing_to_compare() -> None:
    with pytest.raises(Refused) as refusal:
        rescore(plan(), Rescore(by=officer(), newest=STANDING), NOW)
    assert code_of(refusal) == "plan.not-scored-since"


def test_a_plan_ends_when_all_is_done_or_with_words_on_what_is_left() -> None:
    half = report(plan(), told("B2.i"), NOW).state
    with pytest.raises(Refused) as refusal:
        close(half, Close(by=officer(), words=""), NOW)
    assert code_of(refusal) == "plan.items-left"
    assert "D2.e" in refusal.value.problems[0].rule.zh
    assert close(half, Close(by=officer(), words="商会注销"), NOW).state.status == "closed"
    whole = report(half, told("D2.e"), NOW).state
    assert close(whole, Close(by=officer(), words=""), NOW).state.closing.at == NOW


def test_a_closed_plan_changes_no_more() -> None:
    ended = close(plan(), Close(by=officer(), words="示例"), NOW).state
    newer = standing(facts(B2_i={}))
    acts = (
        lambda: report(ended, told(), NOW),
        lambda: amend(ended, Amend(by=officer(), item="B2.i", guide="示例指导人乙", target=TODAY), NOW),
        lambda: rescore(ended, Rescore(by=officer(), newest=newer), NOW),
        lambda: close(ended, Close(by=officer(), words="示例"), NOW),
    )
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert code_of(refusal) == "plan.closed"
    with pytest.raises(NotFound):
        report(None, told(), NOW)


def test_what_the_edge_read_is_no_part_of_what_the_officer_said() -> None:
    """The same act sent again after a new scoring is still the same act."""
    said = drawing(entry("B2.i")).model_dump(mode="json")
    assert said == drawing(entry("B2.i"), standing=standing(revision=2)).model_dump(mode="json")
