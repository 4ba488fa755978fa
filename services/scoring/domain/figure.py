"""Figures apart from words: what a rule finds in the facts, as whole numbers, without a sentence being made.

A rule is compiled once per rubric and parameters into a plain function over one row of facts. Words follow from the
same row and are made only for what somebody reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from services.scoring.domain.fields import Field
from services.scoring.domain.parameters import Parameters

Row = Sequence[Any]
"""One application: every fact, property of the chamber and mark in its place; None where it is not given."""
Share = tuple[int, int, int]
"""Earned, pending, whole: `(1, 0, 2)` is half of the points; never more than the whole."""
Figure = Callable[[Row], Share | None]
"""What a rule finds in a row; None if it does not apply."""
Test = Callable[[Row], bool | None]
"""Whether a condition holds in a row; None if that is unknown, because a fact is missing."""

FULL: Share = (1, 0, 1)
NONE: Share = (0, 0, 1)
PENDING: Share = (0, 1, 1)
NO_COUNTS: Mapping[str, int] = {}
"""A series that was not given."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules of one item are compiled against."""

    places: Mapping[str, int]
    """Where in the row its facts stand, references followed, and the chamber's properties as `chamber.<property>`."""
    mark: int
    """Where the experts' mark stands."""
    mark_of: Fraction
    """The judged maximum in points."""
    fields: Mapping[str, Field]
    """The facts it asks for."""
    parameters: Parameters
    """What the round filled in."""

    def years(self, reference: str) -> tuple[str, ...]:
        """The years judged, as they are written in a series."""
        return tuple(map(str, self.parameters.years(reference)))


def mean(shares: Sequence[Share]) -> Share | None:
    """The mean of settled shares; None if there is none."""
    if not shares:
        return None
    common = lcm(*[whole for _, _, whole in shares])
    return sum([earned * (common // whole) for earned, _, whole in shares]), 0, common * len(shares)


def combined(parts: Sequence[tuple[int, Figure]]) -> Figure:
    """Several rules as one, by their percentages; a rule that does not apply leaves its part to the others."""
    if len(parts) == 1:
        return parts[0][1]
    if len(parts) == 2:  # noqa: PLR2004 - the most frequent case, without a loop
        return _pair(*parts)

    def figure(row: Row) -> Share | None:
        earned, pending, whole, weight = 0, 0, 1, 0
        for percent, rule in parts:
            share = rule(row)
            if share is not None:
                own, waiting, of = share
                earned = earned * of + percent * own * whole
                pending = pending * of + percent * waiting * whole
                whole *= of
                weight += percent
        return (earned, pending, whole * weight) if weight else None

    return figure


def _pair(one: tuple[int, Figure], other: tuple[int, Figure]) -> Figure:
    (percent, first), (rest, second) = one, other
    weight = percent + rest

    def figure(row: Row) -> Share | None:
        one, other = first(row), second(row)
        if one is None or other is None:
            return one or other
        earned, pending, whole = one
        own, waiting, of = other
        return (
            percent * earned * of + rest * own * whole,
            percent * pending * of + rest * waiting * whole,
            weight * whole * of,
        )

    return figure
