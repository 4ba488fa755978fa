"""How far a backlog has been worked off, and when it will be done; honest when it does not get less. Pure.

What comes in meanwhile counts, too: the rate is what the backlog lost in a while, not what was handled.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Trend = Literal["done", "unknown", "falling", "not-falling"]
WINDOW = 60.0
"""Seconds over which the rate is taken. Our default."""
_LEAST = 1.0
"""Seconds of observation without which nothing is said. Our default."""
_LONGEST = timedelta(days=365)
"""What would take longer does not get less. Our default."""


@dataclass(frozen=True)
class Estimate:
    """What can be said about a backlog."""

    waiting: int
    """Messages that wait."""
    rate: float | None
    """How many fewer there are every second; negative if it grows, None if it is not known yet."""
    ends: datetime | None
    """When nothing will wait any more; None if that cannot be said."""

    @property
    def trend(self) -> Trend:
        """How it goes: nothing waits, not known yet, it gets less, or it does not."""
        if self.waiting == 0:
            return "done"
        if self.rate is None:
            return "unknown"
        return "not-falling" if self.ends is None else "falling"


def estimate(waiting: int, rate: float | None, now: datetime) -> Estimate:
    """The end that follows from a rate."""
    if waiting == 0:
        return Estimate(0, rate, now)
    if rate is None or rate * _LONGEST.total_seconds() < waiting:
        return Estimate(waiting, rate, None)
    return Estimate(waiting, rate, now + timedelta(seconds=waiting / rate))


class Progress:
    """Looks at a backlog again and again."""

    def __init__(self, window: float = WINDOW) -> None:
        """`window` in seconds."""
        self._window = window
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, waiting: int, at: float) -> None:
        """So many wait; `at` in seconds of any clock that only goes forward."""
        self._seen.append((at, waiting))
        while len(self._seen) > 2 and self._seen[1][0] <= at - self._window:  # noqa: PLR2004 - two make a rate
            self._seen.popleft()

    def estimate(self, now: datetime) -> Estimate:
        """What follows from the last looks."""
        if not self._seen:
            return Estimate(0, None, None)
        (begun, before), (at, waiting) = self._seen[0], self._seen[-1]
        rate = (before - waiting) / (at - begun) if at - begun >= _LEAST else None
        return estimate(waiting, rate, now)

    def forget(self) -> None:
        """Begin anew."""
        self._seen.clear()
