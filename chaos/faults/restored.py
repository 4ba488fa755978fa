"""F20: a store is put back from a backup, and the archive gives back what it forgot (`sihao restore`)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from chaos.faults.fault import Fault, Scene
from chaos.tap import BrokerAway
from shared.runtime.amqp import BrokerError, Missing
from shared.runtime.dead import COLLECTION as DEAD
from shared.runtime.patience import patiently
from sihao.restore import Running, restore

_GRACE = 30.0
_MARGIN = timedelta(minutes=10)
"""How far the restore reaches back beyond the backup: what was announced before it may have been heard after it."""
_PATIENCE = 900.0
"""Seconds for a restore among all other faults; it holds while they last."""
_TROUBLE = (PyMongoError, *BrokerError, *BrokerAway, Missing, Running)
Store = AsyncDatabase[dict[str, Any]]


class Restored(Fault):
    """F20: both replicas are stopped, the store is what it was at a backup, then it gets back what it forgot."""

    kind = "F20"
    title = "restored from a backup"
    shakes = "update"  # nobody else may start the service in between

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._service = dice.choice(("scoring", "notify"))
        self._seconds = dice.uniform(20, 60)
        self._since = datetime.max.replace(tzinfo=UTC)
        self._stopped = False

    async def dose(self, scene: Scene) -> None:
        """Back up, go on for a while, stop, put the backup in place."""
        async with AsyncMongoClient[dict[str, Any]](scene.stage.mongo_url) as client:
            store, backup = (client[scene.stage.databases[self._service] + end] for end in ("", "_backup"))
            self._since = datetime.now(UTC) - _MARGIN
            await _persistently(lambda: _copy(store, backup))
            await asyncio.sleep(self._seconds)
            self._stopped = True
            for replica in scene.stage.replicas[self._service]:
                replica.wanted = False
                replica.child.resume()
                await replica.child.stop(grace=_GRACE)
            scene.ledger.restored.add(self._service)
            await _persistently(lambda: _copy(backup, store))

    async def undo(self, scene: Scene) -> None:
        """Restore while broker and store are shaken, and start again."""
        if not self._stopped:
            return
        stage = scene.stage
        try:
            await _persistently(
                lambda: restore(
                    self._service,
                    self._since,
                    mongo_url=stage.mongo_url,
                    database=stage.databases[self._service],
                    amqp_url=stage.amqp_url,
                    site=stage.replicas[self._service][0].url,
                )
            )
        finally:
            for replica in stage.replicas[self._service]:
                await replica.start()

    def __str__(self) -> str:
        return f"{super().__str__()} {self._service} {self._seconds:.0f} s"


async def _copy(source: Store, target: Store) -> None:
    """Make the documents of one store those of another.

    Dead letters stay as they are: poison goes straight into a queue, past the exchange, so no archive knows of it.
    """
    names = {name for name in await source.list_collection_names() if not name.startswith((DEAD, "system."))}
    for name in await target.list_collection_names():
        if name not in names and not name.startswith((DEAD, "system.")):
            await target[name].delete_many({})
    for name in names:
        await target[name].delete_many({})
        await (await source[name].aggregate([{"$merge": {"into": {"db": target.name, "coll": name}}}])).to_list()


async def _persistently(act: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(_PATIENCE):
        await patiently(act, _TROUBLE, lambda _: None)
