"""The scenario is what it says: generated from its seed, valid, and designed so that its outcomes must come about.

The engine confirms here what the generator designed: nobody's place relative to the quota is left to chance.
"""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

from demo import generate
from demo.data import SCENARIO, Application, Scenario
from services.scoring.domain import Rubric, fill_parameters, load_rubric, score
from services.scoring.domain.scorecard import Scorecard
from shared.contracts import province_of

RUBRICS = Path(__file__).parents[3] / "services" / "scoring" / "rubrics"
SUFFIX = "（虚构）"


@cache
def scenario() -> Scenario:
    return Scenario()


@cache
def rubric() -> Rubric:
    return load_rubric(yaml.safe_load((RUBRICS / "sihao-2019.yaml").read_text("utf-8")))


@cache
def cards() -> dict[str, tuple[Application, Scorecard]]:
    """Every application's scorecard, corrected where it will be corrected."""
    parameters = fill_parameters(rubric().parameters, scenario().round.parameters)
    return {
        scenario().id_of(one.chamber): (
            one,
            score({**scenario().facts_of(one), **(one.acts.correct or {})}, one.chamber, rubric(), parameters),
        )
        for one in scenario().applications
    }


def rank(pair: tuple[Application, Scorecard]) -> tuple[object, ...]:
    """How a province ranks: points, then political guidance, then the smaller code."""
    one, card = pair
    political = next(line.points for line in card.dimensions if line.code == "A")
    return -card.total, -political, one.chamber.code


def test_the_committed_lists_are_what_the_seed_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "SCENARIO", tmp_path)
    generate.write(Scenario())
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (SCENARIO / made.name).read_bytes(), made.name
    assert len(list(tmp_path.iterdir())) == 7


def test_xiamen_has_the_chambers_that_the_source_counts() -> None:
    kinds = Counter(chamber.type for chamber in scenario().chambers.values() if chamber.area == "3502")
    assert kinds == {"hometown": 126, "industry": 17, "group": 3, "general": 4}


def test_only_invented_chambers_fail() -> None:
    for row in scenario().expected.values():
        assert row.outcome == "honoured" or row.name.endswith(SUFFIX), row.name


def test_all_winners_of_the_last_round_that_the_source_names_apply_again_and_pass() -> None:
    outcomes = {row.name: row.outcome for row in scenario().expected.values()}
    for winner in scenario().read_yaml("winners.yaml"):
        assert outcomes[winner["name"]] == "honoured"


def test_gates_come_out_as_designed() -> None:
    for id_, (_, card) in cards().items():
        expected = scenario().expected[id_]
        failed = [gate.code for gate in card.gates if gate.result == "not_met"]
        assert bool(failed) == (expected.reason == "gate"), (expected.name, failed)
        assert failed or card.admitted, expected.name


def test_gates_that_do_not_apply() -> None:
    found = {
        one.key: {gate.code for gate in card.gates if gate.result == "not_applicable"} for one, card in cards().values()
    }
    assert "D1.c" in found["founded_late"]
    assert "B1.h" in found["elected_before"]
    assert "B1.h" not in found["evaluated"]


@pytest.mark.parametrize("province", ["35", "37", "51"])
def test_the_quota_falls_where_it_was_designed_to(province: str) -> None:
    ranked = [
        pair
        for id_, pair in cards().items()
        if province_of(pair[0].chamber.area) == province and _is_ranked(pair[0], scenario().expected[id_].reason)
    ]
    ranked.sort(key=rank)
    quota = scenario().round.quotas[province]
    within = {one.chamber.code for one, _ in ranked[:quota]}
    designed = {
        one.chamber.code for one, _ in ranked if scenario().expected[scenario().id_of(one.chamber)].reason != "quota"
    }
    assert within == designed


def test_exactly_20_percent_is_the_last_within_and_one_firm_less_the_first_outside() -> None:
    fujian = [pair for pair in cards().values() if province_of(pair[0].chamber.area) == "35"]
    fujian = sorted((pair for pair in fujian if _is_ranked(pair[0], _reason(pair[0]))), key=rank)
    quota = scenario().round.quotas["35"]
    assert [one.key for one, _ in fujian[quota - 1 : quota + 1]] == ["exactly_20_percent", "just_below_20_percent"]


@pytest.mark.parametrize(
    ("within", "outside"), [("tie_more_political", "tie_less_political"), ("tie_smaller_code", "tie_greater_code")]
)
def test_ties_are_ties(within: str, outside: str) -> None:
    by_key = {one.key: card for one, card in cards().values()}
    assert by_key[within].total == by_key[outside].total


def _reason(one: Application) -> str:
    return scenario().expected[scenario().id_of(one.chamber)].reason


def _is_ranked(one: Application, reason: str) -> bool:
    """Whether it comes to the province's list: past its gates, its officer and its own change of mind."""
    acts = one.acts
    gone = acts.late or acts.withdraw in {"draft", "submitted", "under_review"}
    return not gone and reason not in {"gate", "officer", "overdue"}
