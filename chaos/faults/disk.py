"""Faults of disks: full, failing, slow."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from random import Random

from pymongo.errors import PyMongoError

from chaos import disk, tracer
from chaos.faults.fault import Fault, Scene
from chaos.faults.servers import broker_again, store_again
from chaos.waiting import until
from dev.server import Node
from dev.store import StoreNode

_CALL = "fdatasync"
_NOTICED_WITHIN = 10.0
"""Seconds in which a server that writes will have come to its disk."""


class _DiskFull(Fault):
    @classmethod
    async def lacks(cls, nodes: int) -> str:
        """Why it cannot be given."""
        del nodes
        return await disk.obstacle()

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(5, 12)

    def __str__(self) -> str:
        return f"{super().__str__()} {self._seconds:.0f} s"


class StoreDiskFull(_DiskFull):
    """F14: the store's disk is full. A member that comes to a checkpoint ends; it is started when there is room."""

    kind = "F14-store"
    title = "store's disk full"
    shakes = "store"
    fills = "store"

    async def dose(self, scene: Scene) -> None:
        """Fill, and have a checkpoint fall into that time."""
        scene.stage.disks["store"].fill()
        await asyncio.gather(*(_checkpoint(node) for node in scene.stage.store.nodes))
        await asyncio.sleep(self._seconds)
        self.reached = not all(node.alive for node in scene.stage.store.nodes)

    async def undo(self, scene: Scene) -> None:
        """Make room; start again what has ended."""
        scene.stage.disks["store"].free()
        await store_again(scene)


class BrokerDiskFull(_DiskFull):
    """F14: the broker's disk is full. Its queues then have no leaders until it is restarted, room or no room."""

    kind = "F14-broker"
    title = "broker's disk full"
    shakes = "broker"
    fills = "broker"

    async def dose(self, scene: Scene) -> None:
        """Fill."""
        scene.stage.disks["broker"].fill()
        await asyncio.sleep(self._seconds)

    async def undo(self, scene: Scene) -> None:
        """Make room, and restart."""
        scene.stage.disks["broker"].free()
        await scene.stage.broker.stop()
        await broker_again(scene)


class _Traced(Fault):
    @classmethod
    async def lacks(cls, nodes: int) -> str:
        """Why it cannot be given."""
        del nodes
        return await tracer.obstacle()


class StoreDiskFails(_Traced):
    """F14: the disk of the store's primary answers that it could not write. The primary then ends."""

    kind = "F14-store-eio"
    title = "store's disk fails"
    shakes = "store"

    async def dose(self, scene: Scene) -> None:
        """Fail, until it has ended."""
        self.reached = False
        primary = await scene.stage.store.primary()
        if primary is not None and primary.pid is not None:
            async with tracer.spoiled(primary.pid, _CALL, "error=EIO"):
                self.reached = await until(lambda: _ended(primary), within=_NOTICED_WITHIN)

    async def undo(self, scene: Scene) -> None:
        """Start."""
        await store_again(scene)


class BrokerDiskFails(_Traced):
    """F14: the disk of a broker's node answers that it could not write. It takes no part until it is restarted."""

    kind = "F14-broker-eio"
    title = "broker's disk fails"
    shakes = "broker"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(3, 8)
        self._node: Node | None = None

    async def dose(self, scene: Scene) -> None:
        """Fail."""
        self._node = self.dice.choice(scene.stage.broker.nodes)
        if self._node.pid is not None:
            async with tracer.spoiled(self._node.pid, _CALL, "error=EIO") as calls:
                await asyncio.sleep(self._seconds)
                self.reached = calls.count > 0

    async def undo(self, scene: Scene) -> None:
        """Restart."""
        if self._node is not None:
            await self._node.stop()
        await broker_again(scene)


class SlowDisk(_Traced):
    """F15: every wait for a disk takes 20 ms more, on one node or on all; of the broker, or of the store."""

    kind = "F15"
    title = "slow disk"
    shakes = "disk"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._of = dice.choice(("broker", "store"))
        self._all = dice.random() < 1 / 2
        self._seconds = dice.uniform(5, 15)

    async def dose(self, scene: Scene) -> None:
        """Slow down."""
        nodes: Sequence[Node] = scene.stage.broker.nodes if self._of == "broker" else scene.stage.store.nodes
        async with AsyncExitStack() as stack:
            calls = [
                await stack.enter_async_context(tracer.spoiled(node.pid, _CALL, "delay_enter=20000"))
                for node in (nodes if self._all else [self.dice.choice(nodes)])
                if node.pid is not None
            ]
            await asyncio.sleep(self._seconds)
            self.reached = any(one.count for one in calls)

    def __str__(self) -> str:
        return f"{super().__str__()} of {self._of}{' (all nodes)' if self._all else ''} {self._seconds:.0f} s"


async def _checkpoint(node: StoreNode) -> None:
    with suppress(PyMongoError):  # it has ended
        await node.command("fsync")


async def _ended(node: Node) -> bool:
    return not node.alive
