"""Every kind by itself: the boundary, one below, missing facts, zero denominators."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.change import Refused
from tests.unit.scoring.samples import card, item, line

VISITS = {"kind": "threshold", "of": "part", "by": "whole", "percent": 20, "years": "$years", "zero": "none"}
YEARLY = {"part": "yearly", "whole": "yearly"}
RATIO = {"kind": "ratio", "of": "part", "by": "whole", "full_at": "$ratio", "zero": "none"}
PAIR = {"part": "integer", "whole": "integer"}


def visits(first, second, **more):
    """Visits per year as (part, whole)."""
    facts = {
        "part": {"2019": first[0], "2020": second[0]},
        "whole": {"2019": first[1], "2020": second[1]},
    }
    return line({**VISITS, **more}, YEARLY, facts)


@pytest.mark.parametrize(
    ("part", "whole", "reached"), [(20, 100, True), (19, 100, False), (30, 150, True), (29, 149, False)]
)
def test_exactly_20_percent_passes_and_one_less_does_not(part, whole, reached):
    found = visits((part, whole), (part, whole))
    assert found.outcome == ("full" if reached else "none")
    assert found.points == (10 if reached else 0)


def test_each_year_stands_alone_and_the_reason_has_the_figures():
    found = visits((31, 150), (31, 160))
    assert (found.outcome, found.points) == ("partial", 5)
    assert "31/150＝20.67 %，达到 20 %" in found.reason.zh
    assert "31/160＝19.38 %，未达到 20 %，差 1" in found.reason.zh
    assert "31/160 = 19.38 %, below 20 %, 1 short" in found.reason.en


def test_a_plenty_in_one_year_does_not_help_the_other():
    assert visits((150, 150), (0, 150)).points == 5


@settings(deadline=None)
@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_the_threshold_is_exact_for_any_size(whole, part):
    reached = part * 5 >= whole
    found = line(
        {**VISITS, "within": False},
        YEARLY,
        {"part": {"2019": part, "2020": part}, "whole": {"2019": whole, "2020": whole}},
    )
    assert found.points == (10 if reached else 0)


def test_more_visits_than_firms_is_an_error_unless_the_rule_allows_it():
    assert visits((151, 150), (151, 150)).points == 0
    assert visits((151, 150), (151, 150), within=False).points == 10


def test_no_firms_gives_no_points_or_leaves_the_year_out():
    assert visits((0, 0), (40, 100)).points == 5
    assert visits((0, 0), (40, 100), zero="skip").points == 10
    assert visits((0, 0), (0, 0), zero="skip").outcome == "not_applicable"


def test_a_missing_year_is_not_given():
    found = line(VISITS, YEARLY, {"part": {"2019": 30}, "whole": {"2019": 100, "2020": 100}})
    assert found.points == 5
    assert "2020：未填报" in found.reason.zh
    assert "2020: not given" in found.reason.en


def test_a_threshold_per_event_judges_every_event():
    rule = {key: value for key, value in VISITS.items() if key != "years"} | {"percent": 80}
    kinds = {"part": "series", "whole": "series"}
    facts = {"part": {"洪水": 80, "疫情": 79}, "whole": {"洪水": 100, "疫情": 100}}
    assert line(rule, kinds, facts).points == 5
    assert line(rule, kinds, {"part": {"洪水": 80}, "whole": {"洪水": 100, "疫情": 100}}).points == 5
    assert line(rule, kinds, {}).outcome == "none"


@pytest.mark.parametrize(
    ("counts", "points"),
    [((10, 11, 12), 10), ((10, 10, 12), 5), ((10, 9, 9), 0), ((12, 11, 10), 0), ((10, 12, 11), 5)],
)
def test_a_trend_must_grow_in_every_year(counts, points):
    facts = {"members": dict(zip(("2018", "2019", "2020"), counts, strict=True))}
    rule = {"kind": "trend", "field": "members", "years": "$years"}
    assert line(rule, {"members": "yearly"}, facts).points == points


def test_a_trend_without_its_starting_year_cannot_show_growth():
    rule = {"kind": "trend", "field": "members", "years": "$years"}
    found = line(rule, {"members": "yearly"}, {"members": {"2019": 10, "2020": 11}})
    assert found.points == 5
    assert "2018" in found.reason.zh
    assert line(rule, {"members": "yearly"}, {}).outcome == "none"


@pytest.mark.parametrize(("part", "points"), [(50, "10"), (100, "10"), (25, "5"), (1, "0.20"), (0, "0"), (101, "0")])
def test_a_ratio_earns_in_proportion_up_to_its_parameter(part, points):
    assert line(RATIO, PAIR, {"part": part, "whole": 100}).points == Decimal(points)


def test_a_ratio_over_nothing():
    assert line(RATIO, PAIR, {"part": 0, "whole": 0}).outcome == "none"
    assert line({**RATIO, "zero": "skip"}, PAIR, {"part": 0, "whole": 0}).outcome == "not_applicable"
    assert line(RATIO, PAIR, {"part": 5}).outcome == "none"


def test_a_ratio_can_be_taken_per_year():
    found = line(
        {**RATIO, "years": "$years"}, YEARLY, {"part": {"2019": 50, "2020": 25}, "whole": {"2019": 100, "2020": 100}}
    )
    assert found.points == Decimal("7.5")


def test_a_checklist_counts_each_or_takes_any():
    three = {"a": "boolean", "b": "boolean", "c": "boolean"}
    each = {"kind": "checklist", "fields": ["a", "b", "c"], "counts": "each"}
    assert line(each, three, {"a": True, "b": True, "c": False}).points == Decimal("6.67")
    assert line(each, three, {"a": True, "b": True, "c": True}).outcome == "full"
    found = line({**each, "counts": "any"}, three, {"b": True})
    assert found.outcome == "full"
    assert line({**each, "counts": "any"}, three, {"a": False}).outcome == "none"
    assert "未填报" in line(each, three, {}).reason.zh


def test_a_checklist_may_measure_against_the_rounds_own_list():
    rule = {"kind": "checklist", "field": "done", "wanted": "$topics", "counts": "each"}
    one = item("A1.a", "10", rule, fields={})
    one["fields"] = {"done": {"zh": "已做", "en": "done", "type": "list", "choices": "$topics"}}
    assert card([one], {"A1.a": {"done": ["甲"]}}).total == 5
    assert card([one], {"A1.a": {"done": ["乙", "甲"]}}).total == 10
    with pytest.raises(Refused):
        card([one], {"A1.a": {"done": ["丙"]}})


@pytest.mark.parametrize(("number", "points"), [(0, 0), (1, 5), (3, 5), (4, 10), (99, 10)])
def test_a_count_climbs_by_steps_of_which_one_is_a_parameter(number, points):
    rule = {"kind": "count", "field": "n", "steps": {1: 50, "$enough": 100}}
    assert line(rule, {"n": "integer"}, {"n": number}).points == points


def test_a_count_per_year_averages_the_years():
    rule = {"kind": "count", "field": "n", "years": "$years", "steps": {2: 100}}
    assert line(rule, {"n": "yearly"}, {"n": {"2019": 5, "2020": 1}}).points == 5


@pytest.mark.parametrize(("number", "points"), [(0, "10"), (1, "6"), (2, "2"), (3, "0"), (9, "0")])
def test_a_deduction_never_goes_below_nothing(number, points):
    assert line({"kind": "deduction", "field": "n", "each": 40}, {"n": "integer"}, {"n": number}).points == Decimal(
        points
    )


def test_a_deduction_needs_its_zero_to_be_given():
    assert line({"kind": "deduction", "field": "n", "each": 40}, {"n": "integer"}, {}).outcome == "none"


def test_a_bonus_makes_good_only_what_the_clause_has_lost():
    count = {"kind": "count", "field": "n", "steps": {1: 50, 2: 100}}
    bonus = {"kind": "bonus", "field": "extra", "each": "0.5", "cap": "2"}
    one = item("A1.a", "10", count, bonus, fields={"n": "integer", "extra": "integer"})

    def total(n, extra):
        return card([one], {"A1.a": {"n": n, "extra": extra}}).total

    assert [total(1, extra) for extra in (0, 1, 4, 40)] == [5, Decimal("5.5"), 7, 7]
    assert total(2, 40) == 10
    assert card([one], {"A1.a": {"n": 1}}).total == 5


def test_a_bonus_waits_for_pending_marks():
    judged = item("A1.a", "9", {"kind": "judged"}, fields={})
    bonus = {"kind": "bonus", "field": "extra", "each": "1", "cap": "1"}
    other = item(
        "A1.b",
        "1",
        {"kind": "count", "field": "n", "steps": {1: 100}},
        bonus,
        fields={"n": "integer", "extra": "integer"},
    )
    facts = {"A1.b": {"n": 1, "extra": 1}}
    assert card([judged, other], facts).total == 1
    assert card([judged, other], facts, {"A1.a": Decimal(8)}).total == 10


def test_a_judged_item_is_pending_until_marked():
    found = line({"kind": "judged"}, {}, {})
    assert (found.outcome, found.points, found.pending) == ("pending", 0, 10)
    marked = line({"kind": "judged"}, {}, {}, {"A1.a": Decimal("7.25")})
    assert (marked.outcome, marked.points, marked.pending) == ("partial", Decimal("7.25"), 0)
    assert "7.25/10.00" in marked.reason.zh


def test_counting_and_judging_share_an_item():
    rules = ({"kind": "count", "share": 40, "field": "n", "steps": {1: 100}}, {"kind": "judged", "share": 60})
    one = item("A1.a", "10", *rules, fields={"n": "integer"})
    waiting = card([one], {"A1.a": {"n": 1}})
    assert (waiting.total, waiting.pending, waiting.items[0].outcome) == (4, 6, "pending")
    assert card([one], {"A1.a": {"n": 1}}, {"A1.a": Decimal(6)}).total == 10


@pytest.mark.parametrize("mark", ["-0.01", "6.01"])
def test_a_mark_outside_its_scale_is_refused(mark):
    rules = ({"kind": "count", "share": 40, "field": "n", "steps": {1: 100}}, {"kind": "judged", "share": 60})
    with pytest.raises(Refused) as refusal:
        card([item("A1.a", "10", *rules, fields={"n": "integer"})], {}, {"A1.a": Decimal(mark)})
    assert refusal.value.problems[0].field == "marks.A1.a"
    with pytest.raises(Refused):
        card([item("A1.a", "10", rules[0] | {"share": 100}, fields={"n": "integer"})], {}, {"A1.a": Decimal(1)})
