"""How N/A costs nothing: the maximum of every item, given which items do not apply.

An item that does not apply leaves both the points given and the maximum, and its points are spread over the items of
its clause that do apply, in proportion to theirs (an item of 1.5 takes three times what an item of 0.5 takes). A clause
of which nothing applies spreads its points over its dimension in the same way, a dimension over the rubric; so the
total stays out of 100. The same holds for the rules inside an item. All of it in exact fractions.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

from services.scoring.domain.rubric import Rubric
from services.scoring.domain.words import rounded

_NOTHING = Fraction(0)
_REMEMBERED = 1 << 12
"""How many combinations of items that do not apply are remembered, of the rubric and of its clauses."""
POINT = 200
"""A point in half-hundredths: what is to be rounded to hundredths, halves upward."""


@dataclass(frozen=True, slots=True)
class Maxima:
    """Exact maxima, as whole numbers over one denominator."""

    items: tuple[int, ...]
    """Of every item that gives points, in the order of the text; 0 where it does not apply."""
    unit: int
    """The denominator: `items[n] / unit` half-hundredths of a point."""
    hundredths: tuple[int, ...]
    """The same, rounded to hundredths of a point."""


class Spread:
    """The maxima of a rubric; items are named by their positions among those that give points."""

    def __init__(self, rubric: Rubric) -> None:
        self._points = Fraction(rubric.points)
        self._dimensions = [
            (Fraction(dimension.points), [Fraction(clause.points) for clause in dimension.clauses])
            for dimension in rubric.dimensions
        ]
        clauses = [clause for dimension in rubric.dimensions for clause in dimension.clauses]
        self._weights = [tuple(item.weight for item in clause.items if item.gate is None) for clause in clauses]
        self.maxima = lru_cache(_REMEMBERED)(self._maxima)
        """The maxima when the items at these positions do not apply."""
        self._of_clause = lru_cache(_REMEMBERED)(self._of_clause_anew)

    def _maxima(self, absent: tuple[int, ...]) -> Maxima:
        lacking = list(self._lacking(frozenset(absent)))
        whole = [len(own) < len(weights) for own, weights in zip(lacking, self._weights, strict=True)]
        parts = [self._of_clause(n, points, lacking[n]) for n, points in enumerate(self._clauses(whole))]
        unit = lcm(*[part.unit for part in parts])
        return Maxima(
            items=tuple([most * (unit // part.unit) for part in parts for most in part.items]),
            unit=unit,
            hundredths=tuple([most for part in parts for most in part.hundredths]),
        )

    def _lacking(self, absent: Collection[int]) -> Iterator[tuple[int, ...]]:
        """Clause by clause, which of its items do not apply."""
        start = 0
        for weights in self._weights:
            yield tuple([n for n in range(len(weights)) if start + n in absent]) if absent else ()
            start += len(weights)

    def _clauses(self, applies: Sequence[bool]) -> Iterator[Fraction]:
        """The points of every clause, given in which of them something applies."""
        own, start = [], 0
        for _, clauses in self._dimensions:
            found = applies[start : start + len(clauses)]
            own.append([points if any_ else _NOTHING for points, any_ in zip(clauses, found, strict=True)])
            start += len(clauses)
        dimensions = [points if any(o) else _NOTHING for (points, _), o in zip(self._dimensions, own, strict=True)]
        for points, clauses in zip(_spread(self._points, dimensions), own, strict=True):
            yield from _spread(points, clauses)

    def _of_clause_anew(self, number: int, points: Fraction, lacking: tuple[int, ...]) -> Maxima:
        """The maxima of one clause."""
        weights = [_NOTHING if n in lacking else weight for n, weight in enumerate(self._weights[number])]
        parts = _spread(points, weights)
        unit = lcm(*[part.denominator for part in parts])
        return Maxima(
            items=tuple([int(part * POINT * unit) for part in parts]),
            unit=unit,
            hundredths=tuple([int(rounded(part) * 100) for part in parts]),
        )


def _spread(whole: Fraction, weights: Sequence[Fraction]) -> list[Fraction]:
    """The whole, divided by weight; as it is if the weights add up to it already."""
    total = sum(weights, _NOTHING)
    if total == whole:
        return list(weights)
    return [weight * whole / total if weight else _NOTHING for weight in weights]
