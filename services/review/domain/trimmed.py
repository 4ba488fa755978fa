"""How experts' marks become one: the trimmed mean, in decimals, rounded half up to two places.

The method is our default; no source names one.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

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
    mean = (sum(kept, Decimal()) / len(kept)).quantize(PLACES, ROUND_HALF_UP)
    return ExpertMark(
        item=item,
        points=mean,
        of=of,
        marks=len(ordered),
        dropped=len(ordered) - len(kept),
        lowest=ordered[0],
        highest=ordered[-1],
    )
