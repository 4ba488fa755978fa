"""What an item could gain: the scorer says so on the changed facts, and only the item's own facts change."""

from collections.abc import Iterable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import Standard, fill_parameters, load_rubric, measure
from services.scoring.domain.kinds.parts import raised
from services.scoring.domain.measured import Measured
from services.scoring.domain.what_if import Lift, lifted, what_if
from tests.unit.scoring.samples import PARAMETERS, chamber, data, example, item, sihao, sihao_parameters
from tests.unit.scoring.test_score import applications

STANDARD = Standard(sihao(), sihao_parameters())


def marks(part: Decimal) -> dict[str, Decimal]:
    """Of every judged item, this part of what can be had."""
    return {code: most * part for code, most in sihao().judged_maxima.items()}


MARKS = st.one_of(st.just({}), st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1)]).map(marks))


def with_changes(facts: dict[str, Any], lifts: Iterable[Lift]) -> dict[str, Any]:
    """The facts as a chamber would hand them in anew."""
    changed = deepcopy(facts)
    for lift in lifts:
        changed.setdefault(lift.item.code, {}).update(lift.changes)
    return changed


def tiny(*items: dict[str, Any], facts: dict[str, Any], given_marks: Any = None) -> Measured:
    """A tiny rubric's application."""
    rubric = load_rubric(data(*items))
    given_ = {name: value for name, value in PARAMETERS.items() if name in rubric.parameters}
    return measure(facts, chamber(), Standard(rubric, fill_parameters(rubric.parameters, given_)), (), given_marks)


@settings(max_examples=25, deadline=None)
@given(applications(), MARKS, st.randoms(use_true_random=False))
def test_handing_in_the_changed_facts_gives_exactly_what_was_said(facts, given_marks, random) -> None:
    before = measure(facts, chamber(), STANDARD, (), given_marks)
    lifts, beyond = what_if(before)
    assert {lift.item.code for lift in lifts}.isdisjoint(one.item.code for one in beyond)
    lost = {before.standard.codes[position] for position, _ in before.figures.losses}
    assert lost <= {lift.item.code for lift in lifts} | {one.item.code for one in beyond}
    some = random.sample(lifts, min(3, len(lifts)))
    for chosen in ([], *([lift] for lift in some), some, lifts):
        after = measure(with_changes(facts, chosen), chamber(), STANDARD, (), given_marks)
        assert after.digest == lifted(before, chosen).digest
        for position, code in enumerate(STANDARD.codes):
            own = sum((lift.earned for lift in chosen if lift.item.code == code), 0)
            assert after.figures.exact(position) == before.figures.exact(position) + own
    for lift in some:
        alone = measure(with_changes(facts, [lift]), chamber(), STANDARD, (), given_marks).figures
        assert abs(alone.total.points - before.figures.total.points - 100 * lift.gain) <= 1
        assert lift.earned > 0


@settings(max_examples=25, deadline=None)
@given(applications(), MARKS)
def test_experts_are_never_counted_on(facts, given_marks) -> None:
    before = measure(facts, chamber(), STANDARD, (), given_marks)
    lifts, _ = what_if(before)
    after = lifted(before, lifts)
    assert after.marks == before.marks
    assert after.figures.pending == before.figures.pending
    assert after.figures.maximum == before.figures.maximum


FIELDS = {"n": "integer", "y": "yearly", "w": "yearly", "a": "boolean", "b": "boolean", "m": "integer"}
RULES = {
    "count": {"kind": "count", "field": "n", "steps": {1: 25, "$enough": 100}},
    "yearly count": {"kind": "count", "field": "y", "years": "$years", "steps": {2: 50, 3: 100}},
    "each": {"kind": "checklist", "fields": ["a", "b"], "counts": "each"},
    "any": {"kind": "checklist", "fields": ["a", "b"], "counts": "any"},
    "trend": {"kind": "trend", "field": "y", "years": "$years"},
    "threshold": {"kind": "threshold", "of": "y", "by": "w", "percent": "$ratio", "years": "$years", "zero": "none"},
    "beyond": {
        "kind": "threshold", "of": "y", "by": "w", "percent": 100, "years": "$years", "zero": "skip", "within": False,
    },
    "ratio": {"kind": "ratio", "of": "n", "by": "m", "full_at": "$ratio", "zero": "none"},
    "yearly ratio": {"kind": "ratio", "of": "y", "by": "w", "full_at": 80, "years": "$years", "zero": "skip"},
}  # fmt: skip
NUMBER = st.one_of(st.none(), st.integers(0, 9))
YEARLY = st.one_of(st.none(), st.dictionaries(st.sampled_from(["2018", "2019", "2020"]), st.integers(0, 9)))
GIVEN = st.fixed_dictionaries(
    {"n": NUMBER, "m": NUMBER, "y": YEARLY, "w": YEARLY, "a": st.sampled_from([None, True, False]), "b": st.booleans()}
).map(lambda values: {name: value for name, value in values.items() if value is not None})


