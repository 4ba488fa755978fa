"""The cheapest path: the scorer confirms that it reaches the goal, and no cheaper set of items does."""

from collections.abc import Iterable
from copy import deepcopy
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import Parameters, Rubric, Standard, fill_parameters, load_rubric, measure
from services.scoring.domain.cheapest import cheapest_path, gains
from services.scoring.domain.effort import Efforts, load_efforts
from services.scoring.domain.path import Goal, Totals, reaches
from services.scoring.library import efforts_of, rubric_ids
from shared.kernel.change import Refused
from tests.unit.scoring.samples import TEXT, chamber, example, item, sihao, sihao_parameters

COUNT = {"kind": "count", "field": "n", "steps": {1: 33, 2: 50, 4: 100}}
CHECKS = {"kind": "checklist", "fields": ["a", "b", "c"], "counts": "each"}
BONUS = {"kind": "bonus", "field": "extra", "each": "0.25", "cap": "1.5"}
JUDGED = {"kind": "judged", "share": 40}
HAPPENED = {"kind": "deduction", "field": "n", "each": 30}
FIELDS = {"n": "integer", "a": "boolean", "b": "boolean", "c": "boolean", "extra": "integer"}
KINDS: tuple[tuple[dict[str, Any], ...], ...] = (
    (COUNT,),
    (CHECKS,),
    (COUNT, BONUS),
    ({**CHECKS, "share": 60}, JUDGED),
    (HAPPENED,),
)


def rubric_of(*clauses: tuple[str, list[dict[str, Any]]]) -> Rubric:
    """A rubric with a dimension per clause code's letter."""

    def points(items: Iterable[dict[str, Any]]) -> str:
        return str(sum((Decimal(one["points"]) for one in items), Decimal(0)))

    dimensions: dict[str, list[Any]] = {}
    for code, items in clauses:
        clause = {"code": code, **TEXT, "points": points(items), "remedy": TEXT, "items": items}
        dimensions.setdefault(code[0], []).append(clause)
    used = "$policy" in str(clauses)
    return load_rubric(
        {
            "id": "tiny",
            "version": 1,
            "title": TEXT,
            "source": "S:000",
            "note": TEXT,
            "points": points(one for _, items in clauses for one in items),
            "parameters": {"policy": {**TEXT, "type": "policy"}} if used else {},
            "gates": [],
            "dimensions": [
                {"code": code, **TEXT, "points": points(own), "clauses": own} for code, own in dimensions.items()
            ],
        }
    )


