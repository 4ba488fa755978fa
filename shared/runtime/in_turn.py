"""What has arrived, in the order in which it is handled: the areas in turn, of each the oldest event first.

The oldest first, over all queues: after days away a withdrawal must not overtake the scorecard it withdraws, only
because its queue is shorter. In turn: who comes back with ten thousand must not keep the others waiting. Pure.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class InTurn(Generic[T]):
    """Takes up what comes, and gives it out in its order."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[datetime, int, T]]] = {}
        self._turns: deque[str] = deque()
        self._came = 0
        self._left = 0

    def __len__(self) -> int:
        return self._came - self._left

    def __iter__(self) -> Iterator[T]:
        """All that waits, in no order."""
        return (item for waiting in self._waiting.values() for _, _, item in waiting)

    def put(self, item: T, area: str, at: datetime) -> None:
        """Something of an area, that happened then; of one instant the first that came is the first."""
        if area not in self._waiting:
            self._waiting[area] = []
            self._turns.append(area)
        heappush(self._waiting[area], (at, self._came, item))
        self._came += 1

    def take(self, limit: int) -> list[T]:
        """The next ones, so many at the most."""
        taken: list[T] = []
        while self._turns and len(taken) < limit:
            area = self._turns.popleft()
            waiting = self._waiting[area]
            taken.append(heappop(waiting)[2])
            if waiting:
                self._turns.append(area)
            else:
                del self._waiting[area]
        self._left += len(taken)
        return taken
