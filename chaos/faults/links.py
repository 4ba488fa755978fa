"""Faults of connections: reset, refused, stalled, slow; a province cut from the centre."""

import asyncio
from datetime import timedelta
from random import Random

from chaos.faults.fault import Fault, Scene, pick
from chaos.junction import Carried
from chaos.stage import FUJIAN


class _OfWires(Fault):
    """Something is wrong with some processes' wires to the broker, to the store, or to both."""

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._to = dice.choice(("broker", "store", "both"))
        self._share = dice.choice((0.1, 0.3, 1.0))
        self._seconds = 0.0
        self._wires: list[Carried] = []

    def _take(self, scene: Scene) -> list[Carried]:
        replicas = pick(self.dice, list(scene.stage.all()), self._share)
        if self._to != "store":
            self._wires += [replica.broker for replica in replicas]
        if self._to != "broker":
            self._wires += [wire for replica in replicas for wire in replica.store]
        return self._wires

    async def undo(self, scene: Scene) -> None:
        """As new."""
        del scene
        for wire in self._wires:
            wire.mend()

    def __str__(self) -> str:
        how_long = f" {self._seconds:.0f} s" if self._seconds else ""
        return f"{super().__str__()} to {self._to} ({self._share:.0%}){how_long}"


class Cut(_OfWires):
    """F6: connections are reset, or refused for some seconds."""

    kind = "F6"
    title = "connections cut"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.choice((0.0, dice.uniform(2, 6)))

    async def dose(self, scene: Scene) -> None:
        """Reset, or cut."""
        for wire in self._take(scene):
            if self._seconds:
                wire.cut()
            else:
                wire.reset()
        await asyncio.sleep(self._seconds)


class Stalled(_OfWires):
    """F7: connections stay and nothing passes."""

    kind = "F7"
    title = "links stalled"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(3, 12)

    async def dose(self, scene: Scene) -> None:
        """Stall."""
        for wire in self._take(scene):
            wire.stall()
        await asyncio.sleep(self._seconds)


class Slow(_OfWires):
    """F8: everything takes longer."""

    kind = "F8"
    title = "links slow"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(5, 12)
        self._delay = dice.uniform(0.01, 0.1)

    async def dose(self, scene: Scene) -> None:
        """Slow down."""
        for wire in self._take(scene):
            wire.slow(self._delay)
        await asyncio.sleep(self._seconds)


class ProvinceCutOff(Fault):
    """F17: Fujian's own review has no way to the bus while days pass; its officers go on deciding."""

    kind = "F17"
    title = "province cut off"
    shakes = "clock"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(8, 20)
        self._days = dice.randint(2, 4)

    async def dose(self, scene: Scene) -> None:
        """Cut, and turn every clock."""
        for replica in scene.stage.replicas[FUJIAN]:
            replica.broker.cut()
        await asyncio.sleep(self._seconds / 2)
        for clock in scene.stage.clocks.values():
            clock.turn_by(timedelta(days=self._days))
        await asyncio.sleep(self._seconds / 2)

    async def undo(self, scene: Scene) -> None:
        """Join again."""
        for replica in scene.stage.replicas[FUJIAN]:
            replica.broker.mend()

    def __str__(self) -> str:
        return f"{super().__str__()} {self._seconds:.0f} s, {self._days} days"
