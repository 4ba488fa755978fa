"""F20: a store is put back from a backup, and the archive gives back what it forgot (`sihao restore`)."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from chaos.faults.fault import Fault, Scene
from chaos.stage import Stage
from dev.processes import Child
from shared.runtime.dead import COLLECTION as DEAD
from shared.runtime.patience import patiently

_GRACE = 30.0
_MARGIN = timedelta(minutes=10)
"""How far the restore reaches back beyond the backup: what was announced before it may have been heard after it."""
_PATIENCE = 1_500.0
"""Seconds for a restore among all other faults; it holds while they last."""
_BEFORE_OTHERS = ("nice", "-n", "-5")
"""As on an operator's own machine; without the right to it, `nice` says so and goes on."""
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
        try:
            await self._restore(scene.stage)
        finally:
            for replica in scene.stage.replicas[self._service]:
                await replica.start()

    async def _restore(self, stage: Stage) -> None:
        """By the command, as an operator would, again until it is done.

        Raises:
            TimeoutError: it was not done in time.
        """
        replica, since = stage.replicas[self._service][0], self._since.isoformat()
        environment = {
            **os.environ,
            "SIHAO_MONGO_URL": stage.mongo_url,
            "SIHAO_DATABASE": stage.databases[self._service],
            "SIHAO_AMQP_URL": stage.amqp_url,
            "SIHAO_PUBLIC_URL": replica.url,
        }
        command = [*_BEFORE_OTHERS, sys.executable, "-m", "sihao", "restore", self._service, "--since", since]
        child = Child("restore", command, log=replica.child.log.with_name("restore.log"), env=environment)
        async with asyncio.timeout(_PATIENCE):
            try:
                while child.exit_code != 0:
                    await child.start()
                    await child.wait()
            finally:
                await child.kill()

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
        await patiently(act, (PyMongoError,), lambda _: None)
