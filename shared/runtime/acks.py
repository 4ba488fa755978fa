"""Which frames acknowledge a batch: one as far as nothing older is still open, single ones beyond. Pure."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple


class Acks(NamedTuple):
    """How to acknowledge."""

    up_to: int | None
    """This delivery tag and all before it; None: no such frame."""
    singly: list[int]
    """Each of these by itself."""


def acks(done: Iterable[int], still_open: Iterable[int]) -> Acks:
    """For these delivery tags, while others of the channel are still open; what is neither was acknowledged before."""
    tags = sorted(done)
    oldest = min(still_open, default=None)
    together = len(tags) if oldest is None else bisect_left(tags, oldest)
    return Acks(tags[together - 1] if together else None, tags[together:])
