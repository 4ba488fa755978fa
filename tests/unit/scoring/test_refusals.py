"""Bad input is refused with place, rule and remedy, in both languages."""

from copy import deepcopy
from typing import Any

import pytest

from services.scoring.domain import fill_parameters, load_rubric, score
from services.scoring.library import FOLDER, example_parameters, read_rubric, read_yaml
from shared.kernel.change import Refused
from tests.unit.scoring.samples import chamber, data, example, item, sihao, sihao_parameters

COUNT = {"kind": "count", "field": "n", "steps": {1: 100}}


def refused(call: Any, *arguments: Any) -> dict[str, Any]:
    """Place → problem of the refusal."""
    with pytest.raises(Refused) as refusal:
        call(*arguments)
    for problem in refusal.value.problems:
        for words in (problem.rule, problem.remedy):
            assert words.zh
            assert words.en
    return {problem.field: problem for problem in refusal.value.problems}


def original() -> dict[str, Any]:
    return deepcopy(read_yaml(FOLDER / "sihao-2019.yaml"))


def visits(rubric: dict[str, Any]) -> dict[str, Any]:
    return next(i for i in rubric["dimensions"][1]["clauses"][1]["items"] if i["code"] == "B2.i")


def test_a_misspelt_rule_is_named_by_item():
    wrong = original()
    visits(wrong)["rules"][0]["procent"] = visits(wrong)["rules"][0].pop("percent")
    places = refused(load_rubric, wrong)
    path = "B2.i (dimensions.1.clauses.1.items.8.rules.0"
    assert set(places) == {f"{path}.percent)", f"{path}.procent)"}


def test_a_misspelt_condition_is_named_once():
    wrong = original()
    visits(wrong)["applies_if"] = {"all": [{"field": "chamber.level", "equal": "city"}]}
    assert list(refused(load_rubric, wrong)) == ["B2.i (dimensions.1.clauses.1.items.8.applies_if.all.0.equal)"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda i: i.update(points="3"), "B2.points"),
        (lambda i: i["rules"][0].update(of="visitd"), "B2.i.rules.0.of"),
        (lambda i: i["rules"][0].update(percent="$no_such"), "B2.i.rules.0.percent"),
        (lambda i: i["rules"][0].update(years="$leading_firms"), "B2.i.rules.0.years"),
        (lambda i: i["rules"][0].update(share=60), "B2.i.rules"),
        (lambda i: i["fields"]["visited"].update(type="integer"), "B2.i.rules.0.of"),
        (lambda i: i["fields"].update(firms={"from": "B2.f.nothing"}), "B2.i.fields.firms.from"),
        (lambda i: i["fields"].update(firms={"from": "C1.i.firms"}), "B2.i.fields.firms.from"),
        (lambda i: i.update(applies_if={"field": "chamber.colour", "equals": "red"}), "B2.i.applies_if.field"),
        (lambda i: i.update(applies_if={"field": "chamber.level"}), "B2.i.applies_if"),
        (lambda i: i.update(excludes_if="$party_organisation_policy"), "B2.i.excludes_if"),
        (lambda i: i.update(code="B2.a"), "B2.a"),
        (lambda i: i.update(code="C1.z"), "C1.z"),
    ],
)
def test_what_leads_nowhere_or_does_not_add_up_is_named(change, place):
    wrong = original()
    change(visits(wrong))
    assert place in refused(load_rubric, wrong)


def test_a_parameter_that_nobody_uses_is_named():
    wrong = original()
    wrong["parameters"]["spare"] = {"zh": "多余", "en": "spare", "type": "integer"}
    assert list(refused(load_rubric, wrong)) == ["parameters.spare"]


def test_a_gate_gives_no_points_and_a_checklist_has_one_source():
    gate = {"kind": "gate", "require": {"field": "ok", "equals": True}}
    assert "A1.a" in refused(load_rubric, data(item("A1.a", "1", gate, fields={"ok": "boolean"})))
    both = {"kind": "checklist", "fields": ["ok"], "field": "many", "wanted": ["x"], "counts": "each"}
    fields = {"ok": "boolean", "many": "list"}
    found = refused(load_rubric, data(item("A1.a", "1", both, fields=fields)))
    assert {"A1.a.rules", "A1.a.fields.many.choices"} <= set(found)
    unknown = refused(load_rubric, data(item("A1.a", "1", {"kind": "guess"}, fields={})))
    assert "threshold" in next(iter(unknown.values())).remedy.zh
    twice = [{"kind": "judged", "share": 50}, {"kind": "judged", "share": 50}]
    assert "A1.a.rules" in refused(load_rubric, data(item("A1.a", "1", *twice, fields={})))
    assert "A1.a.points" in refused(
        load_rubric,
        data(item("A1.a", "0", COUNT, fields={"n": "integer"}), item("A1.b", "1", COUNT, fields={"n": "integer"})),
    )


