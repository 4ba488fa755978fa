"""Faults of processes: killed, killed at a point, frozen, replaced."""

import asyncio
from functools import partial
from itertools import product
from random import Random

from chaos.faults.fault import Fault, Scene
from chaos.faults.messages import KINDS, poisoned
from chaos.points import COMMON, RARE
from chaos.stage import SERVICES
from chaos.waiting import until

_GRACE = 30.0
PLACES = tuple(product(SERVICES, (*COMMON, *RARE)))
"""Every service, every point."""


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
    """F2: a process ends exactly before, in, or after a step that must be safe to interrupt.

    What is seldom done is brought about: poison for a point at which poison is put aside, and for the sweep a death
    before a publish, which leaves something to sweep.
    """

    kind = "F2"
    title = "kill -9 at a point"
    _within = 20.0
    """Seconds; the broker may be away, and a sweep takes only what is five seconds old."""

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self.aim(*dice.choice(PLACES))

    def aim(self, service: str, point: str) -> None:
        """Have it strike there; one point of a service at a time, so that it is known which was reached."""
        self.service, self.point = service, point
        self.shakes = f"points of {service}"

    async def dose(self, scene: Scene) -> None:
        """Arm the point on both replicas, and wait a while for one to come to it."""
        pair = scene.stage.replicas[self.service]
        if self.point == "after-sweep":
            await self._strike(scene, "before-publish")
        for replica in pair:
            replica.arm(self.point)
        if self.point.endswith("-park"):
            await poisoned(scene, self.dice, scene.queues_of(self.service), self.dice.choice(KINDS))
        self.reached = await self._reached(scene, self.point)

    async def _strike(self, scene: Scene, point: str) -> None:
        for replica in scene.stage.replicas[self.service]:
            replica.arm(point)
        await self._reached(scene, point)
        self._take_back(scene, point)

    async def _reached(self, scene: Scene, point: str) -> bool:
        pair = scene.stage.replicas[self.service]

        async def one_came() -> bool:
            return not all(replica.armed(point) for replica in pair)

        return await until(one_came, within=self._within, every=0.05)

    def _take_back(self, scene: Scene, point: str) -> None:
        for replica in scene.stage.replicas[self.service]:
            replica.disarm(point)

    async def undo(self, scene: Scene) -> None:
        """Disarm what was not reached."""
        self._take_back(scene, self.point)
        self._take_back(scene, "before-publish")

    def __str__(self) -> str:
        return f"{super().__str__()} {self.service} {self.point}"


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