def used_fields(rules: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What these rules ask."""
    return {name: kind for name, kind in FIELDS.items() if f"'{name}'" in str(rules)}


@st.composite
def cases(draw: Any) -> tuple[Rubric, dict[str, Any], Efforts, Goal]:
    """A rubric of two dimensions and up to six items, facts, efforts and a goal."""
    clauses, efforts, facts = [], {}, {}
    for code in ("A1", "A2", "B1"):
        items = []
        for letter in "ab":
            rules = draw(st.sampled_from(KINDS))
            points = draw(st.sampled_from(["0.75", "1", "2", "3.35"]))
            one = item(f"{code}.{letter}", points, *rules, fields=used_fields(rules))
            items.append(one)
            efforts[one["code"]] = {"effort": draw(st.integers(1, 5)), "by": "chamber"}
            values = {name: draw(st.booleans() if kind == "boolean" else st.integers(0, 4))
                      for name, kind in used_fields(rules).items()}  # fmt: skip
            facts[one["code"]] = values if draw(st.integers(0, 4)) else {}
        clauses.append((code, items))
    rubric = rubric_of(*clauses)
    goal = Goal(
        total=draw(st.decimals(0, rubric.points, places=2)),
        dimensions=draw(st.dictionaries(st.sampled_from("AB"), st.decimals(0, 6, places=2))),
    )
    return rubric, facts, load_efforts({"rubric": "tiny", "label": TEXT, "items": efforts}, rubric), goal


def scored(facts: dict[str, Any], standard: Standard) -> Totals:
    """What the scorer says of facts handed in."""
    brief = measure(facts, chamber(), standard).brief()
    return Totals(total=brief.total, dimensions=brief.dimensions, admitted=brief.admitted)


@settings(max_examples=60, deadline=None)
@given(cases(), st.sets(st.integers(0, 5)))
def test_the_path_reaches_the_goal_and_no_cheaper_one_does(case, just) -> None:
    """The goal is any, or just what some of the items come to, as it is rounded."""
    rubric, facts, efforts, goal = case
    standard = Standard(rubric, Parameters({}, {}))
    measured = measure(facts, chamber(), standard)
    single = {gain.item: gain for gain in gains(measured, efforts).items}

    def after(codes: Iterable[str]) -> Totals:
        changed = deepcopy(facts)
        for code in codes:
            changed.setdefault(code, {}).update(single[code].facts)
        return scored(changed, standard)

    def effort(codes: Iterable[str]) -> int:
        return sum(efforts.items[code].effort for code in codes)

    if just:
        some = after(code for number, code in enumerate(single) if number in just)
        goal = Goal(total=some.total, dimensions={"A": some.dimensions["A"]})
    subsets = [codes for size in range(len(single) + 1) for codes in combinations(single, size)]
    least = min((effort(codes) for codes in subsets if reaches(after(codes), goal)), default=None)
    path = cheapest_path(measured, efforts, goal)
    assert path.before == scored(facts, standard)
    assert path.best == after(single)
    assert path.reached == (least is not None)
    assert path.reached == reaches(path.best, goal)
    if path.reached:
        chosen = [step.item for step in path.steps]
        assert path.effort == effort(chosen) == least
        assert path.after == after(chosen)
        assert reaches(after(chosen), goal)
    else:
        assert path.steps == ()


def test_an_excluding_gate_is_named_first_and_met_first_whatever_it_costs() -> None:
    excluding = item("A1.a", "1", CHECKS, fields=used_fields([CHECKS]), excludes_if="$policy")
    cheap = item("A1.b", "9", COUNT, fields={"n": "integer"})
    rubric = rubric_of(("A1", [excluding, cheap]))
    parameters = fill_parameters(rubric.parameters, {"policy": "excludes"})
    efforts = load_efforts(
        {"rubric": "tiny", "label": TEXT, "items": {code: {"effort": cost, "by": "chamber"} for code, cost in
         {"A1.a": 5, "A1.b": 1}.items()}},
        rubric,
    )  # fmt: skip
    measured = measure({"A1.a": {"a": False}}, chamber(), Standard(rubric, parameters))
    path = cheapest_path(measured, efforts, Goal(total=Decimal(9)))
    assert [(gate.item, gate.by_step) for gate in path.gates] == [("A1.a", True)]
    assert [step.item for step in path.steps] == ["A1.a", "A1.b"]
    assert not path.before.admitted
    assert path.after.admitted


def test_a_gate_that_no_points_cure_is_named_and_stays() -> None:
    facts = example()["facts"]
    facts["D1.c"]["result"] = "unqualified"
    path = cheapest_path(example_measured(facts), efforts_of("sihao-2019"), Goal(total=Decimal(66)))
    assert [(gate.item, gate.result, gate.by_step) for gate in path.gates] == [("D1.c", "not_met", False)]
    assert path.gates[0].remedy.zh
    assert path.reached
    assert not path.after.admitted


def test_a_goal_beyond_all_facts_has_no_steps_and_says_what_facts_can_do() -> None:
    path = cheapest_path(example_measured(example()["facts"]), efforts_of("sihao-2019"), Goal(total=Decimal(90)))
    assert not path.reached
    assert path.steps == ()
    assert path.before == path.after
    assert path.before.total < path.best.total < 90
    assert any("专家" in one.why.zh for one in path.not_counted)


def test_a_goal_that_is_reached_already_asks_nothing() -> None:
    path = cheapest_path(example_measured(example()["facts"]), efforts_of("sihao-2019"), Goal())
    assert (path.reached, path.steps, path.effort) == (True, (), 0)


def test_a_goal_names_dimensions_of_the_rubric() -> None:
    with pytest.raises(Refused) as refusal:
        cheapest_path(
            example_measured(example()["facts"]), efforts_of("sihao-2019"), Goal(dimensions={"E": Decimal(1)})
        )
    assert refusal.value.problems[0].field == "dimensions.E"


@pytest.mark.parametrize("key", rubric_ids())
def test_every_rubric_that_comes_with_the_platform_has_its_efforts(key: str) -> None:
    efforts = efforts_of(key)
    assert "默认" in efforts.label.zh


def test_efforts_are_for_exactly_the_items_that_facts_can_bring_forward() -> None:
    whole = efforts_of("sihao-2019").model_dump(mode="json")
    del whole["items"]["B2.i"]
    whole["items"]["B1.a"] = {"effort": 1, "by": "chamber"}
    with pytest.raises(Refused) as refusal:
        load_efforts(whole, sihao())
    assert [one.field for one in refusal.value.problems] == ["items.B1.a", "items.B2.i"]
    with pytest.raises(Refused) as shape:
        load_efforts({**whole, "items": {"B2.i": {"effort": 6, "by": "nobody"}}}, sihao())
    assert {one.code for one in shape.value.problems} == {"efforts.invalid"}
    with pytest.raises(Refused) as other:
        load_efforts({**efforts_of("sihao-2019").model_dump(mode="json"), "rubric": "other"}, sihao())
    assert [one.field for one in other.value.problems] == ["rubric"]


def example_measured(facts: dict[str, Any]) -> Any:
    return measure(facts, chamber(), Standard(sihao(), sihao_parameters()))
