"""Gates: met, not met, not applicable, to be verified; and what each needs to admit."""

import pytest

from services.scoring.domain import score
from tests.unit.scoring.samples import chamber, example, sihao, sihao_parameters


def gate(code, facts=None, parameters=None, **profile):
    """How a gate comes out when some facts of the example are replaced; None takes them away."""
    declared = {**example()["facts"], **(facts or {})}
    card = score(
        {item: fields for item, fields in declared.items() if fields is not None},
        chamber(**profile),
        sihao(),
        sihao_parameters(**(parameters or {})),
    )
    return next((line for line in card.gates if line.code == code), None), card


def test_the_example_is_admitted():
    assert gate("S1")[1].admitted


@pytest.mark.parametrize(
    ("facts", "result"),
    [({"registered": True}, "met"), ({"registered": False}, "not_met"), (None, "to_be_verified")],
)
def test_registration(facts, result):
    for code in ("S1", "D1.b"):
        line, card = gate(code, {"S1": facts})
        assert line.result == result
        assert card.admitted == (result == "met")


def test_a_refused_chamber_is_told_why_and_what_to_do():
    line, card = gate("S1", {"S1": {"registered": False}})
    assert line in card.blockers
    assert "已在民政部门依法登记：否" in line.reason.zh
    assert "registered with a civil-affairs organ: no" in line.reason.en
    assert "县级工商联" in line.remedy.zh


@pytest.mark.parametrize(
    ("relation", "accepts", "result"),
    [
        ("affiliated", None, "met"),
        ("party_work", None, "met"),
        ("group_member", {"accepts_guidance": True}, "met"),
        ("group_member", {"accepts_guidance": False}, "not_met"),
        ("group_member", None, "to_be_verified"),
        ("none", {"accepts_guidance": True}, "not_met"),
    ],
)
def test_scope(relation, accepts, result):
    assert gate("S2", {"S2": accepts}, relation=relation)[0].result == result


@pytest.mark.parametrize(
    ("level", "elected", "facts", "result"),
    [
        ("city", "2020-06-01", None, "not_applicable"),
        ("city", None, None, "not_applicable"),
        ("province", "2019-12-31", None, "not_applicable"),
        ("province", "2020-01-01", {"grade": "A", "evaluated_on": "2019-11-01"}, "met"),
        ("national", "2020-01-01", {"grade": "B", "evaluated_on": "2017-12-31"}, "met"),
        ("province", "2020-01-01", {"grade": "B", "evaluated_on": "2017-12-30"}, "not_met"),
        ("province", "2020-01-01", {"grade": "C", "evaluated_on": "2019-11-01"}, "not_met"),
        ("province", "2020-01-01", {"grade": "C"}, "not_met"),
        ("province", "2020-01-01", {"grade": "A"}, "to_be_verified"),
        ("province", None, {"grade": "A", "evaluated_on": "2019-11-01"}, "to_be_verified"),
    ],
)
def test_comprehensive_evaluation(level, elected, facts, result):
    line, card = gate("B1.h", {"B1.h": facts}, level=level, last_election=elected)
    assert line.result == result
    assert card.admitted == (result in {"met", "not_applicable"})


@pytest.mark.parametrize(
    ("founded", "facts", "result"),
    [
        ("2019-06-30", {"year": 2019, "result": "qualified"}, "met"),
        ("2019-07-01", None, "not_applicable"),
        ("2012-04-18", {"year": 2018, "result": "qualified"}, "not_met"),
        ("2012-04-18", {"year": 2019, "result": "basically_qualified"}, "not_met"),
        ("2012-04-18", {"year": 2019}, "to_be_verified"),
        (None, {"year": 2019, "result": "qualified"}, "to_be_verified"),
        (None, {"year": 2019, "result": "unqualified"}, "not_met"),
    ],
)
def test_annual_inspection(founded, facts, result):
    assert gate("D1.c", {"D1.c": facts}, founded=founded)[0].result == result


def test_whether_basically_qualified_passes_is_the_rounds_decision():
    facts = {"D1.c": {"year": 2019, "result": "basically_qualified"}}
    lenient = {"inspection_passes": ["qualified", "basically_qualified"]}
    assert gate("D1.c", facts, lenient)[0].result == "met"


@pytest.mark.parametrize(
    ("penalties", "since", "result"),
    [
        ([], "ever", "met"),
        (["2009-01-01"], "ever", "not_met"),
        (["2018-12-31"], "2019-01-01", "met"),
        (["2018-12-31", "2019-01-01"], "2019-01-01", "not_met"),
    ],
)
def test_penalties_and_their_look_back(penalties, since, result):
    assert gate("D1.d", {"D1.d": {"penalties": penalties}}, {"penalties_since": since})[0].result == result


def test_silence_about_penalties_is_not_a_clean_record():
    line, card = gate("D1.d", {"D1.d": None})
    assert (line.result, card.admitted) == ("to_be_verified", False)
    assert "未填报" in line.reason.zh


@pytest.mark.parametrize(
    ("code", "parameter", "yes", "no"),
    [
        ("A3.a", "party_organisation_policy", {"own": False, "joint": True}, {"own": False, "joint": False}),
        ("B3.b", "secretary_general_policy", {"full_time": True}, {"full_time": False}),
    ],
)
def test_a_flat_demand_excludes_only_where_the_round_says_so(code, parameter, yes, no):
    line, card = gate(code, {code: no})
    assert line is None
    assert card.admitted
    assert next(item for item in card.items if item.code == code).points == 0
    strict = {parameter: "excludes"}
    assert gate(code, {code: yes}, strict)[0].result == "met"
    line, card = gate(code, {code: no}, strict)
    assert (line.result, card.admitted) == ("not_met", False)
    assert gate(code, {code: None}, strict)[0].result == "to_be_verified"
