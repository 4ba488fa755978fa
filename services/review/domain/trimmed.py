"""How experts' marks become one: the trimmed mean, in decimals, rounded half up to two places.

The method is our default; no source names one.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from services.review.domain.exact import half_up
from shared.contracts.cases import ExpertMark

PLACES = Decimal("0.01")


def settle_item(item: str, of: Decimal, marks: Sequence[Decimal], trim_from: int) -> ExpertMark:
    """The settled mark of one item; from `trim_from` marks on, one highest and one lowest are left out.

    Raises:
        ValueError: there are no marks.
    """
    if not marks:
        raise ValueError(f"{item}: no marks")
    ordered = sorted(marks)
    kept = ordered[1:-1] if len(ordered) >= max(trim_from, 3) else ordered
    mean = sum(map(Fraction, kept), Fraction(0)) / len(kept)
    return ExpertMark(
        item=item,
        points=half_up(mean, 2),
        of=of,
        marks=len(ordered),
        dropped=len(ordered) - len(kept),
        lowest=ordered[0],
        highest=ordered[-1],
    )
