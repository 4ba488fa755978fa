"""What would cure an assignment that cannot be made: each cure is the least of its kind, and enough by itself."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.demand import Reviewer, Task, too_near
from services.review.domain.roster import Roster
from services.review.domain.seating import Seating, as_set
from shared.contracts.area import CENTRE, Area, province_of
from shared.contracts.text import Text, text

PROVINCES = (
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
    *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"),
)
"""The provinces of GB/T 2260 that have a federation of their own in these codes."""

_TRIED = 3
"""Provinces from which newcomers are tried."""


class _Cure(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    why: Text
    """For people."""


class MoreCapacity(_Cure):
    """Some experts take more cases; nobody more than `by` above what they may, and no smaller `by` would do."""

    kind: Literal["capacity"] = "capacity"
    by: int
    """How much more at the most."""
    capacities: dict[str, int]
    """By expert, how many cases they would have to take."""

    def applied(self, task: Task) -> Task:
        """The task with it."""
        raised = tuple(
            reviewer.model_copy(update={"capacity": self.capacities.get(reviewer.id, reviewer.capacity)})
            for reviewer in task.reviewers
        )
        return task.model_copy(update={"reviewers": raised})


class MoreExperts(_Cure):
    """More experts, all alike and without ties; one fewer would not do."""

    kind: Literal["experts"] = "experts"
    count: int
    """How many."""
    fields: tuple[str, ...]
    """What each of them knows; empty: anything."""
    area: Area
    """Where they come from."""
    capacity: int
    """How many cases each of them takes."""

    def applied(self, task: Task) -> Task:
        """The task with them."""
        newcomers = tuple(
            Reviewer(id=f"new {number}", fields=frozenset(self.fields), area=self.area, capacity=self.capacity)
            for number in range(1, self.count + 1)
        )
        return task.model_copy(update={"reviewers": (*task.reviewers, *newcomers)})


class Waiver(_Cure):
    """In some cases experts from the chamber's own province are let in; none of these cases could be left out."""

    kind: Literal["waiver"] = "waiver"
    cases: tuple[str, ...]
    """In which."""

    def applied(self, task: Task) -> Task:
        """The task with it."""
        limits = task.limits.model_copy(update={"waived": task.limits.waived | set(self.cases)})
        return task.model_copy(update={"limits": limits})


Cure = Annotated[MoreCapacity | MoreExperts | Waiver, Field(discriminator="kind")]


def cures(roster: Roster, seating: Seating) -> tuple[Cure, ...]:
    """All that would do, found by filling the empty seats further."""
    found = (_more_capacity(roster, seating), _waiver(roster, seating), *_more_experts(roster, seating))
    return tuple(cure for cure in found if cure is not None)


def _more_capacity(roster: Roster, seating: Seating) -> MoreCapacity | None:
    unbound = seating.copy()
    unbound.fill([len(roster.demands) + load for load in seating.loads])
    if unbound.missing:
        return None
    trial, by = seating.copy(), 0
    while trial.missing:
        by += 1
        trial.fill([ceiling + by for ceiling in roster.ceilings])
    higher = {
        reviewer.id: load
        for reviewer, load in zip(roster.reviewers, trial.loads, strict=True)
        if load > max(reviewer.capacity, reviewer.load)
    }
    return MoreCapacity(
        by=by,
        capacities=higher,
        why=text(
            f"{len(higher)} 名专家各多承担至多 {by} 件。",
            f"{len(higher)} experts take up to {by} more cases each.",
        ),
    )


def _more_experts(roster: Roster, seating: Seating) -> Iterator[MoreExperts]:
    """Experts who know one of the missing fields; if none of these would do, such as know them all."""
    needs = sorted({roster.name(post)[1] for post in seating.missing})
    of_one = [cure for need in needs if (cure := _newcomers(roster, seating, (need,) if need else ()))]
    if of_one:
        yield from of_one
    elif of_all := _newcomers(roster, seating, tuple(need for need in needs if need)):
        yield of_all


