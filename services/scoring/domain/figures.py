"""The figures of one application: exact sums, no words.

What an item earns is a whole number of equal parts, and sums are whole numbers over one common denominator: exact, and
quick. Figures are rounded once, at the end, one by one, to whole hundredths of a point, halves upward.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import NamedTuple

from services.scoring.domain.figure import NONE, Row, Share
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


class Exact(NamedTuple):
    """The points of a clause before they are rounded."""

    points: Fraction
    """Given, with the bonus credited."""
    most: Fraction
    """What they can come to while the experts' marks are what they are."""


class Figures:
    """What an application comes to. What is said of each item is in the order of `Standard.items`.

    Points, total and gates are found at once, the rest when it is asked for.
    """

    def __init__(self, standard: Standard, row: Row) -> None:
        self._standard, self._row = standard, row
        self._found = [figure(row) for figure in standard.figures]
        self._absent = tuple([n for n in standard.conditional if self._found[n] is None])
        self._shares = [share or NONE for share in self._found]
        self._maxima = standard.maxima(self._absent)
        wholes = {whole for _, _, whole in self._shares}
        common = lcm(standard.bonus_whole, *wholes)
        self._unit = self._maxima.unit * common
        """The denominator of everything that is exact here."""
        self._parts = {whole: common // whole for whole in wholes}
        self._earned = self._exact(0)
        self.points = self._rounded(self._earned)
        """Given for each item, in hundredths of a point, without bonus."""
        self.gates: tuple[GateResult | None, ...] = tuple([verdict(row) for _, verdict in standard.gates])
        """Of `Standard.gates`; None where none is made."""
        self.total = self._total()
        """Of the whole."""

    @property
    def maximum(self) -> tuple[int, ...]:
        """Of each item, in hundredths of a point."""
        return self._maxima.hundredths

    @cached_property
    def pending(self) -> tuple[int, ...]:
        """What a mark may still add to each item, in hundredths of a point."""
        return self._rounded(self._pending)

    @cached_property
    def outcomes(self) -> tuple[ItemOutcome, ...]:
        """Of each item, in a word."""
        return tuple([_outcome(share) for share in self._found])

    @cached_property
    def bonus(self) -> Mapping[int, int]:
        """Position of an item → bonus points offered, in hundredths, before the clause's limit."""
        return dict(zip(self._offers, self._rounded(self._offers.values()), strict=True))

    @cached_property
    def clauses(self) -> tuple[tuple[Sums, ...], ...]:
        """Dimension by dimension."""
        return tuple([tuple([Sums(*self._rounded(sums)) for sums in own]) for own in self._clauses])

    @cached_property
    def dimensions(self) -> tuple[Sums, ...]:
        """In order."""
        return tuple([Sums(*self._rounded(map(sum, zip(*own, strict=True)))) for own in self._clauses])

    @cached_property
    def counted(self) -> tuple[tuple[int, int] | None, ...]:
        """Of each item whose mark is awaited, what its facts earn of what they can; None where no part is counted."""
        return tuple([_counted(share) for share in self._shares])

    @property
    def admitted(self) -> bool:
        """Every gate is met or does not apply."""
        return all(result in {"met", "not_applicable", None} for result in self.gates)

    def exact(self, position: int) -> Fraction:
        """Points of an item before rounding, without bonus."""
        return self._points(self._earned[position])

    @cached_property
    def exact_total(self) -> Fraction:
        """Points of the whole before rounding, with the bonus credited."""
        return self._points(sum(self._earned) + sum(self._credited.values()))

    @cached_property
    def exact_clauses(self) -> tuple[tuple[Exact, ...], ...]:
        """Dimension by dimension."""
        return tuple(
            [
                tuple([Exact(self._points(sums.points), self._points(sums.maximum - sums.pending)) for sums in own])
                for own in self._clauses
            ]
        )

    @cached_property
    def losses(self) -> tuple[tuple[int, int], ...]:
        """Position of an item and hundredths lost, costliest first; equal losses in the order of the text."""
        exact = zip(self._maximum, self._earned, self._pending, strict=True)
        lost = [most - earned - pending for most, earned, pending in exact]
        costliest = sorted([n for n, loss in enumerate(lost) if loss], key=lost.__getitem__, reverse=True)
        return tuple(zip(costliest, self._rounded([lost[n] for n in costliest]), strict=True))

    def _exact(self, part: int) -> list[int]:
        """Points of each item, earned or pending, over the common denominator."""
        parts, maxima = self._parts, self._maxima.items
        return [
            most * share[part] * parts[share[2]] if share[part] else 0
            for most, share in zip(maxima, self._shares, strict=True)
        ]

    @cached_property
    def _pending(self) -> list[int]:
        return self._exact(1)

    @cached_property
    def _maximum(self) -> list[int]:
        common = self._unit // self._maxima.unit
        return [most * common for most in self._maxima.items]

    @cached_property
    def _offers(self) -> Mapping[int, int]:
        """Position of an item → bonus offered."""
        part = POINT * self._unit // self._standard.bonus_whole
        bonuses = self._standard.bonuses.items()
        return {n: bonus(self._row) * part for n, bonus in bonuses if n not in self._absent}

    @cached_property
    def _credited(self) -> Mapping[int, int]:
        """First position of a clause → bonus credited: never more than the clause has lost."""
        credited = {}
        for own in self._standard.bonus_clauses:
            offered = sum([offer for n, offer in self._offers.items() if own.start <= n < own.stop])
            if offered:
                most, earned, pending = (sum(exact[own]) for exact in (self._maximum, self._earned, self._pending))
                credited[own.start] = min(offered, most - earned - pending)
        return credited

    def _total(self) -> Sums:
        maximum = sum(self._maxima.items) * (self._unit // self._maxima.unit)
        bonus = sum(self._credited.values())
        return Sums(*self._rounded([maximum, sum(self._earned) + bonus, sum(self._pending), bonus]))

    @cached_property
    def _clauses(self) -> list[list[Sums]]:
        return [[self._clause(own) for own in dimension] for dimension in self._standard.clauses]

    def _clause(self, own: slice) -> Sums:
        credited = self._credited.get(own.start, 0)
        most, earned, pending = (sum(exact[own]) for exact in (self._maximum, self._earned, self._pending))
        return Sums(most, earned + credited, pending, credited)

    def _points(self, exact: int) -> Fraction:
        return Fraction(exact, POINT * self._unit)

    def _rounded(self, exact: Iterable[int]) -> tuple[int, ...]:
        """Hundredths of a point, halves upward."""
        half, whole = self._unit, 2 * self._unit
        return tuple([(number + half) // whole if number else 0 for number in exact])


def _outcome(share: Share | None) -> ItemOutcome:
    """In a word."""
    if share is None:
        return "not_applicable"
    earned, pending, whole = share
    return "pending" if pending else "full" if earned == whole else "partial" if earned else "none"


def _counted(share: Share) -> tuple[int, int] | None:
    earned, pending, whole = share
    return (earned, whole - pending) if 0 < pending < whole else None