def test_experts_mark_on_a_scale_that_can_be_written():
    rules = [COUNT | {"share": 50}, {"kind": "judged", "share": 50}]
    assert "A1.a.rules" in refused(load_rubric, data(item("A1.a", "1.25", *rules, fields={"n": "integer"})))


@pytest.mark.parametrize("wrong", [None, [], "text", {"id": "x"}, {"dimensions": [{"clauses": ["no"]}], "gates": 3}])
def test_what_is_no_rubric_at_all_is_refused(wrong):
    assert refused(load_rubric, wrong)


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path):
    wrong = tmp_path / "rubric.yaml"
    wrong.write_text("id: tiny\nversion: [1\n", encoding="utf-8")
    assert next(iter(refused(read_rubric, wrong))).startswith(f"{wrong}:3")
    assert str(tmp_path / "none.yaml") in refused(read_rubric, tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("leading_firms", 0),
        ("leading_firms", "5"),
        ("leading_firms", True),
        ("young_percent", 0),
        ("young_percent", "100.5"),
        ("young_percent", 12.5),
        ("young_percent", "many"),
        ("party_organisation_policy", "maybe"),
        ("inspection_passes", []),
        ("inspection_passes", ["good"]),
        ("inspection_founded_by", "30.6.2019"),
        ("penalties_since", "never"),
        ("reference_years", [2019, 2021]),
        ("reference_years", []),
        ("effective_contact", "有效"),
        ("key_documents", ["甲 / A", "甲 / B"]),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_refused(name, value):
    found = refused(fill_parameters, sihao().parameters, {**example_parameters("sihao-2019"), name: value})
    assert list(found) == [f"parameters.{name}"]


def test_parameters_have_no_silent_default():
    assert set(refused(fill_parameters, sihao().parameters, {})) == {f"parameters.{n}" for n in sihao().parameters}
    found = refused(fill_parameters, sihao().parameters, {**example_parameters("sihao-2019"), "spare": 1})
    assert found["parameters.spare"].code == "parameters.unknown"


def test_years_and_percentages_may_come_as_text():
    filled = sihao_parameters(reference_years=["2021", "2022"], young_percent="12.50")
    assert filled.years("$reference_years") == (2021, 2022)
    assert filled.data["young_percent"] == "12.5"


@pytest.mark.parametrize(
    ("code", "field", "value"),
    [
        ("B2.i", "visited", 31),
        ("B2.i", "visited", {"2019": -1}),
        ("B2.i", "visited", {"19": 1}),
        ("B2.i", "visited", {"2019": True}),
        ("B2.i", "firms", {"2019": 150}),
        ("B2.i", "guests", 1),
        ("A2.g", "mechanism", "yes"),
        ("A3.f", "postings", True),
        ("D1.d", "penalties", ["yesterday"]),
        ("D1.d", "penalties", "2019-01-01"),
        ("D1.c", "result", "fine"),
        ("C1.f", "platforms", ["gardening"]),
        ("B3.g", "budget", 12),
        ("B3.g", "budget", "NaN"),
        ("B1.d", "queried_on", "2020-9-1"),
        ("A1.b", "narrative", 7),
        ("B2.k", "reached", {"疫情": "all"}),
    ],
)
def test_a_fact_of_the_wrong_kind_is_refused(code, field, value):
    facts = example()["facts"]
    facts.setdefault(code, {})[field] = value
    found = refused(score, facts, chamber(), sihao(), sihao_parameters())
    assert list(found) == [f"facts.{code}.{field}"]


def test_unknown_items_are_refused_in_facts_and_evidence():
    class File:
        sha256 = "ab" * 32
        items = ("Z9.z",)

    facts = {"Z9.z": {"n": 1}, "B2.i": 3}
    found = refused(score, facts, chamber(), sihao(), sihao_parameters(), (File(),))
    assert set(found) == {"facts.Z9.z", "facts.B2.i", "evidence.abababab.items"}
