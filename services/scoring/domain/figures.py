"""The figures of one application: exact sums, no words.

All figures of one application are whole numbers over one common denominator; that is exact, and quick. They are rounded
once, at the end, one by one, to whole hundredths of a point.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm
from typing import NamedTuple

from services.scoring.domain.figure import NONE, Row, Share
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


@dataclass(frozen=True, slots=True)
class Figures:
    """What an application comes to."""

    maximum: tuple[int, ...]
    """Of each of `Standard.items`, in hundredths of a point; so are the next two."""
    points: tuple[int, ...]
    pending: tuple[int, ...]
    outcomes: tuple[ItemOutcome, ...]
    """Of each of `Standard.items`."""
    bonus: Mapping[int, int]
    """Position in `Standard.items` → bonus points offered, before the clause's limit."""
    clauses: tuple[tuple[Sums, ...], ...]
    """Dimension by dimension."""
    dimensions: tuple[Sums, ...]
    total: Sums
    gates: tuple[GateResult | None, ...]
    """Of `Standard.gates`; None where none is made."""
    losses: tuple[tuple[int, int], ...]
    """Position in `Standard.items` and hundredths lost, costliest first; equal losses in the order of the text."""

    @property
    def admitted(self) -> bool:
        """Every gate is met or does not apply."""
        return all(result in {"met", "not_applicable", None} for result in self.gates)


def figures_of(standard: Standard, row: Row) -> Figures:
    """The figures of a row."""
    shares = [figure(row) for figure in standard.figures]
    maxima = standard.maxima(tuple([position for position, share in enumerate(shares) if share is None]))
    offers = {n: bonus(row) for n, bonus in standard.bonuses.items() if shares[n] is not None}
    common = lcm(*{share[2] for share in shares if share}, *[offer.denominator for offer in offers.values()])
    unit = maxima.unit * common

    maximum = [most * common for most in maxima.items]
    parts = [share or NONE for share in shares]
    points = [most * earned // of if earned else 0 for most, (earned, _, of) in zip(maximum, parts, strict=True)]
    pending = [most * waits // of if waits else 0 for most, (_, waits, of) in zip(maximum, parts, strict=True)]
    lost = [most - got - waits for most, got, waits in zip(maximum, points, pending, strict=True)]
    bonus = {n: int(offer * unit) for n, offer in offers.items()}

    def rounded(exact: Iterable[int]) -> tuple[int, ...]:
        """Hundredths of a point, halves upward."""
        return tuple([(200 * number + unit) // (2 * unit) if number else 0 for number in exact])

    def clause(own: slice) -> Sums:
        most, got, waits = sum(maximum[own]), sum(points[own]), sum(pending[own])
        offered = sum([offer for n, offer in bonus.items() if own.start <= n < own.stop])
        credited = min(most - got - waits, offered)
        return Sums(most, got + credited, waits, credited)

    clauses = [[clause(own) for own in dimension] for dimension in standard.clauses]
    dimensions = [_added(own) for own in clauses]
    costliest = sorted([n for n, loss in enumerate(lost) if loss], key=lost.__getitem__, reverse=True)
    return Figures(
        maximum=maxima.hundredths,
        points=rounded(points),
        pending=rounded(pending),
        outcomes=tuple(map(_outcome, shares)),
        bonus=dict(zip(bonus, rounded(bonus.values()), strict=True)),
        clauses=tuple([tuple([Sums(*rounded(sums)) for sums in own]) for own in clauses]),
        dimensions=tuple([Sums(*rounded(sums)) for sums in dimensions]),
        total=Sums(*rounded(_added(dimensions))),
        gates=tuple([verdict(row) for _, verdict in standard.gates]),
        losses=tuple(zip(costliest, rounded([lost[position] for position in costliest]), strict=True)),
    )


def _added(parts: Sequence[Sums]) -> Sums:
    return Sums(*map(sum, zip(*parts, strict=True)))


def _outcome(share: Share | None) -> ItemOutcome:
    """In a word."""
    if share is None:
        return "not_applicable"
    earned, pending, whole = share
    return "pending" if pending else "full" if earned == whole else "partial" if earned else "none"
