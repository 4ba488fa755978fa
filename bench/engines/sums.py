"""Sums as expressions: of a clause, with its bonus, and of the whole."""

from collections.abc import Callable, Iterable, Sequence

from bench.engines.translate import ClauseExpressions, constant


def total(clauses: Iterable[ClauseExpressions], points: Callable[[str], str]) -> str:
    """The exact total; `points` names what an item earned."""
    return " + ".join(_clause(clause, points) for clause in clauses)


def pending(clauses: Iterable[ClauseExpressions]) -> str:
    """What marks may still add."""
    return " + ".join(item.pending for clause in clauses for item in clause.items if item.pending)


def _clause(clause: ClauseExpressions, points: Callable[[str], str]) -> str:
    earned = " + ".join(points(item.name) for item in clause.items)
    if clause.bonus is None:
        return earned
    waiting: Sequence[str] = [item.pending for item in clause.items if item.pending]
    lost = f"({constant(clause.points)} - ({' + '.join([earned, *waiting])}))"
    return f"{earned} + ({lost} < {clause.bonus} ? {lost} : {clause.bonus})"
