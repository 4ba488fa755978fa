"""Medians, percentiles and ratios."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Spread(NamedTuple):
    """A figure measured several times."""

    median: float
    least: float
    most: float
    times: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(median(values), min(values), max(values), len(values))


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed (nearest rank); `ordered` ascends and is not empty."""
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Round by round, how many times theirs ours is."""
    return Spread.of([a / b for a, b in zip(ours, theirs, strict=True)])
