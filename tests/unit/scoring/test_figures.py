"""The figures are exact: whole numbers over one denominator equal plain fractions, whatever was declared."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import Standard, check_facts, measure
from services.scoring.domain.spread import POINT
from shared.kernel.change import Refused
from tests.unit.scoring.reference import points, round_half_up
from tests.unit.scoring.samples import card, chamber, example, item, sihao, sihao_parameters
from tests.unit.scoring.test_score import applications, full_marks

STANDARD = Standard(sihao(), sihao_parameters())
ROUNDS = (
    {},
    {"young_percent": "12.5", "small_percent": "33.3", "reference_years": [2019, 2020, 2021]},
    {"leading_firms": 3, "stable_staff_percent": 7, "regular_activities_per_year": 1},
)
WRONG = st.sampled_from(
    [None, -1, True, 1, "x", "多", [], ["x"], [1], {}, {"2019": 1}, {"2019": True}, {"19": 1}, {"2019": -1}]
)


@settings(max_examples=40, deadline=None)
@given(
    applications(), st.sampled_from(ROUNDS), st.dictionaries(st.sampled_from(sorted(full_marks())), st.integers(0, 100))
)
def test_the_figures_equal_the_slow_reference(facts: dict[str, Any], settled: dict[str, Any], tenths: dict[str, int]):
    parameters = sihao_parameters(**settled)
    marks = {code: (full_marks()[code] * part / 100).quantize(Decimal("0.01")) for code, part in tenths.items()}
    found = measure(facts, chamber(), Standard(sihao(), parameters), (), marks).card()
    absent = {line.code for line in found.items if line.reason.zh.startswith("不适用（")}
    lines, total = points(sihao(), parameters, facts, absent, marks)
    assert {line.code: (line.maximum, line.points, line.pending) for line in found.items} == lines
    assert found.total == total


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_fits_into_a_row_is_what_has_no_problem(data: st.DataObject):
    """The quick check and the one that names every fault never disagree."""
    facts: dict[str, Any] = example()["facts"]
    code = data.draw(st.sampled_from(sorted(sihao().items)))
    name = data.draw(st.sampled_from([*sihao().items[code].fields, "no_such_field"]))
    facts.setdefault(code, {})[name] = data.draw(WRONG)
    problems = check_facts(facts, sihao(), STANDARD.parameters)
    assert (STANDARD.columns.row(facts, chamber(), {}) is None) == bool(problems)
    if problems:
        with pytest.raises(Refused) as refusal:
            measure(facts, chamber(), STANDARD)
        assert list(refusal.value.problems) == problems


@settings(deadline=None)
@given(st.sets(st.sampled_from(range(len(STANDARD.items)))))
def test_the_maxima_always_add_up_to_the_whole(absent: set[int]):
    found = STANDARD.maxima(tuple(sorted(absent)))
    everything = len(absent) == len(STANDARD.items)
    assert sum(found.items) == (0 if everything else 100 * POINT * found.unit)
    assert {n for n, most in enumerate(found.items) if most} == set(range(len(STANDARD.items))) - absent


def test_the_points_of_an_empty_clause_go_to_its_dimension():
    first, second, third = STANDARD.clauses[0]
    found = STANDARD.maxima(tuple(range(first.stop)))
    assert sum(found.items[first.start : third.stop]) == 25 * POINT * found.unit
    share = Fraction(sum(found.items[second]), sum(found.items[third]))
    assert share == Fraction(sihao().dimensions[0].clauses[1].points / sihao().dimensions[0].clauses[2].points)


def test_a_mark_of_nothing_is_settled_and_earns_nothing():
    judged = item("A1.a", "10", {"kind": "judged"}, fields={})
    line = card([judged], {}, {"A1.a": Decimal(0)}).items[0]
    assert (line.outcome, line.points, line.pending) == ("none", 0, 0)


@settings(deadline=None)
@given(st.fractions(0, 1, max_denominator=997))
def test_marks_finer_than_hundredths_are_exact(share: Fraction):
    judged = [item(f"A1.{letter}", "10", {"kind": "judged"}, fields={}) for letter in "ab"]
    found = card(judged, {}, {"A1.a": 10 * share, "A1.b": Decimal("3.333")})
    assert found.items[0].points == round_half_up(10 * share)
    assert found.items[1].points == Decimal("3.33")
    assert found.total == round_half_up(10 * share + Fraction("3.333"))
