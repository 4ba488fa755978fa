"""Parts of a whole, raised until they are enough: what threshold and ratio have in common."""

from fractions import Fraction
from math import ceil


def raised(part: int | None, whole: int | None, goal: Fraction, *, given_elsewhere: bool) -> tuple[int, int]:
    """The least part and whole, not below those given, of which the part makes up the goal (0…1).

    A part that exceeds its whole lifts the whole; where the whole is given elsewhere, it comes down to it.
    """
    of = whole or max(part or 0, 1)
    if part is not None and part > of and not given_elsewhere:
        of = part
    return min(max(part or 0, ceil(goal * of)), of), of
