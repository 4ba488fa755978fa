"""Why not every seat can have an expert: which seats are empty, which rules bind, and in which cases."""

from collections import Counter
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.review.domain.cures import Cure
from services.review.domain.roster import Roster
from services.review.domain.seating import Seating
from shared.contracts.text import Text, text

Rule = Literal["capacity", "field", "province", "conflict"]

_RULES: dict[Rule, tuple[str, str]] = {
    "capacity": ("每名专家的承担上限", "the capacity of the experts"),
    "field": ("专业要求", "the fields asked for"),
    "province": ("不得与商会同省", "not from the chamber's province"),
    "conflict": ("回避", "standing aside"),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Short(_Part):
    """Seats of a case that stay empty. Other cases of the same kind could be short in its place."""

    case: str
    """Id of the case."""
    need: str | None
    """The field they are for; None: any."""
    missing: int
    """How many."""
    why: Text
    """Why, with the figures."""


class Binding(_Part):
    """A rule without which more seats could be filled."""

    rule: Rule
    """Which."""
    missing_without: int
    """How many seats would stay empty if this rule alone did not hold."""
    cases: tuple[str, ...]
    """The cases in which it does."""
    why: Text
    """For people."""


class Infeasible(_Part):
    """Not every seat can have an expert."""

    missing: int
    """How many seats stay empty at the least."""
    short: tuple[Short, ...]
    """Where."""
    binding: tuple[Binding, ...]
    """The rules that bind."""
    cures: tuple[Cure, ...]
    """What would cure it, each by itself."""


def short(roster: Roster, seating: Seating) -> tuple[Short, ...]:
    """The empty seats, by case and field."""
    found = []
    for post, missing in sorted(Counter(seating.missing).items(), key=lambda one: roster.name(one[0])):
        case, need = roster.name(post)
        found.append(Short(case=case, need=need or None, missing=missing, why=_why(roster, seating, post)))
    return tuple(found)


def binding(roster: Roster, seating: Seating) -> tuple[Binding, ...]:
    """The rules that bind: each is left out in turn, and the seats are filled further."""
    found: list[Binding] = []
    for rule, words in _RULES.items():
        freed = seating.copy()
        unbound = [len(roster.demands) + load for load in freed.loads]
        freed.allowed = [_without(roster, post, rule) for post in range(len(freed.allowed))]
        freed.fill(unbound if rule == "capacity" else roster.ceilings)
        if (left := len(freed.missing)) < len(seating.missing):
            cases = _held_up(roster, seating, freed, rule)
            zh, en = words
            found.append(
                Binding(
                    rule=rule,
                    missing_without=left,
                    cases=cases,
                    why=text(
                        f"{zh}限制了 {len(cases)} 件案件：缺 {len(seating.missing)} 席；若无此项，缺 {left} 席。",
                        f"{en} binds in {len(cases)} cases: {len(seating.missing)} seats are empty, {left} without it.",
                    ),
                )
            )
    return tuple(found)


def _without(roster: Roster, post: int, rule: Rule) -> int:
    """Who could take the post if this rule did not hold."""
    if rule == "field":
        return roster.allowed(post, fields=False)
    if rule == "conflict":
        return roster.allowed(post, ties=False)
    if rule == "province":
        return roster.allowed(post, limits=roster.task.limits.model_copy(update={"elsewhere": False}))
    return roster.allowed(post)


def _held_up(roster: Roster, seating: Seating, freed: Seating, rule: Rule) -> tuple[str, ...]:
    """The cases from which nobody free can be reached, and where this rule keeps somebody out."""
    posts = [post for post in seating.closed if rule == "capacity" or freed.allowed[post] & ~seating.allowed[post]]
    return tuple(sorted({roster.name(post)[0] for post in posts}))


def _why(roster: Roster, seating: Seating, post: int) -> Text:
    """How the pool shrinks, rule by rule, to nobody."""
    case, need, _ = roster.wants[post]
    demand = roster.demands[case]
    left = roster.everybody
    figures = [left.bit_count()]
    for out in (
        ~roster.knowing(need),
        roster.tied(demand),
        roster.too_near(demand, roster.task.limits),
        roster.barred(demand),
        seating.present(case),
    ):
        figures.append((left & out).bit_count())
        left &= ~out
    everybody, unknowing, tied, near, barred, here = figures
    zh, en = (f"懂{need}的", f" who know {need}") if need else ("", "")
    return text(
        f"专家库 {everybody} 人；不懂专业 {unknowing}，须回避 {tied}，与商会同省 {near}，原在本案或已退出 {barred}；"
        f"本次已安排在本案 {here}；其余 {left.bit_count()} 名{zh}专家均已满额。",
        f"{everybody} experts; {unknowing} do not know the field, {tied} stand aside, {near} are from the chamber's "
        f"province, {barred} sit there or stood aside before, {here} are seated there now; "
        f"the other {left.bit_count()}{en} have all they can take.",
    )
