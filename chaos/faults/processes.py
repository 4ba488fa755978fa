"""Faults of processes: killed, killed at a point, frozen, replaced."""

import asyncio
from functools import partial
from random import Random
from typing import ClassVar

from chaos.faults.fault import Fault, Scene
from chaos.points import COMMON, RARE
from chaos.stage import SERVICES
from chaos.waiting import until

_GRACE = 30.0


class Killed(Fault):
    """F1: a process ends in the middle of whatever it does."""

    kind = "F1"
    title = "kill -9"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._service = dice.choice(SERVICES)
        self._which = dice.randrange(2)

    async def dose(self, scene: Scene) -> None:
        """SIGKILL; the replica's keeper starts it again."""
        await scene.stage.replicas[self._service][self._which].kill()

    def __str__(self) -> str:
        return f"{super().__str__()} {self._service}"


class KilledAtPoint(Fault):
    """F2: a process ends exactly before, in, or after a step that must be safe to interrupt."""

    kind = "F2"
    title = "kill -9 at a point"
    points: ClassVar[tuple[str, ...]] = (*COMMON, *COMMON, *RARE)
    """Drawn from; the rare ones half as often."""
    _within = 6.0

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._service = dice.choice(SERVICES)
        self.point = dice.choice(self.points)

    async def dose(self, scene: Scene) -> None:
        """Arm the point on both replicas, and wait a while for a death."""
        pair = scene.stage.replicas[self._service]
        before = sum(len(replica.deaths) for replica in pair)
        for replica in pair:
            replica.arm(self.point)

        async def one_died() -> bool:
            return sum(len(replica.deaths) for replica in pair) > before

        self.reached = await until(one_died, within=self._within, every=0.05)

    async def undo(self, scene: Scene) -> None:
        """Disarm what was not reached."""
        for replica in scene.stage.replicas[self._service]:
            replica.disarm()

    def __str__(self) -> str:
        return f"{super().__str__()} {self._service} {self.point}"


class Frozen(Fault):
    """F12: a process keeps its connections and does nothing; sometimes both of a service."""

    kind = "F12"
    title = "SIGSTOP"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._service = dice.choice(SERVICES)
        self._both = dice.random() < 1 / 3
        self._seconds = dice.uniform(3, 15)

    async def dose(self, scene: Scene) -> None:
        """Freeze."""
        for replica in scene.stage.replicas[self._service][: 2 if self._both else 1]:
            replica.child.pause()
        await asyncio.sleep(self._seconds)

    async def undo(self, scene: Scene) -> None:
        """Let go on."""
        for replica in scene.stage.replicas[self._service]:
            replica.child.resume()

    def __str__(self) -> str:
        return f"{super().__str__()} {self._service}{' ×2' if self._both else ''} {self._seconds:.0f} s"


class Rolled(Fault):
    """F19: both replicas of a service are replaced one after the other, as in an update (SIGTERM)."""

    kind = "F19"
    title = "rolling restart"
    shakes = "update"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._service = dice.choice(SERVICES)

    async def dose(self, scene: Scene) -> None:
        """The second only when the first is ready again, or half a minute has passed."""
        for replica in scene.stage.replicas[self._service]:
            scene.stop_in_time.append(await replica.restart(grace=_GRACE))
            await until(partial(replica.ready, scene.stage.client), within=_GRACE)

    def __str__(self) -> str:
        return f"{super().__str__()} {self._service}"
