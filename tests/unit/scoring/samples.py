"""Small rubrics and applications for the tests; every chamber here is invented."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.scoring.domain import Parameters, Rubric, Scorecard, fill_parameters, load_rubric, score
from services.scoring.domain.scorecard import ItemLine
from services.scoring.library import FOLDER, example_parameters, rubric
from shared.contracts.chambers import Chamber

EXAMPLE = FOLDER / "example-facts.json"
TEXT = {"zh": "示例", "en": "example"}
PARAMETERS: dict[str, Any] = {
    "years": [2019, 2020],
    "enough": 4,
    "ratio": 50,
    "policy": "costs_points",
    "topics": ["甲 / A", "乙 / B"],
    "since": "ever",
}
_TYPES = {
    "years": "years",
    "enough": "integer",
    "ratio": "percent",
    "policy": "policy",
    "topics": "names",
    "since": "since",
}


def sihao() -> Rubric:
    return rubric("sihao-2019")


def sihao_parameters(**changes: Any) -> Parameters:
    return fill_parameters(sihao().parameters, {**example_parameters("sihao-2019"), **changes})


def example() -> dict[str, Any]:
    return json.loads(Path(EXAMPLE).read_text(encoding="utf-8"))


def chamber(**changes: Any) -> Chamber:
    return Chamber.model_validate({**example()["chamber"], **changes})


def item(code: str, points: str, *rules: dict[str, Any], fields: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """An item; `fields` maps names to types."""
    return {
        "code": code,
        **TEXT,
        "points": points,
        "rules": list(rules),
        "fields": {name: {**TEXT, "type": kind} for name, kind in fields.items()},
        "evidence": TEXT,
        **more,
    }


def data(*items: dict[str, Any]) -> dict[str, Any]:
    """A rubric of one clause with these items; only the parameters they use are declared."""
    points = str(sum((Decimal(one["points"]) for one in items), Decimal(0)))
    used = json.dumps(items)
    return {
        "id": "tiny",
        "version": 1,
        "title": TEXT,
        "source": "S:000",
        "note": TEXT,
        "points": points,
        "parameters": {name: {**TEXT, "type": kind} for name, kind in _TYPES.items() if f"${name}" in used},
        "gates": [],
        "dimensions": [
            {
                "code": "A",
                **TEXT,
                "points": points,
                "clauses": [{"code": "A1", **TEXT, "points": points, "remedy": TEXT, "items": list(items)}],
            }
        ],
    }


def card(
    items: list[dict[str, Any]],
    facts: Mapping[str, Any],
    marks: Mapping[str, Decimal] | None = None,
    **changes: Any,
) -> Scorecard:
    """The scorecard of a tiny rubric; `changes` are parameters."""
    standard = load_rubric(data(*items))
    given = {name: value for name, value in {**PARAMETERS, **changes}.items() if name in standard.parameters}
    return score(facts, chamber(), standard, fill_parameters(standard.parameters, given), (), marks)


def line(
    rule: dict[str, Any],
    fields: Mapping[str, str],
    facts: Mapping[str, Any],
    marks: Mapping[str, Decimal] | None = None,
    **changes: Any,
) -> ItemLine:
    """How one rule, alone in an item of ten points, comes out."""
    return card([item("A1.a", "10", rule, fields=fields)], {"A1.a": facts}, marks, **changes).items[0]
