"""Supervised background work: what fails is logged and begun again; what keeps failing ends, and /livez says so."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from shared.runtime.health import Health
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_HOPELESS = 900
"""Failures in a row, about half an hour, after which the process is better restarted."""


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
            task = asyncio.create_task(_supervise(name, forever), name=name)
            self._health.watch(name, task)
            self._running.append(task)

    async def stop(self) -> None:
        """Cancel everything and wait until it has ended."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()


async def _supervise(name: str, forever: Callable[[], Awaitable[None]]) -> None:
    clock = asyncio.get_running_loop().time
    pause, failures = _FIRST_PAUSE, 0
    while True:
        started = clock()
        try:
            await forever()
            error: Exception | None = None
        except Exception as failure:  # noqa: BLE001 - whatever it was, the work must go on
            error = failure
        if clock() - started > _LONGEST_PAUSE:
            pause, failures = _FIRST_PAUSE, 0
        failures += 1
        log.warning("task ended; beginning again", task=name, error=repr(error), failures=failures)
        if failures > _HOPELESS:
            raise RuntimeError(f"task {name} fails again and again") from error
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 2, _LONGEST_PAUSE)
