"""Supervised background work: what fails is logged and begun again, for ever; what keeps failing, /livez says so."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from time import monotonic
from typing import Any

from shared.contracts.text import Text, text
from shared.runtime import metrics
from shared.runtime.health import Health
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_LASTING = 60.0
"""Seconds after which work that then fails is not failing in a row."""
_CANCELLED_AT_MOST = 10
"""Times, a second apart, that what will not end is cancelled."""
_HOPELESS = 900
"""Failures in a row, half an hour at the least, after which the process is better restarted."""


async def end(tasks: Collection[asyncio.Task[Any]]) -> Collection[asyncio.Task[Any]]:
    """Cancel these, as often as it takes: a client library that is just connecting may swallow it once.

    Answers those that would not end.
    """
    rest = set(tasks)
    for _ in range(_CANCELLED_AT_MOST):
        if not rest:
            break
        for task in rest:
            task.cancel()
        _, rest = await asyncio.wait(rest, timeout=1.0)
    return rest


class Tasks:
    """The background work of one process."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._work: dict[str, Callable[[], Awaitable[None]]] = {}
        self._running: list[asyncio.Task[None]] = []

    def add(self, name: str, forever: Callable[[], Awaitable[None]]) -> None:
        """Have `forever` run from start to stop; when it ends or fails it is begun again after a pause."""
        self._work[name] = forever

    def start(self) -> None:
        """Begin everything that was added."""
        for name, forever in self._work.items():
            work = _Supervised(name, forever)
            task = asyncio.create_task(work.run(), name=name)
            self._health.watch(name, task, work.trouble)
            self._running.append(task)

    async def stop(self) -> None:
        """Cancel everything and wait until it has ended, or will not."""
        await end(self._running)
        self._running.clear()


class _Supervised:
    """One piece of background work: begun again for ever, since what it waits for may come back after hours."""

    def __init__(self, name: str, forever: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._forever = forever
        self._failures = 0
        self._last = ""
        self._begun = 0.0

    def trouble(self) -> Text | None:
        """Why the process is better restarted, if it is."""
        if self._failures < _HOPELESS or self._lasts():
            return None
        return text(f"连续失败 {self._failures} 次（{self._last}）", f"failed {self._failures} times ({self._last})")

    async def run(self) -> None:
        """For ever; ends only when it is cancelled."""
        pause = _FIRST_PAUSE
        while True:
            self._begun = monotonic()
            error = await self._once()
            if self._lasts():
                pause, self._failures = _FIRST_PAUSE, 0
            self._failures += 1
            self._last = type(error).__name__
            metrics.TASK_FAILURES.labels(self.name).inc()
            log.warning("task ended; beginning again", task=self.name, error=repr(error), failures=self._failures)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _lasts(self) -> bool:
        return monotonic() - self._begun > _LASTING

    async def _once(self) -> BaseException | None:
        """Until it ends, and why it did.

        A driver that cancels what waits on a lost connection has not cancelled us; one that makes a failure of our
        cancellation has not undone it.
        """
        why: BaseException | None = None
        try:
            await self._forever()
        except (asyncio.CancelledError, Exception) as error:  # noqa: BLE001 - whatever it was, the work must go on
            why = error
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise asyncio.CancelledError from why
        return why
