"""What if: the list under another quota, floor, cap or weight, before it is sealed; nothing is written."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from pydantic import BaseModel, ConfigDict

from services.review.domain.ranking import Bounds, Contender, Place, order, places
from services.review.domain.stages import TieRule
from shared.contracts.text import Text

_CENT = Decimal("0.01")


class Mover(BaseModel):
    """A case that enters the list, or leaves it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    case: str
    """Id of the case."""
    enters: bool
    """Whether it enters; else it leaves."""
    before: Text
    """Why it stands where it stands now."""
    after: Text
    """Why it would stand where it then stood."""


def what_if(
    contenders: Sequence[Contender],
    ties: Sequence[TieRule],
    now: Bounds,
    then: Bounds,
    weights: Mapping[str, Decimal],
) -> tuple[list[Place], list[Mover]]:
    """The list as it would be, and who would enter or leave it.

    Args:
        contenders: Every case in the stage.
        ties: The stage's tie rules.
        now: The bounds that hold.
        then: The bounds to try.
        weights: What the points of a dimension would count for, such as `{"A": 1.2}`; 1 where nothing is said.
    """
    before = {place.case: place for place in places(order(contenders, ties), ties, now)}
    weighed = [one.model_copy(update={"points": _weighed(one, weights)}) for one in contenders]
    after = places(order(weighed, ties), ties, then)
    movers = [
        Mover(case=place.case, enters=place.nominated, before=before[place.case].why, after=place.why)
        for place in after
        if place.nominated != before[place.case].nominated
    ]
    return after, movers


def _weighed(contender: Contender, weights: Mapping[str, Decimal]) -> Decimal:
    """The points under these weights, half up to two places."""
    more = sum(
        (contender.dimensions.get(dimension, Decimal()) * (weight - 1) for dimension, weight in weights.items()),
        Decimal(),
    )
    return (contender.points + more).quantize(_CENT, ROUND_HALF_UP) if weights else contender.points
