"""How far the experts' marks of a case lie apart, and whose lie far off: for the office, once they are settled.

Held against the median, which a single mark does not move. From how far off a mark is shown is said by the procedure
(a quarter of what is possible, where it says nothing: ours). An outlier is shown, and counts like any other mark.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from services.review.domain.case import Case
from services.review.domain.exact import half_up
from services.review.domain.stages import ExpertPanel

_PERCENT = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Outlier(_Part):
    """A mark far off the others."""

    expert: str
    """Whose."""
    mark: Decimal
    """As given."""
    off: Decimal
    """How far above the median; negative: below."""


class Spread(_Part):
    """The marks of one item."""

    item: str
    """Code of the item."""
    of: Decimal
    """Points possible."""
    lowest: Decimal
    """Lowest mark given."""
    median: Decimal
    """The middle mark; between two, half of both, rounded half up to two places."""
    highest: Decimal
    """Highest mark given."""
    range: Decimal
    """From the lowest to the highest."""
    outliers: tuple[Outlier, ...]
    """Marks far off the median, by expert."""


def spread(case: Case) -> tuple[Spread, ...]:
    """Item by item, as marks were given; nothing before they are settled."""
    stage = case.rules.procedure.first(ExpertPanel) if case.rules else None
    seats = sorted((seat for seat in case.seats if seat.counts), key=lambda seat: seat.expert)
    if stage is None or not seats:
        return ()
    return tuple(
        _of_item(one.item, one.of, [(seat.expert, seat.marks[one.item]) for seat in seats], stage.outlier_percent)
        for one in case.settled
    )


def _of_item(item: str, of: Decimal, marks: Sequence[tuple[str, Decimal]], percent: int) -> Spread:
    ordered = sorted(mark for _, mark in marks)
    middle = Fraction(ordered[(len(ordered) - 1) // 2]) + Fraction(ordered[len(ordered) // 2])
    median = half_up(middle / 2, 2)
    outliers = (
        Outlier(expert=expert, mark=mark, off=mark - median)
        for expert, mark in marks
        if abs(mark - median) * _PERCENT > percent * of
    )
    return Spread(
        item=item,
        of=of,
        lowest=ordered[0],
        median=median,
        highest=ordered[-1],
        range=ordered[-1] - ordered[0],
        outliers=tuple(outliers),
    )
