"""What it takes to bring an item to full marks: data beside the rubric, ours, and replaceable."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.scoring.domain.kinds import Judged
from services.scoring.domain.problems import problems_of
from services.scoring.domain.rubric import Rubric
from shared.contracts.text import Text, text
from shared.kernel.change import Refused
from shared.kernel.problem import Problem

Doer = Literal["chamber", "federation"]
"""商会 · 工商联: who can do it."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Effort(_Data):
    """What one item takes."""

    effort: int = Field(ge=1, le=5)
    """1 easy (a paper) … 5 hard (a year's work of many)."""
    by: Doer
    """Who can do it."""


class Efforts(_Data):
    """The efforts of one rubric."""

    rubric: str
    """Id of the rubric, without version."""
    label: Text
    """Whose figures these are."""
    items: Mapping[str, Effort]
    """Of every item that facts can bring forward."""


def load_efforts(data: Any, rubric: Rubric) -> Efforts:
    """The efforts of data as read from their file.

    Raises:
        Refused: wrong in shape, of another rubric, or not exactly for the items that facts can bring forward.
    """
    try:
        efforts = Efforts.model_validate(data)
    except ValidationError as error:
        raise Refused(*problems_of(error, data, "efforts.invalid")) from error
    wanted = {
        item.code
        for item in rubric.items.values()
        if item.gate is None and not all(isinstance(rule, Judged) for rule in item.point_rules)
    }
    problems = [
        Problem(
            code="efforts.invalid",
            field=f"items.{code}",
            rule=text("须恰好列出标准中可由事实得分的每个指标", "must list exactly the items that facts can earn"),
            remedy=text("补上", "add it") if code in wanted else text("删去", "remove it"),
        )
        for code in sorted(wanted ^ efforts.items.keys())
    ]
    if efforts.rubric != rubric.id:
        problems.append(
            Problem(
                code="efforts.invalid",
                field="rubric",
                rule=text(f"须为 {rubric.id}", f"must be {rubric.id}"),
                remedy=text("更正标准代码", "correct the rubric's id"),
            )
        )
    if problems:
        raise Refused(*problems)
    return efforts
