"""Faults of time: replicas whose clocks disagree, and clocks that are set back."""

import asyncio
from datetime import timedelta
from random import Random

from chaos.faults.fault import Fault, Scene
from chaos.stage import LETTERS


class ClockJumps(Fault):
    """F16: the clock of one replica of every service jumps by up to an hour, forth or back, and later returns."""

    kind = "F16"
    title = "clock jumps"
    shakes = "clock"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._letter = dice.choice(LETTERS)
        self._step = timedelta(seconds=dice.choice((-1, 1)) * dice.randint(60, 3600))
        self._seconds = dice.uniform(3, 10)

    async def dose(self, scene: Scene) -> None:
        """Jump."""
        scene.stage.clocks[self._letter].turn_by(self._step)
        await asyncio.sleep(self._seconds)

    async def undo(self, scene: Scene) -> None:
        """Return."""
        scene.stage.clocks[self._letter].turn_by(-self._step)

    def __str__(self) -> str:
        return f"{super().__str__()} {self._letter} {self._step.total_seconds():+.0f} s"
