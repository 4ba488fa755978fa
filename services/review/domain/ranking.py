"""Who stands where on a list, and why: points first, then the procedure's tie rules, until one order remains."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from services.review.domain.case import Case
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

_CITY = 4
"""Digits of an area code that name the city."""


class Contender(BaseModel):
    """A case as it stands for ranking."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    case: str
    """Id of the case."""
    code: str
    """Credit code of the chamber."""
    points: Decimal
    """Points so far."""
    own: Decimal | None = None
    """Points of the jurisdiction's own criteria, where it has some: they count on its list."""
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

    @property
    def standing(self) -> Decimal:
        """What the list is ordered by."""
        return self.points + (self.own or Decimal())


def contender_of(case: Case, *, own: bool = False) -> Contender:
    """A case as it stands now; `own`: on the jurisdiction's list, where the points of its own criteria count."""
    score = case.score
    if score is None:
        raise ValueError(f"{case.id} is open without a score")
    return Contender(
        case=case.id,
        code=case.chamber.code,
        points=score.total,
        own=case.own_score.points if own and case.own_score else None,
        dimensions=score.dimensions,
        doubts=len(case.doubts),
        type=case.chamber.type,
        level=case.chamber.level,
        city=case.chamber.area[:_CITY],
    )


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


class Outcome(NamedTuple):
    """What is said of whoever is within the quota, and of the others."""

    inside: Text
    outside: Text


NOMINATION = Outcome(text("列入推荐", "nominated"), text("未列入推荐", "not nominated"))


def order(contenders: Sequence[Contender], ties: Sequence[TieRule]) -> list[Contender]:
    """Best first."""
    return sorted(contenders, key=lambda c: (-c.standing, [_criterion(c, rule) for rule in ties]))


def places(
    ordered: Sequence[Contender], ties: Sequence[TieRule], bounds: Bounds, outcome: Outcome = NOMINATION
) -> list[Place]:
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
        said = outcome.inside if nominated else outcome.outside
        sum_zh, sum_en = _sum(contender)
        stands = text(
            f"{contender.points} 分{sum_zh}，第 {rank} 名，名额 {bounds.quota}，{said.zh}",
            f"{contender.points} points{sum_en}, place {rank}, quota {bounds.quota}: {said.en}",
        )
        why = _and(stands, _against(contender, above, ties) if above else None)
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


def _sum(contender: Contender) -> tuple[str, str]:
    """The points of its own criteria and what they come to; nothing where there are none."""
    if contender.own is None:
        return "", ""
    total = contender.standing
    return f"，自有指标 {contender.own} 分，合计 {total} 分", f" and {contender.own} by own criteria, {total} together"


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


def _and(one: Text, other: Text | None) -> Text:
    return one if other is None else text(f"{one.zh}；{other.zh}", f"{one.en}; {other.en}")


def _criterion(contender: Contender, rule: TieRule) -> tuple[Decimal, str]:
    """What a tie rule looks at, as a number or a word; smaller stands first."""
    if rule == "code":
        return Decimal(), contender.code
    if rule == "doubts":
        return Decimal(contender.doubts), ""
    return -contender.dimensions.get(rule, Decimal()), ""


def _against(contender: Contender, above: Contender, ties: Sequence[TieRule]) -> Text | None:
    """What put the one above there, where it was not more points."""
    if above.standing < contender.standing:
        return text(
            "得分高于上一名，按说明理由的调整排列",
            "more points than the one above, placed by an adjustment with a reason",
        )
    if above.standing > contender.standing:
        return None
    rule = next((r for r in ties if _criterion(above, r) != _criterion(contender, r)), None)
    if rule is None or _criterion(above, rule) > _criterion(contender, rule):
        return None
    zh, en = _TIE_WORDS[rule]
    return text(f"与上一名同分，上一名{zh}", f"equal points, the one above has {en}")
