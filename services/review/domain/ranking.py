"""Who stands where on a list, and why: points first, then the procedure's tie rules, until one order remains."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from services.review.domain.stages import Cap, TieRule
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
    type: str = ""
    """Type of the chamber."""
    level: str = ""
    """Its level."""
    city: str = ""
    """Area code of the city it lies in."""


class Bounds(BaseModel):
    """How many a list may nominate, and whom not."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    quota: int
    """How many."""
    floor: Decimal | None = None
    """Points below which nobody is nominated."""
    reserves: int = 0
    """How many are kept in reserve."""
    caps: tuple[Cap, ...] = ()
    """Sorts of which only so many may be nominated."""


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
    reserve: int | None = None
    """Place among the reserves, from 1."""
    why: Text
    """Why it stands here, with the figures."""


def order(contenders: Sequence[Contender], ties: Sequence[TieRule]) -> list[Contender]:
    """Best first."""
    return sorted(contenders, key=lambda c: (-c.points, [_criterion(c, rule) for rule in ties]))


def places(ordered: Sequence[Contender], ties: Sequence[TieRule], bounds: Bounds) -> list[Place]:
    """The list in this order, each place with its reason.

    From the top down: whoever is below the floor, or of a sort of which the list has enough, is passed over; the others
    are nominated until the quota is full, and then kept in reserve.
    """
    found, inside, reserves = [], list[Contender](), 0
    for rank, contender in enumerate(ordered, start=1):
        barred = _barred(contender, bounds, inside)
        nominated = barred is None and len(inside) < bounds.quota
        reserve = barred is None and not nominated and reserves < bounds.reserves
        if nominated:
            inside.append(contender)
        reserves += reserve
        above = ordered[rank - 2] if rank > 1 else None
        why = _why(contender, above, ties, rank, bounds.quota, nominated=nominated)
        if barred or reserve:
            why = _and(why, barred or text(f"候补第 {reserves} 名", f"number {reserves} in reserve"))
        found.append(
            Place(
                case=contender.case,
                points=contender.points,
                rank=rank,
                nominated=nominated,
                reserve=reserves if reserve else None,
                why=why,
            )
        )
    return found


def _barred(contender: Contender, bounds: Bounds, inside: Sequence[Contender]) -> Text | None:
    """Why it cannot be nominated although there may be room; None if it can."""
    if bounds.floor is not None and contender.points < bounds.floor:
        return text(f"低于最低分 {bounds.floor}（宁缺毋滥）", f"below the floor of {bounds.floor}")
    for cap in bounds.caps:
        of_sort = sum(getattr(one, cap.by) == cap.value for one in inside)
        if getattr(contender, cap.by) == cap.value and of_sort >= cap.at_most:
            return text(
                f"{cap.value} 至多 {cap.at_most} 个，已满（统筹兼顾）",
                f"of {cap.value} the list takes {cap.at_most} at most",
            )
    return None


def _and(one: Text, other: Text) -> Text:
    return text(f"{one.zh}；{other.zh}", f"{one.en}; {other.en}")


def _criterion(contender: Contender, rule: TieRule) -> tuple[Decimal, str]:
    """What a tie rule looks at, as a number or a word; smaller stands first."""
    if rule == "code":
        return Decimal(), contender.code
    if rule == "doubts":
        return Decimal(contender.doubts), ""
    return -contender.dimensions.get(rule, Decimal()), ""


def _why(
    contender: Contender, above: Contender | None, ties: Sequence[TieRule], rank: int, quota: int, *, nominated: bool
) -> Text:
    zh = f"{contender.points} 分，第 {rank} 名，名额 {quota}，{'列入推荐' if nominated else '未列入推荐'}"
    en = f"{contender.points} points, place {rank}, quota {quota}: {'nominated' if nominated else 'not nominated'}"
    if above is not None and above.points == contender.points:
        rule = next((r for r in ties if _criterion(above, r) != _criterion(contender, r)), None)
        if rule is not None and _criterion(above, rule) < _criterion(contender, rule):
            zh += f"；与上一名同分，上一名{_TIE_WORDS[rule][0]}"
            en += f"; equal points, the one above has {_TIE_WORDS[rule][1]}"
    elif above is not None and above.points < contender.points:
        zh += "；得分高于上一名，按说明理由的调整排列"
        en += "; more points than the one above, placed by an adjustment with a reason"
    return text(zh, en)
