"""An update in steps, as the manifests have it: a new process first, then an old one is asked to end; under load.

Old and new version hear the same queues and write the same documents meanwhile. (The same version, under faults: F19 of
the fault suite.)
"""

import asyncio
import json
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import httpx2
from aio_pika import connect
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient

from dev.ports import LOOPBACK, free_port
from dev.processes import Child, answers
from shared.runtime.server import DRAIN_SECONDS
from shared.runtime.service import _GRACE
from shared.runtime.settings import Settings
from tests.support.backends import Backends
from tests.support.rolling_toy import Ping, Pong
from tests.support.toy_bench import publish, running_toy, toy_settings, until

NAMES = [f"c{n}" for n in range(8)]
PIECE = 24


AHEAD = 10 * PIECE
"""So far the load may be ahead of what was announced: else it measures how fast a backlog is drained."""


class Load:
    """Pings, one piece after the other, as they are handled, until it is told to stop."""

    def __init__(self, amqp_url: str, witness: "Witness") -> None:
        self._amqp_url = amqp_url
        self._witness = witness
        self._stop = asyncio.Event()
        self.sent = 0

    async def run(self) -> None:
        """Every other ping has the new optional field."""
        for number in count():
            await until(self._wanted, within=90)
            if self._stop.is_set():
                return
            pings = [
                Ping(area="3502", counter=NAMES[n % len(NAMES)], sender="next" if n % 2 else "") for n in range(PIECE)
            ]
            await publish(self._amqp_url, pings, ids=[f"{number}-{n}" for n in range(PIECE)])
            self.sent += PIECE

    async def _wanted(self) -> bool:
        return self._stop.is_set() or self.sent - self._witness.count() <= AHEAD

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()


class Witness:
    """Hears every pong beside the services: by counter and total, whether the next version announced it."""

    def __init__(self) -> None:
        self.heard: defaultdict[str, dict[int, bool]] = defaultdict(dict)
        self.ids: dict[str, tuple[str, int]] = {}

    async def hear(self, message: AbstractIncomingMessage) -> None:
        """A repeat has the same id."""
        said = json.loads(message.body)
        told = said["counter"], said["total"]
        assert self.ids.setdefault(str(message.message_id), told) == told
        self.heard[said["counter"]][said["total"]] = said.get("by_next", False)

    def count(self) -> int:
        """Facts, repeats left out."""
        return sum(map(len, self.heard.values()))

    def marks(self, name: str) -> list[bool]:
        """In the order in which this counter was raised."""
        return [self.heard[name][total] for total in sorted(self.heard[name])]

    async def mixed(self) -> bool:
        """Whether the old version has changed some document after the new one had."""
        return any(before and not after for marks in map(self.marks, NAMES) for before, after in pairwise(marks))


@asynccontextmanager
async def replica(name: str, version: str, settings: Settings, logs: Path) -> AsyncIterator[Child]:
    """A process of the toy, ready."""
    url = f"http://{LOOPBACK}:{free_port()}"
    environment = {
        **os.environ,
        "SIHAO_AMQP_URL": settings.amqp_url.get_secret_value(),
        "SIHAO_MONGO_URL": settings.mongo_url.get_secret_value(),
        "SIHAO_DATABASE": settings.database,
        "SIHAO_OIDC_ISSUER": settings.oidc_issuer,
        "SIHAO_OIDC_JWKS_URL": settings.oidc_jwks_url,
        "SIHAO_PORT": url.rpartition(":")[2],
        "SIHAO_BATCH_LIMIT": "5",
        "SIHAO_PREFETCH": "10",
    }
    command = [sys.executable, "-m", "tests.support.rolling_toy", version]
    child = Child(name, command, log=logs / f"{name}.log", env=environment)
    await child.start()
    try:
        async with httpx2.AsyncClient() as client:
            await child.until(lambda: answers(client, f"{url}/startupz"), within=90)
        yield child
    finally:
        await child.stop()


async def end(child: Child) -> None:
    """Ask it to end; it must do so by itself, within the grace that the docs ask for."""
    assert child.pid is not None
    os.kill(child.pid, signal.SIGTERM)
    await asyncio.wait_for(child.wait(), DRAIN_SECONDS + 2 * _GRACE)
    assert child.exit_code in (0, -signal.SIGTERM)


async def test_old_and_new_side_by_side_lose_and_double_nothing_and_keep_what_they_do_not_know(
    backends: Backends, mongo_url: str, database_name: str, tmp_path: Path
) -> None:
    async with (
        backends.fresh_vhost() as amqp_url,
        AsyncMongoClient[dict[str, Any]](mongo_url) as client,
        await connect(amqp_url) as connection,
    ):
        settings = toy_settings(amqp_url, mongo_url, f"{database_name}_rolling")
        database, witness = client[settings.database], Witness()
        load = Load(amqp_url, witness)
        async with running_toy(settings):
            """Once, so that the queues stand."""
        queue = await (await connection.channel()).declare_queue("witness", durable=True)
        await queue.bind("sihao.events", f"{Pong.wire()}.#")
        await queue.consume(witness.hear, no_ack=True)

        async def heard(more: int) -> None:
            wanted = witness.count() + more

            async def enough() -> bool:
                return witness.count() >= wanted

            await until(enough, within=90)

        async def settled() -> bool:
            echoes = [echo async for echo in database["echoes"].find()]
            waiting = await database["counters"].count_documents({"outbox.0": {"$exists": True}})
            return sum(len(echo["state"]["totals"]) for echo in echoes) >= load.sent and not waiting

        start = partial(replica, settings=settings, logs=tmp_path)
        async with start("old-a", "old") as old_a, start("old-b", "old") as old_b:
            sending = asyncio.create_task(load.run())
            await heard(200)
            async with start("new-a", "new"):
                await end(old_a)
                await until(witness.mixed, within=90)
                async with start("new-b", "new"):
                    await end(old_b)
                    await heard(200)
                    load.stop()
                    await sending
                    await until(settled, within=120)

        for name in NAMES:
            counter = await database["counters"].find_one({"_id": name})
            echo = await database["echoes"].find_one({"_id": name})
            assert counter is not None
            assert echo is not None
            each = list(range(1, load.sent // len(NAMES) + 1))
            assert counter["state"]["total"] == counter["version"] == each[-1]
            assert sorted(echo["state"]["totals"]) == sorted(witness.heard[name]) == each, "every fact once, none twice"
            assert counter["state"]["by_next"] == sum(witness.marks(name)) > 0, (
                "the old version kept what it did not know"
            )
        assert await database["dead_letters"].count_documents({}) == 0
