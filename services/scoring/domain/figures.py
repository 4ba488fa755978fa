"""The figures of one application: exact sums, no words.

What an item earns is a whole number of equal parts, and sums are whole numbers over one common denominator: exact, and
quick. Figures are rounded once, at the end, one by one, to whole hundredths of a point, halves upward.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import lcm
from operator import itemgetter, mul
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
    """What an application comes to. What is said of each item is in the order of `Standard.items`.

    Points, total and gates are found at once, the rest when it is asked for.
    """

    def __init__(self, standard: Standard, row: Row) -> None:
        self._standard, self._row, self._plan = standard, row, standard.plan
        self._steady, self._varying = self._plan.findings(row)
        self._shares = [share or NONE for share in self._varying]
        self._absent = self._plan.absent(self._steady, self._varying)
        self._maxima, self._steady_maxima, self._varying_maxima = standard.maxima(self._absent)
        self._whole = self._plan.whole
        self._common = lcm(self._whole, standard.bonus_whole, *[share[WHOLE] for share in self._shares])
        """The denominator of every sum, beside that of the maxima."""
        self._earned, self._pending = self._of_steady(EARNED), self._of_steady(PENDING)
        self.points = self._each(self._earned, EARNED)
        """Given for each item, in hundredths of a point, without bonus."""
        self.total = self._total()
        """Of the whole."""
        self.gates: tuple[GateResult | None, ...] = tuple([verdict(row) for _, verdict in standard.gates])
        """Of `Standard.gates`; None where none is made."""

    @property
    def maximum(self) -> tuple[int, ...]:
        """Of each item, in hundredths of a point."""
        return self._maxima.hundredths

    @cached_property
    def pending(self) -> tuple[int, ...]:
        """What a mark may still add to each item, in hundredths of a point."""
        return self._each(self._pending, PENDING)

    @cached_property
    def outcomes(self) -> tuple[ItemOutcome, ...]:
        """Of each item, in a word."""
        return self._plan.ordered([*map(outcome_of, self._steady), *map(outcome_of, self._varying)])

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

    @property
    def admitted(self) -> bool:
        """Every gate is met or does not apply."""
        return all(result in {"met", "not_applicable", None} for result in self.gates)

    @cached_property
    def losses(self) -> tuple[tuple[int, int], ...]:
        """Position of an item and hundredths lost, costliest first; equal losses in the order of the text."""
        lost = [most - earned - pending for most, earned, pending in zip(*self._exact, strict=True)]
        costliest = sorted([n for n, loss in enumerate(lost) if loss], key=lost.__getitem__, reverse=True)
        return tuple([(n, self._rounded(lost[n])) for n in costliest])

    def _of_steady(self, part: int) -> list[int]:
        """Points of the steady items, as whole numbers over the plan's whole."""
        return list(map(mul, self._steady_maxima, map(itemgetter(part), self._steady)))

    def _of_varying(self, part: int) -> list[int]:
        """Points of the varying items, over the common denominator."""
        common = self._common
        parts = zip(self._varying_maxima, self._shares, strict=True)
        return [most * share[part] * (common // share[WHOLE]) for most, share in parts]

    def _each(self, steady: Iterable[int], part: int) -> tuple[int, ...]:
        """Hundredths of each item, rounded from a fraction of its own, so that the numbers stay small."""
        unit = self._maxima.unit
        half = unit * self._whole
        whole = 2 * half
        parts = zip(self._varying_maxima, self._shares, strict=True)
        return self._plan.ordered(
            [
                *[(number + half) // whole for number in steady],
                *[(most * share[part] + unit * share[WHOLE]) // (2 * unit * share[WHOLE]) for most, share in parts],
            ]
        )

    def _total(self) -> Sums:
        finer = self._common // self._whole
        maximum, bonus = sum(self._maxima.items) * self._common, 0
        self._offers = self._offered()
        """Position of an item → bonus offered."""
        self._credited = self._credits() if self._offers else {}
        """First position of a clause → bonus credited."""
        bonus = sum(self._credited.values())
        points = sum(self._earned) * finer + sum(self._of_varying(EARNED)) + bonus
        return self._sums((maximum, points, sum(self._pending) * finer + sum(self._of_varying(PENDING)), bonus))

    def _offered(self) -> Mapping[int, int]:
        part = POINT * self._maxima.unit * self._common // self._standard.bonus_whole
        found = [(n, bonus(self._row)) for n, bonus in self._standard.bonuses.items() if n not in self._absent]
        return {position: offer * part for position, offer in found}

    def _credits(self) -> Mapping[int, int]:
        """Never more than the clause has lost."""
        credited = {}
        for own in self._standard.bonus_clauses:
            offered = sum([offer for n, offer in self._offers.items() if n in own])
            if offered:
                credited[own.start] = min(offered, sum(map(self._lost, own)))
        return credited

    def _lost(self, position: int) -> int:
        """What an item has lost for good."""
        place = self._plan.places[position]
        many = len(self._steady)
        share = self._steady[place] if place < many else self._shares[place - many]
        lacking = share[WHOLE] - share[EARNED] - share[PENDING]
        return self._maxima.items[position] * lacking * (self._common // share[WHOLE]) if lacking else 0

    @cached_property
    def _exact(self) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """Maximum, points and pending points of each item over the common denominator."""
        common, finer, ordered = self._common, self._common // self._whole, self._plan.ordered
        return (
            [most * common for most in self._maxima.items],
            ordered([*[number * finer for number in self._earned], *self._of_varying(EARNED)]),
            ordered([*[number * finer for number in self._pending], *self._of_varying(PENDING)]),
        )

    @cached_property
    def _clauses(self) -> list[list[Sums]]:
        return [[self._clause(own) for own in dimension] for dimension in self._standard.clauses]

    def _clause(self, own: slice) -> Sums:
        credited = self._credited.get(own.start, 0)
        most, earned, pending = (sum(exact[own]) for exact in self._exact)
        return Sums(most, earned + credited, pending, credited)

    def _sums(self, exact: Iterable[int]) -> Sums:
        return Sums(*[self._rounded(number) for number in exact])

    def _rounded(self, exact: int) -> int:
        """Hundredths of a point, halves upward."""
        half = self._maxima.unit * self._common
        return (exact + half) // (2 * half)
