"""Seats being filled: a maximum flow between seats and experts, level by level.

A post is a kind of seats of one case: who may take them, and how many there are. An expert has at most one seat in a
case. A seat that nobody free may take is filled along a chain: an expert with as much as they may have moves there,
and somebody else takes what they leave. Where no chain is left, none of any other kind would do: a chain is an
augmenting path of the flow (Ford and Fulkerson), and filling all seats level by level makes the loads as even as they
can be (Harvey, Ladner, Lovász and Tamir, *Semi-matchings for bipartite graphs and load balancing*, 2003).

Experts are the numbers 0, 1, …; a set of them is a whole number with their bits set, so that hundreds are compared at
once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

Pick = Callable[[int, int], int]
"""`pick(post, experts)`: which of these experts, all equally good, takes the seat."""


@dataclass(frozen=True)
class Post:
    """A kind of seats of one case."""

    case: int
    """Number of the case."""
    allowed: int
    """Set of experts who may take one."""
    seats: int
    """How many there are."""


class Seating:
    """Who sits where so far; filled step by step."""

    def __init__(self, posts: Sequence[Post], loads: Sequence[int], pick: Pick) -> None:
        """Nobody sits yet; `loads` are what the experts have to do already."""
        self.allowed = [post.allowed for post in posts]
        self.case = [post.case for post in posts]
        self.loads = list(loads)
        self.holders = [0] * len(posts)
        """By post, the set of experts who sit there."""
        self.missing = [number for number, post in enumerate(posts) for _ in range(post.seats)]
        """Posts of the seats that are empty."""
        self.closed: set[int] = set()
        """Posts from which no chain led to anyone free when it was filled last."""
        self._pick = pick
        self._present = [0] * (1 + max(self.case, default=-1))
        self._posts_of: list[list[int]] = [[] for _ in self._present]
        for number, post in enumerate(posts):
            self._posts_of[post.case].append(number)
        self._held: list[dict[int, None]] = [{} for _ in loads]
        self._ceilings: Sequence[int] = ()
        self._free = 0
        self._closed_experts = 0

    def copy(self) -> Self:
        """The same seats, to be filled otherwise."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.allowed, other.loads, other.holders = [*self.allowed], [*self.loads], [*self.holders]
        other.missing, other.closed = [*self.missing], {*self.closed}
        other._present = [*self._present]
        other._held = [dict(held) for held in self._held]
        return other

    def present(self, case: int) -> int:
        """Set of experts who sit in a case."""
        return self._present[case]

    def fill(self, ceilings: Sequence[int]) -> None:
        """Fill as many seats as can be while nobody has more than their ceiling. Nobody who sits gets up for good."""
        self._ceilings = ceilings
        self._free = as_set(expert for expert, load in enumerate(self.loads) if load < ceilings[expert])
        self._closed_experts = 0
        self.closed = set()
        self.missing = [post for post in self.missing if not self._seat(post)]

    def fill_evenly(self, ceilings: Sequence[int]) -> None:
        """The same, and the loads become as even as they can be."""
        for level in range(min(self.loads, default=0) + 1, max(ceilings, default=0) + 1):
            if not self.missing:
                return
            self.fill([min(level, ceiling) for ceiling in ceilings])

    def join(self, load: int = 0) -> int:
        """One more expert, who may not take any seat yet; answers their number."""
        self.loads.append(load)
        self._held.append({})
        return len(self.loads) - 1

    def clear(self, post: int, experts: int) -> None:
        """Those of these experts who sit there get up."""
        for expert in members(self.holders[post] & experts):
            self._leave(expert, post)
            self.missing.append(post)

    def _seat(self, post: int) -> bool:
        """Fill one more seat, by a shortest chain if need be."""
        if post in self.closed:
            return False
        came: dict[int, tuple[int, int] | None] = {post: None}
        if self._taken(came, post):
            return True
        queue, met = [post], self._closed_experts
        for here in queue:
            outside = self.allowed[here] & ~self._present[self.case[here]] & ~met
            for there, mover in self._who_may_move(here, outside):
                if there not in came and there not in self.closed:
                    came[there] = (here, mover)
                    if self._taken(came, there):
                        return True
                    queue.append(there)
            met |= outside
        self.closed.update(came)
        self._closed_experts = met
        return False

    def _taken(self, came: dict[int, tuple[int, int] | None], end: int) -> bool:
        """Whether somebody free may take the post at the end of a chain; then everybody on it moves up."""
        takers = self.allowed[end] & ~self._present[self.case[end]] & self._free
        if takers:
            self._move_along(came, end, self._pick(end, takers))
        return bool(takers)

    def _who_may_move(self, here: int, outside: int) -> Iterator[tuple[int, int]]:
        """From which posts an expert may come here: from any other case, or from another post of this one."""
        for expert in members(outside):
            for there in self._held[expert]:
                yield there, expert
        for there in self._posts_of[self.case[here]]:
            if there != here and (within := self.holders[there] & self.allowed[here]):
                yield there, first(within)

    def _move_along(self, came: dict[int, tuple[int, int] | None], end: int, expert: int) -> None:
        """The free expert sits down at the end of the chain; everybody on it moves one post on."""
        self._sit(expert, end)
        if self.loads[expert] >= self._ceilings[expert]:
            self._free &= ~(1 << expert)
        while step := came[end]:
            there, mover = step
            self._leave(mover, end)
            self._sit(mover, there)
            end = there

    def _sit(self, expert: int, post: int) -> None:
        self.holders[post] |= 1 << expert
        self._present[self.case[post]] |= 1 << expert
        self._held[expert][post] = None
        self.loads[expert] += 1

    def _leave(self, expert: int, post: int) -> None:
        self.holders[post] &= ~(1 << expert)
        self._present[self.case[post]] &= ~(1 << expert)
        del self._held[expert][post]
        self.loads[expert] -= 1


def as_set(experts: Iterable[int]) -> int:
    """These experts as a set."""
    found = 0
    for expert in experts:
        found |= 1 << expert
    return found


def first(experts: int) -> int:
    """The smallest number in a set that is not empty."""
    return (experts & -experts).bit_length() - 1


def members(experts: int) -> Iterator[int]:
    """The numbers in a set, from the smallest."""
    while experts:
        yield first(experts)
        experts &= experts - 1


def nth(experts: int, number: int) -> int:
    """The member of a set with so many smaller ones before it."""
    passed, width = 0, experts.bit_length()
    while width > 1:
        half = width // 2
        lower = experts & ((1 << half) - 1)
        if number < (count := lower.bit_count()):
            experts, width = lower, half
        else:
            experts, width, number, passed = experts >> half, width - half, number - count, passed + half
    return passed