def _newcomers(roster: Roster, seating: Seating, fields: tuple[str, ...]) -> MoreExperts | None:
    """From the first province that would do; those come first in which fewest of the short posts are."""
    anywhere = [post for post, (_, need, _) in enumerate(roster.wants) if need in (None, *fields)]
    if _joined(roster, seating, anywhere, len(seating.missing)).missing:
        return None
    tries = (_from(area, roster, seating, fields) for area in _provinces(roster, seating)[:_TRIED])
    return next((cure for cure in tries if cure), None)


def _joined(roster: Roster, seating: Seating, posts: Sequence[int], count: int) -> Seating:
    """The seats filled further by so many newcomers, who may take these posts."""
    trial = seating.copy()
    newcomers = as_set(trial.join() for _ in range(count))
    for post in posts:
        trial.allowed[post] |= newcomers
    trial.fill([*roster.ceilings, *([_usual(roster.ceilings)] * count)])
    return trial


def _from(area: str, roster: Roster, seating: Seating, fields: tuple[str, ...]) -> MoreExperts | None:
    """As few from this province as will do; more than one for each empty seat would not help any further."""
    posts = [post for post in range(len(roster.wants)) if _suits(roster, post, fields, area)]
    counts = range(1, len(seating.missing) + 1)
    count = counts[0] + bisect_left(counts, 1, key=lambda some: not _joined(roster, seating, posts, some).missing)
    if count not in counts:
        return None
    capacity = _usual(roster.ceilings)
    zh, en = ("、".join(fields), " and ".join(fields)) if fields else ("任何专业", "any field")
    return MoreExperts(
        count=count,
        fields=fields,
        area=area,
        capacity=capacity,
        why=text(
            f"增加 {count} 名专家（{zh}，来自 {area}，无关联），各承担至多 {capacity} 件。",
            f"{count} more experts ({en}, from {area}, without ties), each taking up to {capacity} cases.",
        ),
    )


def _waiver(roster: Roster, seating: Seating) -> Waiver | None:
    """First all cases are let off, then one after the other is taken back, if it can be."""
    limits = roster.task.limits
    open_limits = limits.model_copy(update={"elsewhere": False})
    trial = seating.copy()
    trial.allowed = [roster.allowed(post, limits=open_limits) for post in range(len(trial.allowed))]
    trial.fill(roster.ceilings)
    if trial.missing:
        return None
    kept = []
    for case in range(len(roster.demands)):
        strict = _taken_back(roster, trial, case)
        if strict.missing:
            kept.append(case)
        else:
            trial = strict
    cases = tuple(sorted(roster.demands[case].case for case in kept))
    return Waiver(
        cases=cases,
        why=text(
            f"{len(cases)} 件案件不适用“不得与商会同省”。",
            f"In {len(cases)} cases experts from the chamber's province are let in.",
        ),
    )


def _taken_back(roster: Roster, trial: Seating, case: int) -> Seating:
    """The same seats, with a case no longer let off; whoever sat there for that alone is replaced, if they can be."""
    lawful = {post: roster.allowed(post) for post in roster.posts_of(case)}
    too_near_here = {post: trial.holders[post] & ~allowed for post, allowed in lawful.items()}
    strict = trial.copy() if any(too_near_here.values()) else trial
    for post, allowed in lawful.items():
        strict.allowed[post] = allowed
        strict.clear(post, too_near_here[post])
    if strict.missing:
        strict.fill(roster.ceilings)
    return strict


def _suits(roster: Roster, post: int, fields: Sequence[str], area: str) -> bool:
    """Whether such an expert may take this post."""
    case, need, _ = roster.wants[post]
    return need in (None, *fields) and not too_near(area, roster.demands[case], roster.task.limits)


def _provinces(roster: Roster, seating: Seating) -> list[str]:
    """All there are, best first: such as few of the posts that are short belong to; the centre after others."""
    near = Counter(province_of(roster.demands[roster.wants[post][0]].area) for post in seating.closed)
    return sorted((*PROVINCES, CENTRE), key=lambda area: (near[area], area == CENTRE, area))


def _usual(capacities: Sequence[int]) -> int:
    """The capacity that most experts have, of several the largest; one case where nobody has any (ours)."""
    counts = Counter(capacities)
    return max(counts, key=lambda capacity: (counts[capacity], capacity), default=0) or 1
