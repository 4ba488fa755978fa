"""Patience: hold what is in hand while a server is away, and go on where it stood."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

R = TypeVar("R")
Told = Callable[[BaseException], None]
"""Told of every failure that is waited for."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Patience:
    """Growing, jittered pauses between tries."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._pause = _FIRST_PAUSE

    async def wait(self, error: BaseException) -> None:
        """Pause after this failure, longer than after the one before."""
        self._told(error)
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def succeeded(self) -> None:
        """The next failure begins anew."""
        self._pause = _FIRST_PAUSE


async def patiently(step: Callable[[], Awaitable[R]], away: tuple[type[BaseException], ...], told: Told) -> R:
    """Do it; while it fails in one of these ways, pause and try again, for as long as it takes.

    `step` must be harmless to repeat: it may have been done when it fails.
    """
    patience = Patience(told)
    while True:
        try:
            return await step()
        except away as error:
            await patience.wait(error)
