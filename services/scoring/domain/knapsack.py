"""The cheapest choice that reaches a goal, exactly: a knapsack by clauses and dimensions, in whole numbers.

Of all choices within a clause only those are kept that no cheaper one matches; so within a dimension, and so over all.
Costs are small whole numbers, so that never more choices are kept than the costs can add up to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be chosen."""

    name: int
    """Its number, from 0."""
    cost: int
    """What it costs: 1 or more."""
    gain: int
    """What it gives its clause."""
    must: bool = False
    """Whether it is chosen in any case."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Options whose gains are added up, to a limit."""

    points: int
    """What it has without any."""
    most: int
    """What it can have at most."""
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Clauses that together have to reach a floor."""

    floor: int
    clauses: tuple[Clause, ...]


class _Choice(NamedTuple):
    cost: int
    points: int
    names: int
    """The options chosen, as the bits of a number."""


_NOTHING = _Choice(0, 0, 0)


def cheapest(dimensions: Iterable[Dimension], goal: int) -> tuple[int, ...] | None:
    """The names of the options that reach every floor and the goal at the least cost, in order; None if none do.

    Of equal cost that which reaches most, then that of the smallest names: the answer is always the same.
    """
    fronts = [_dimension(dimension) for dimension in dimensions]
    found = next((choice for choice in _joined(fronts) if choice.points >= goal), None)
    if found is None:
        return None
    return tuple(name for name in range(found.names.bit_length()) if found.names >> name & 1)


def _dimension(dimension: Dimension) -> list[_Choice]:
    whole = _joined([_clause(clause) for clause in dimension.clauses])
    return [choice for choice in whole if choice.points >= dimension.floor]


def _clause(clause: Clause) -> list[_Choice]:
    front = [_NOTHING]
    for option in clause.options:
        chosen = [_Choice(c.cost + option.cost, c.points + option.gain, c.names | 1 << option.name) for c in front]
        front = chosen if option.must else _front([*front, *chosen])
    return _front(choice._replace(points=min(clause.points + choice.points, clause.most)) for choice in front)


def _joined(fronts: Sequence[Sequence[_Choice]]) -> list[_Choice]:
    """Every choice of each with every choice of the others, as far as worth it."""
    whole = [_NOTHING]
    for front in fronts:
        pairs = product(whole, front)
        whole = _front(_Choice(a.cost + b.cost, a.points + b.points, a.names | b.names) for a, b in pairs)
    return whole


def _front(choices: Iterable[_Choice]) -> list[_Choice]:
    """Those that no other matches at the same or a lower cost, cheapest first."""
    kept: list[_Choice] = []
    for choice in sorted(choices, key=lambda one: (one.cost, -one.points, one.names)):
        if not kept or choice.points > kept[-1].points:
            kept.append(choice)
    return kept
