"""How N/A costs nothing: the maximum of every item, given which items do not apply.

An item that does not apply leaves both the points given and the maximum, and its points are spread over the items of
its clause that do apply, in proportion to theirs (an item of 1.5 takes three times what an item of 0.5 takes). A clause
of which nothing applies spreads its points over its dimension in the same way, a dimension over the rubric; so the
total stays out of 100. The same holds for the rules inside an item. All of it in exact fractions.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from services.scoring.domain.rubric import Clause, Rubric
from services.scoring.domain.words import rounded

_NOTHING = Fraction(0)
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


def maxima(rubric: Rubric, absent: Collection[str]) -> Maxima:
    """The maxima when the items of these codes do not apply."""

    def weights(clause: Clause) -> list[Fraction]:
        return [_NOTHING if item.code in absent else item.weight for item in clause.items if item.gate is None]

    def applies(clauses: Iterable[Clause]) -> bool:
        return any(any(weights(clause)) for clause in clauses)

    parts: list[Fraction] = []
    dimensions = [Fraction(d.points) if applies(d.clauses) else _NOTHING for d in rubric.dimensions]
    for dimension, whole in zip(rubric.dimensions, _spread(Fraction(rubric.points), dimensions), strict=True):
        clauses = [Fraction(c.points) if applies([c]) else _NOTHING for c in dimension.clauses]
        for clause, part in zip(dimension.clauses, _spread(whole, clauses), strict=True):
            parts += _spread(part, weights(clause))
    unit = lcm(*(part.denominator for part in parts))
    return Maxima(
        items=tuple(int(part * POINT * unit) for part in parts),
        unit=unit,
        hundredths=tuple(int(rounded(part) * 100) for part in parts),
    )


def _spread(whole: Fraction, weights: Sequence[Fraction]) -> list[Fraction]:
    """The whole, divided by weight."""
    total = sum(weights, _NOTHING)
    return [weight * whole / total if weight else _NOTHING for weight in weights]
