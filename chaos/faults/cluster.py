"""Faults of one node among several: of the broker killed, leaders moved; the store's primary lost in three ways."""

import asyncio
from contextlib import suppress
from random import Random

from pymongo.errors import PyMongoError

from chaos.faults.fault import Fault, Scene
from chaos.faults.servers import broker_again, store_again
from dev.store import StoreNode

_NODES = 3
MOVE_LEADERS = """\
lists:sum([begin
  {_, Leader} = amqqueue:get_pid(Queue),
  Others = rabbit_amqqueue:get_quorum_nodes(Queue) -- [Leader],
  Next = lists:nth(1 + erlang:phash2({Queue, erlang:system_time()}, length(Others)), Others),
  case rabbit_quorum_queue:transfer_leadership(Queue, Next) of {migrated, _} -> 1; _ -> 0 end
end || Queue <- rabbit_amqqueue:list(), amqqueue:get_type(Queue) =:= rabbit_quorum_queue])."""
"""Erlang: hands the leadership of every quorum queue to another of its members; gives how many went."""


class _OfNode(Fault):
    """A fault that only a cluster outlives, or knows at all."""

    @classmethod
    async def lacks(cls, nodes: int) -> str:
        """Why it cannot be given."""
        return "" if nodes >= _NODES else f"需要 {_NODES} 个节点 / needs {_NODES} nodes"


class BrokerNodeKilled(_OfNode):
    """F3: one node of the broker ends in the middle of whatever it does, with the leaders it has."""

    kind = "F3-kill"
    title = "broker node kill -9"
    shakes = "broker"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._away = dice.uniform(0, 8)

    async def dose(self, scene: Scene) -> None:
        """Kill."""
        await self.dice.choice(scene.stage.broker.nodes).kill()
        await asyncio.sleep(self._away)

    async def undo(self, scene: Scene) -> None:
        """Start."""
        await broker_again(scene)


class LeadersMoved(_OfNode):
    """F3: every queue gets another leader, while its messages are on their way."""

    kind = "F3-leader"
    title = "queue leaders moved"
    shakes = "broker"

    async def dose(self, scene: Scene) -> None:
        """Hand them over."""
        broker = scene.stage.broker
        self.reached = False
        with suppress(RuntimeError, TimeoutError):  # other faults may be about
            self.reached = await broker.evaluate(MOVE_LEADERS, on=self.dice.choice(broker.nodes)) != "0"


class SteppedDown(_OfNode):
    """F5: the store's primary steps down, sometimes without waiting for the others: its last writes are then undone."""

    kind = "F5-stepdown"
    title = "primary stepped down"
    shakes = "store"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._at_once = dice.random() < 1 / 2

    async def dose(self, scene: Scene) -> None:
        """Step down."""
        self.reached = False
        with suppress(PyMongoError):  # no primary now, or one that the others cannot catch up with
            await scene.stage.store.step_down(at_once=self._at_once)
            self.reached = True

    async def undo(self, scene: Scene) -> None:
        """Wait for another primary."""
        await store_again(scene)

    def __str__(self) -> str:
        return f"{super().__str__()}{' at once' if self._at_once else ''}"


class PrimaryKilled(_OfNode):
    """F5: the store's primary is killed; the others elect another, which the dead one follows when it is back."""

    kind = "F5-kill"
    title = "primary kill -9"
    shakes = "store"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._away = dice.uniform(0, 8)

    async def dose(self, scene: Scene) -> None:
        """Kill."""
        primary = await scene.stage.store.primary()
        self.reached = primary is not None
        if primary is not None:
            await primary.kill()
            await asyncio.sleep(self._away)

    async def undo(self, scene: Scene) -> None:
        """Start."""
        await store_again(scene)


class PrimaryFrozen(_OfNode):
    """F5: the primary does nothing for a while, and does not know, when it goes on, that it is none any more."""

    kind = "F5-freeze"
    title = "primary SIGSTOP"
    shakes = "store"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._seconds = dice.uniform(3, 10)
        self._node: StoreNode | None = None

    async def dose(self, scene: Scene) -> None:
        """Freeze."""
        self._node = await scene.stage.store.primary()
        self.reached = self._node is not None
        if self._node is not None:
            self._node.pause()
            await asyncio.sleep(self._seconds)

    async def undo(self, scene: Scene) -> None:
        """Let it go on."""
        if self._node is not None:
            self._node.resume()
        await store_again(scene)

    def __str__(self) -> str:
        return f"{super().__str__()} {self._seconds:.0f} s"
