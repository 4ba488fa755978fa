"""Who stands where on a list, and why: points first, then the procedure's tie rules, until one order remains."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from services.review.domain.stages import TieRule
from shared.contracts.text import Text, text

_TIE_WORDS: dict[TieRule, tuple[str, str]] = {
    "doubts": ("待核资格条件较少", "fewer gates in doubt"),
    "A": ("政治引领得分较高", "more points for political guidance"),
    "B": ("队伍建设得分较高", "more points for team building"),
    "C": ("服务发展得分较高", "more points for service to development"),
    "D": ("自律规范得分较高", "more points for self-discipline"),
    "code": ("统一社会信用代码较小", "the smaller credit code"),
}


class Contender(BaseModel):
    """A case as it stands for ranking."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    case: str
    """Id of the case."""
    code: str
    """Credit code of the chamber."""
    points: Decimal
    """Points so far."""
    dimensions: dict[str, Decimal]
    """Points per dimension."""
    doubts: int
    """Gates not yet verified."""


class Place(BaseModel):
    """A place on the list."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    case: str
    """Id of the case."""
    points: Decimal
    """Points."""
    rank: int
    """Place, from 1."""
    nominated: bool
    """Whether it is within the quota."""
    why: Text
    """Why it stands here, with the figures."""


def order(contenders: Sequence[Contender], ties: Sequence[TieRule]) -> list[Contender]:
    """Best first."""
    return sorted(contenders, key=lambda c: (-c.points, [_criterion(c, rule) for rule in ties]))


def places(ordered: Sequence[Contender], ties: Sequence[TieRule], quota: int) -> list[Place]:
    """The list in this order, each place with its reason."""
    return [
        Place(
            case=contender.case,
            points=contender.points,
            rank=rank,
            nominated=rank <= quota,
            why=_why(contender, ordered[rank - 2] if rank > 1 else None, ties, rank, quota),
        )
        for rank, contender in enumerate(ordered, start=1)
    ]


def _criterion(contender: Contender, rule: TieRule) -> tuple[Decimal, str]:
    """What a tie rule looks at, as a number or a word; smaller stands first."""
    if rule == "code":
        return Decimal(), contender.code
    if rule == "doubts":
        return Decimal(contender.doubts), ""
    return -contender.dimensions.get(rule, Decimal()), ""


def _why(contender: Contender, above: Contender | None, ties: Sequence[TieRule], rank: int, quota: int) -> Text:
    inside = rank <= quota
    zh = f"{contender.points} 分，第 {rank} 名，名额 {quota}，{'列入推荐' if inside else '未列入推荐'}"
    en = f"{contender.points} points, place {rank}, quota {quota}: {'nominated' if inside else 'not nominated'}"
    if above is not None and above.points == contender.points:
        rule = next((r for r in ties if _criterion(above, r) != _criterion(contender, r)), None)
        if rule is not None and _criterion(above, rule) < _criterion(contender, rule):
            zh += f"；与上一名同分，上一名{_TIE_WORDS[rule][0]}"
            en += f"; equal points, the one above has {_TIE_WORDS[rule][1]}"
    elif above is not None and above.points < contender.points:
        zh += "；得分高于上一名，按说明理由的调整排列"
        en += "; more points than the one above, placed by an adjustment with a reason"
    return text(zh, en)