@pytest.mark.parametrize("kind", RULES)
@settings(max_examples=60, deadline=None)
@given(facts=GIVEN)
def test_every_kind_comes_to_full_marks_by_its_own_facts(kind, facts) -> None:
    asked = [name for name in FIELDS if f'"{name}"' in str(RULES[kind]).replace("'", '"')]
    only = {name: value for name, value in facts.items() if name in asked}
    before = tiny(item("A1.a", "10", RULES[kind], fields={n: FIELDS[n] for n in asked}), facts={"A1.a": only})
    lifts, beyond = what_if(before)
    assert not beyond
    after = lifted(before, lifts).figures
    assert after.outcomes[0] in {"full", "not_applicable"}
    assert not lifts or after.total.points == 1000


def test_two_rules_of_an_item_agree_on_a_field_they_share() -> None:
    rules = ({**RULES["count"], "share": 50}, {**RULES["ratio"], "share": 50})
    facts = {"A1.a": {"n": 1, "m": 1}}
    before = tiny(item("A1.a", "10", *rules, fields={"n": "integer", "m": "integer"}), facts=facts)
    (lift,), _ = what_if(before)
    assert lift.changes == {"n": 4, "m": 4}
    assert lift.gain == Decimal("3.75")


def test_what_has_happened_cannot_be_undone_but_may_be_said_not_to_have_happened() -> None:
    rule = {"kind": "deduction", "field": "n", "each": 50}
    one = item("A1.a", "10", rule, fields={"n": "integer"})
    lifts, (beyond,) = what_if(tiny(one, facts={"A1.a": {"n": 1}}))
    assert not lifts
    assert "已发生" in beyond.why.zh
    (lift,), _ = what_if(tiny(one, facts={}))
    assert lift.changes == {"n": 0}


def test_a_low_mark_is_for_experts_and_no_fact_stands_in_for_it() -> None:
    rules = ({**RULES["count"], "share": 50}, {"kind": "judged", "share": 50})
    one = item("A1.a", "10", *rules, fields={"n": "integer"})
    lifts, (beyond,) = what_if(tiny(one, facts={"A1.a": {"n": 4}}, given_marks={"A1.a": Decimal(1)}))
    assert not lifts
    assert "专家" in beyond.why.zh
    (lift,), _ = what_if(tiny(one, facts={"A1.a": {"n": 1}}, given_marks={"A1.a": Decimal(1)}))
    assert lift.gain == Decimal("3.75")


def test_a_fact_that_others_read_is_settled_first() -> None:
    facts = example()["facts"]
    del facts["B2.f"]["firms"]
    lifts, beyond = what_if(measure(facts, chamber(), STANDARD))
    waiting = {one.item.code: one.why for one in beyond if "B2.f.firms" in one.why.zh}
    assert {"B2.i", "B2.j"} <= waiting.keys()
    assert waiting.keys().isdisjoint(lift.item.code for lift in lifts)


def test_a_fact_of_its_own_that_others_read_is_not_changed_either() -> None:
    """What is a part here may be a whole there: raising it would help one item and hurt the other."""
    one = item("A1.a", "5", RULES["count"], fields={"n": "integer"})
    other = item("A1.b", "5", {**RULES["ratio"], "of": "m", "by": "n"}, fields={"m": "integer"})
    other["fields"]["n"] = {"from": "A1.a.n"}
    before = tiny(one, other, facts={"A1.a": {"n": 1}, "A1.b": {"m": 0}})
    (lift,), (beyond,) = what_if(before)
    assert (lift.item.code, lift.changes) == ("A1.b", {"m": 1})
    assert (beyond.item.code, "A1.a.n" in beyond.why.zh) == ("A1.a", True)


def test_a_condition_is_not_touched() -> None:
    """Whether an item applies is not for a lift to settle."""
    rule = {"kind": "checklist", "fields": ["a", "b"], "counts": "each"}
    asked = {"field": "a", "equals": True}
    one = item("A1.a", "5", rule, fields={"a": "boolean", "b": "boolean"}, applies_if=asked)
    lifts, (beyond,) = what_if(tiny(one, facts={}))
    assert not lifts
    assert "A1.a.a" in beyond.why.en


@given(NUMBER, NUMBER, st.fractions(min_value="1/100", max_value=1), st.booleans())
def test_a_part_is_raised_to_what_is_enough_and_no_further(part, whole, goal, elsewhere) -> None:
    new, of = raised(part, whole, goal, given_elsewhere=elsewhere)
    assert of > 0
    assert goal * of <= new <= of
    assert not (elsewhere and whole) or of == whole
    if not (whole and part and part > whole):
        assert of == (whole or max(part or 0, 1))
        assert new == (part or 0) or new - 1 < goal * of
