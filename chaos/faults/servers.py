"""Faults of the whole broker and the whole store: restarted, killed, under an alarm."""

import asyncio
from random import Random
from time import monotonic
from typing import Any

from chaos.faults.fault import Fault, Scene
from chaos.waiting import until
from dev.broker import BrokerNode
from dev.processes import ProcessFailedError
from dev.server import Server

_UP_WITHIN = 180.0
"""Seconds for a whole server, on a machine that is busy with other things as well."""
_TRIES = 4
_BACK_WITHIN = 20.0
_ALARMS = {
    "memory": "vm_memory_high_watermark.absolute = 16MB\n",
    "disk": "disk_free_limit.absolute = 1000TB\n",
}


class BrokerRestarted(Fault):
    """F3: the broker, all of its nodes, is stopped properly and started again."""

    kind = "F3"
    title = "broker restarted"
    shakes = "broker"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._away = dice.uniform(0, 4)

    async def dose(self, scene: Scene) -> None:
        """Stop."""
        await scene.stage.broker.stop()
        await asyncio.sleep(self._away)

    async def undo(self, scene: Scene) -> None:
        """Start, and measure until everybody consumes again."""
        await broker_again(scene)


class StoreKilled(Fault):
    """F4: the store, all of its members, is killed and started again."""

    kind = "F4"
    title = "mongod kill -9"
    shakes = "store"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._away = dice.uniform(0, 4)

    async def dose(self, scene: Scene) -> None:
        """Kill."""
        await scene.stage.store.kill()
        await asyncio.sleep(self._away)

    async def undo(self, scene: Scene) -> None:
        """Start, and measure until everybody is ready again."""
        await store_again(scene)


class Alarm(Fault):
    """F13: a node of the broker comes up under a memory or disk alarm: no node reads from whoever publishes."""

    kind = "F13"
    title = "broker alarm"
    shakes = "broker"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._what = dice.choice(sorted(_ALARMS))
        self._seconds = dice.uniform(8, 20)
        self._node: BrokerNode | None = None
        self._plain = ""

    async def dose(self, scene: Scene) -> None:
        """Restart with a limit that is always passed."""
        self._node = self.dice.choice(scene.stage.broker.nodes)
        self._plain = self._node.configuration.read_text("utf-8")
        await self._node.stop()
        self._node.configuration.write_text(self._plain + _ALARMS[self._what], "utf-8")
        try:
            await self._node.start(within=_UP_WITHIN)
        except ProcessFailedError:  # a node of 3.10 may hang at the start; there is then no alarm
            self.reached = False
        else:
            await asyncio.sleep(self._seconds)

    async def undo(self, scene: Scene) -> None:
        """Restart as it was."""
        if self._node is not None:
            await self._node.stop()
            self._node.configuration.write_text(self._plain, "utf-8")
        await broker_again(scene)

    def __str__(self) -> str:
        return f"{super().__str__()} {self._what} {self._seconds:.0f} s"


async def broker_again(scene: Scene) -> None:
    """Start the nodes of the broker that do not run, and measure until everybody consumes again."""
    await _up(scene.stage.broker)
    scene.broker_back.append(await until_all_ready(scene))


async def store_again(scene: Scene) -> None:
    """Start the members of the store that do not run, and measure until everybody is ready again."""
    await _up(scene.stage.store)
    scene.store_back.append(await until_all_ready(scene))


async def _up(server: Server[Any]) -> None:
    """Start it; a node that does not come up is killed and started again, as its keeper would; at last all of them."""
    for attempt in range(_TRIES):
        try:
            await server.start(within=_UP_WITHIN)
        except ProcessFailedError:
            for node in server.nodes:
                if attempt > 0 or not await node.answers():
                    await node.kill()
        else:
            return
    await server.start(within=_UP_WITHIN)


async def until_all_ready(scene: Scene) -> float:
    """Seconds until every replica is ready; no longer than 20, since other faults may be about."""
    began = monotonic()

    async def all_ready() -> bool:
        return not await scene.stage.unready()

    await until(all_ready, within=_BACK_WITHIN)
    return monotonic() - began
