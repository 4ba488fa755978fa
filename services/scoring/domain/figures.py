"""The figures of one application: exact sums, no words.

What an item earns is a whole number of equal parts, and sums are whole numbers over one common denominator: exact, and
quick. Figures are rounded once, at the end, one by one, to whole hundredths of a point, halves upward. Each is counted
when it is asked for: points, total and gates settle an application, the others explain it.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from math import lcm
from operator import mul
from typing import NamedTuple

from services.scoring.domain.figure import NONE, Row
from services.scoring.domain.plan import EARNED, PENDING, WHOLE, outcome_of
from services.scoring.domain.spread import POINT
from services.scoring.domain.standard import Standard
from shared.contracts.scores import GateResult, ItemOutcome


class Sums(NamedTuple):
    """The figures of a clause, a dimension or the whole, in hundredths of a point; exact until they are rounded."""

    maximum: int
    points: int
    """With the bonus credited."""
    pending: int
    bonus: int
    """Credited: never more than the clause has lost."""


class Figures:
    """What an application comes to. What is said of each item is in the order of `Standard.items`."""

    def __init__(self, standard: Standard, row: Row) -> None:
        self._standard, self._row, self._plan = standard, row, standard.plan
        self._steady, self._varying = self._plan.findings(row)
        self._whole = self._plan.whole
        self._absent = self._plan.absent(self._steady, self._varying)
        self._shares = [share or NONE for share in self._varying]
        self._maxima, self._steady_maxima, self._varying_maxima = standard.maxima(self._absent)

    @property
    def maximum(self) -> tuple[int, ...]:
        """Of each item, in hundredths of a point; so are the next two."""
        return self._maxima.hundredths

    @cached_property
    def points(self) -> tuple[int, ...]:
        """Given for each item, without bonus."""
        return self._each(EARNED)

    @cached_property
    def pending(self) -> tuple[int, ...]:
        """What a mark may still add to each item."""
        return self._each(PENDING)

    @cached_property
    def outcomes(self) -> tuple[ItemOutcome, ...]:
        """Of each item, in a word."""
        return self._plan.ordered([*[found.outcome for found in self._steady], *map(outcome_of, self._varying)])

    @cached_property
    def bonus(self) -> Mapping[int, int]:
        """Position of an item → bonus points offered, in hundredths, before the clause's limit."""
        return {position: self._rounded(offer) for position, offer in self._offers.items()}

    @cached_property
    def clauses(self) -> tuple[tuple[Sums, ...], ...]:
        """Dimension by dimension."""
        return tuple([tuple([self._sums(sums) for sums in own]) for own in self._clauses])

    @cached_property
    def dimensions(self) -> tuple[Sums, ...]:
        """In order."""
        return tuple([self._sums(map(sum, zip(*own, strict=True))) for own in self._clauses])

    @cached_property
    def total(self) -> Sums:
        """Of the whole."""
        bonus = sum([self._clause(own).bonus for own in self._standard.bonus_clauses]) if self._offers else 0
        return self._sums([sum(self._maximum), sum(self._earned) + bonus, sum(self._pending), bonus])

    @cached_property
    def gates(self) -> tuple[GateResult | None, ...]:
        """Of `Standard.gates`; None where none is made."""
        return tuple([verdict(self._row) for _, verdict in self._standard.gates])

    @property
    def admitted(self) -> bool:
        """Every gate is met or does not apply."""
        return all(result in {"met", "not_applicable", None} for result in self.gates)

    @cached_property
    def losses(self) -> tuple[tuple[int, int], ...]:
        """Position of an item and hundredths lost, costliest first; equal losses in the order of the text."""
        exact = zip(self._maximum, self._earned, self._pending, strict=True)
        lost = [most - earned - pending for most, earned, pending in exact]
        costliest = sorted([n for n, loss in enumerate(lost) if loss], key=lost.__getitem__, reverse=True)
        return tuple([(n, self._rounded(lost[n])) for n in costliest])

    def _each(self, part: int) -> tuple[int, ...]:
        """Points of each item, rounded from a fraction of its own: the numbers stay small."""
        unit = self._maxima.unit
        half = unit * self._whole
        whole = 2 * half
        steady = [(number + half) // whole for number in self._products(part)]
        varying = [
            (most * share[part] + unit * share[WHOLE]) // (2 * unit * share[WHOLE])
            for most, share in zip(self._varying_maxima, self._shares, strict=True)
        ]
        return self._plan.ordered([*steady, *varying])

    def _exact(self, part: int) -> tuple[int, ...]:
        """Points of each item over the common denominator."""
        common = self._common
        finer = common // self._whole
        steady = [number * finer for number in self._products(part)]
        varying = [
            most * share[part] * (common // share[WHOLE])
            for most, share in zip(self._varying_maxima, self._shares, strict=True)
        ]
        return self._plan.ordered([*steady, *varying])

    def _products(self, part: int) -> list[int]:
        """Points of the steady items, over the plan's whole."""
        return list(map(mul, self._steady_maxima, [found[part] for found in self._steady]))

    @cached_property
    def _common(self) -> int:
        """The common denominator, beside that of the maxima."""
        return lcm(self._whole, self._standard.bonus_whole, *[share[WHOLE] for share in self._shares])

    @cached_property
    def _maximum(self) -> tuple[int, ...]:
        return tuple([most * self._common for most in self._maxima.items])

    @cached_property
    def _earned(self) -> tuple[int, ...]:
        return self._exact(EARNED)

    @cached_property
    def _pending(self) -> tuple[int, ...]:
        return self._exact(PENDING)

    @cached_property
    def _offers(self) -> Mapping[int, int]:
        """Position of an item → bonus offered."""
        fine = POINT * self._maxima.unit * self._common // self._standard.bonus_whole
        offers = {n: bonus(self._row) for n, bonus in self._standard.bonuses.items() if n not in self._absent}
        return {n: offer * fine for n, offer in offers.items() if offer}

    @cached_property
    def _clauses(self) -> list[list[Sums]]:
        return [[self._clause(own) for own in dimension] for dimension in self._standard.clauses]

    def _clause(self, own: slice) -> Sums:
        most, got, waits = sum(self._maximum[own]), sum(self._earned[own]), sum(self._pending[own])
        offered = sum([offer for n, offer in self._offers.items() if own.start <= n < own.stop])
        credited = min(most - got - waits, offered)
        return Sums(most, got + credited, waits, credited)

    def _sums(self, exact: Iterable[int]) -> Sums:
        return Sums(*map(self._rounded, exact))

    def _rounded(self, exact: int) -> int:
        """Hundredths of a point, halves upward."""
        half = self._maxima.unit * self._common
        return (exact + half) // (2 * half)
