"""An event loop without I/O: it runs what is ready, and its time stands still until it is told to pass."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

_TOO_LONG = 200_000
"""Rounds after which a loop that does not come to rest is at fault."""


class _NothingToSelect:
    """In the place of a selector: nothing ever arrives from outside, so an idle loop stops."""

    def __init__(self, loop: "StillLoop") -> None:
        self._loop = loop
        self.rounds = 0

    def select(self, timeout: float | None) -> Sequence[Any]:
        """Called once per round, with 0 while something is ready."""
        self.rounds += 1
        if self.rounds > _TOO_LONG:
            raise AssertionError("the processes do not come to rest")
        if timeout != 0:
            self._loop.stop()
        return ()


class StillLoop(asyncio.BaseEventLoop):
    """Deterministic: the same calls give the same interleaving."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NothingToSelect(self)
        self._seconds = 0.0

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._seconds

    def settle(self) -> None:
        """Run until everybody waits for a timer, for another, or at a gate."""
        self._selector.rounds = 0
        self.run_forever()

    def act(self, what: Callable[[], Any]) -> None:
        """Do something inside the loop, and run until all is at rest."""
        self.call_soon(what)
        self.settle()

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        until = self._seconds + seconds
        self.settle()
        while (timer := self._next_timer()) is not None and timer <= until:
            self._seconds = max(self._seconds, timer)
            self.settle()
        self._seconds = until
        self.settle()

    def _next_timer(self) -> float | None:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        return scheduled[0].when() if scheduled else None

    def _process_events(self, event_list: Sequence[Any]) -> None:
        """Nothing arrives."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken."""
