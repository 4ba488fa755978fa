"""What an expert's mark is held against: the value computed from the facts, and the province's own.

Neither binds an expert. How far off a mark may be without a reason is said by the procedure; that it is measured
against what is possible for the item is ours.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.review.domain.case import Case
from shared.kernel.problem import Problem, problem

_PERCENT = 100
_WORDS = {"computed": ("系统测算", "the computed value"), "province": ("省级初评", "the province's value")}


class Reference(BaseModel):
    """A value that a mark is held against."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    source: Literal["computed", "province"]
    """Computed from the facts, or the province's opinion."""
    value: Decimal
    """The mark that would agree with it."""


def references(case: Case) -> dict[str, tuple[Reference, ...]]:
    """By judged item; an item without any is left out."""
    items = case.score.items if case.score else ()
    computed = {item.item: item.computed for item in items if item.computed is not None}
    opinion = case.opinion.marks if case.opinion else case.nomination.opinion if case.nomination else {}
    found: dict[str, tuple[Reference, ...]] = {}
    for item in case.judged:
        known = (("computed", computed.get(item)), ("province", opinion.get(item)))
        if held := tuple(Reference(source=s, value=v) for s, v in known if v is not None):
            found[item] = held
    return found


def unexplained(
    case: Case, marks: Mapping[str, Decimal], reasons: Collection[str], percent: int | None
) -> list[Problem]:
    """The marks that are further off than `percent` of what is possible, and have no reason. None: none needs one."""
    if percent is None:
        return []
    return [
        _too_far(item, marks[item], reference, case.judged[item], percent)
        for item, held in sorted(references(case).items())
        for reference in held
        if item in marks
        and item not in reasons
        and abs(marks[item] - reference.value) * _PERCENT > percent * case.judged[item]
    ]


def without_mark(marks: Collection[str], reasons: Collection[str]) -> list[Problem]:
    """Reasons for what was not marked."""
    return [
        problem(
            "marks.reason-astray",
            f"reasons.{item}",
            rule=(f"指标 {item} 没有评分，不须说明理由。", f"Item {item} has no mark that a reason could be for."),
            remedy=("请核对指标编号，或删去该理由。", "Check the item's code, or leave the reason out."),
        )
        for item in sorted(set(reasons) - set(marks))
    ]


def _too_far(item: str, mark: Decimal, reference: Reference, of: Decimal, percent: int) -> Problem:
    zh, en = _WORDS[reference.source]
    off = abs(mark - reference.value)
    zh_rule = f"指标 {item} 评 {mark} 分，{zh}为 {reference.value} 分，相差 {off} 分"
    en_rule = f"Item {item}: the mark {mark} is {off} off {en} of {reference.value}"
    return problem(
        "marks.reason-missing",
        f"reasons.{item}",
        rule=(
            f"{zh_rule}；超过满分 {of} 分的 {percent}% 须说明理由。",
            f"{en_rule}; more than {percent}% of {of} needs a reason.",
        ),
        remedy=(f"请在 reasons.{item} 说明理由，或核对评分。", f"Say why in reasons.{item}, or check the mark."),
    )
