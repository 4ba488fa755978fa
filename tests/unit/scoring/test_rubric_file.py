"""The rubric of 2019 is complete, adds up, and says everything an official needs."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from services.scoring.domain import load_rubric
from services.scoring.domain.kinds import Bonus, Gate, Threshold
from services.scoring.library import FOLDER, example_parameters, read_rubric, rubric, rubric_ids
from shared.kernel.change import Refused
from tests.unit.scoring.samples import sihao, sihao_parameters


def numbered() -> list:
    return [item for d in sihao().dimensions for clause in d.clauses for item in clause.items]


def test_it_has_110_items_in_twelve_clauses_and_two_scope_gates():
    assert Counter(item.code[0] for item in numbered()) == {"A": 28, "B": 29, "C": 28, "D": 25}
    assert Counter(item.code[:2] for item in numbered()) == {
        "A1": 7,
        "A2": 10,
        "A3": 11,
        "B1": 9,
        "B2": 11,
        "B3": 9,
        "C1": 12,
        "C2": 11,
        "C3": 5,
        "D1": 10,
        "D2": 6,
        "D3": 9,
    }
    assert [gate.code for gate in sihao().gates] == ["S1", "S2"]


def test_items_are_lettered_without_a_gap():
    for dimension in sihao().dimensions:
        for clause in dimension.clauses:
            assert [item.code[-1] for item in clause.items] == [chr(ord("a") + n) for n in range(len(clause.items))]


def test_four_items_are_gates_and_two_can_be_made_gates():
    assert [item.code for item in numbered() if item.gate] == ["B1.h", "D1.b", "D1.c", "D1.d"]
    assert [item.code for item in numbered() if item.excludes_if] == ["A3.a", "B3.b"]


def test_the_points_add_up_to_four_times_25():
    assert [d.points for d in sihao().dimensions] == [Decimal(25)] * 4
    assert sum(item.points for item in numbered()) == 100


def test_the_texts_own_numbers_are_not_parameters():
    percents = {
        item.code: rule.percent
        for item in numbered()
        for rule in item.rules
        if isinstance(rule, Threshold) and item.code.startswith("B2")
    }
    assert percents == {"B2.i": 20, "B2.j": 60, "B2.k": 80}


@pytest.mark.parametrize("code", sorted(sihao().items))
def test_every_item_says_what_it_demands_and_how_it_is_cured(code):
    item = sihao().items[code]
    assert item.source.startswith("S:004 ")
    for words in (item.text, item.evidence, item.remedy, *(field.text for field in item.fields.values())):
        assert any("一" <= sign <= "鿿" for sign in words.zh)
        assert words.en.isascii() or "“" in words.en
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in item.en)


def test_points_are_labelled_as_ours():
    assert "默认" in sihao().note.zh
    assert "our default" in sihao().note.en


def test_every_kind_is_used():
    kinds = {rule.kind for item in sihao().items.values() for rule in item.rules}
    assert kinds == {"gate", "threshold", "trend", "ratio", "checklist", "count", "deduction", "bonus", "judged"}
    assert all(isinstance(r, Gate) == (i.points == 0) for i in sihao().items.values() for r in i.rules)
    assert any(isinstance(rule, Bonus) for item in numbered() for rule in item.rules)


def test_the_example_parameters_fill_it_exactly():
    assert set(example_parameters("sihao-2019")) == set(sihao().parameters)
    assert sihao_parameters().data["reference_years"] == [2019, 2020]


def test_it_is_found_by_id_and_by_version_and_nothing_else():
    assert rubric_ids() == ["sihao-2019"]
    assert rubric("sihao-2019@1") == sihao()
    for wrong in ("sihao-2019@2", "sihao-2017", "../library"):
        with pytest.raises(Refused) as refusal:
            rubric(wrong)
        assert "sihao-2019" in refusal.value.problems[0].remedy.en


def test_its_digest_survives_a_round_trip_through_json():
    dumped = json.loads(json.dumps(sihao().model_dump(mode="json", by_alias=True, exclude_none=True)))
    assert load_rubric(dumped).digest == sihao().digest == read_rubric(FOLDER / "sihao-2019.yaml").digest
