"""What must survive: a process killed between commit and publish, a store that stops, a broker that restarts."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from dev.backends import Backends
from shared.runtime.mongo import Database
from shared.runtime.settings import Settings
from tests.support.toy import COUNTERS, ECHOES
from tests.support.toy_bench import ping, publish, running_toy, toy_settings, until

_ROOT = Path(__file__).parents[2]


def environment(settings: Settings, extra: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "SIHAO_AMQP_URL": settings.amqp_url.get_secret_value(),
        "SIHAO_MONGO_URL": settings.mongo_url.get_secret_value(),
        "SIHAO_DATABASE": settings.database,
        "SIHAO_OIDC_ISSUER": settings.oidc_issuer,
        "SIHAO_OIDC_JWKS_URL": settings.oidc_jwks_url,
        "SIHAO_SWEEP_EVERY": "0.2",
        "SIHAO_SWEEP_AGE": "0.5",
        **extra,
    }


@asynccontextmanager
async def toy_process(settings: Settings, **extra: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.toy_service", cwd=_ROOT, env=environment(settings, extra)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest.mark.parametrize("point", ["committed", "published"])
async def test_a_process_killed_around_the_publish_loses_and_doubles_nothing(
    point: str, backends: Backends, mongo_url: str, database_name: str
) -> None:
    async with backends.fresh_vhost() as amqp_url:
        settings = toy_settings(amqp_url, mongo_url, f"{database_name}_{point}")
        async with running_toy(settings):
            """Once, so that the queues stand."""
        await publish(amqp_url, [ping("k", by=n) for n in (1, 2, 3)], ids=["k1", "k2", "k3"])
        async with toy_process(settings, TOY_DIE_AT=point) as process:
            assert await asyncio.wait_for(process.wait(), 30) == -9
        database = Database(mongo_url, settings.database)
        stopped = await database.collection("counters").find_one({"_id": "k"})
        assert stopped is not None, "it died before the commit: the point was not reached"
        assert stopped["outbox"], "the outbox was cleared before the death: the point was not reached"
        async with running_toy(settings) as service:

            async def all_echoed() -> bool:
                state = await service.database.get(ECHOES, "k")
                return state is not None and sorted(state.totals) == [1, 3, 6]

            await until(all_echoed)
            assert await service.dead_letters.list() == []
            counted = await service.database.get(COUNTERS, "k")
            assert counted is not None
            assert counted.total == 6
        database.close()


async def test_a_store_away_for_fifteen_seconds_dead_letters_nothing(
    backends: Backends, mongo_url: str, database_name: str
) -> None:
    if backends.store is None:
        raise RuntimeError("this test stops the store: it needs one of its own")
    async with (
        backends.fresh_vhost() as amqp_url,
        running_toy(toy_settings(amqp_url, mongo_url, f"{database_name}_away")) as service,
    ):
        await backends.store.stop()
        await publish(amqp_url, [ping(f"w{n % 10}") for n in range(200)], ids=[f"w{n}" for n in range(200)])
        await asyncio.sleep(15)
        await backends.store.start()

        async def all_counted() -> bool:
            states = await service.database.get_many(COUNTERS, [f"w{n}" for n in range(10)])
            return sum(state.total for state in states.values()) == 200

        await until(all_counted, within=60)
        assert await service.dead_letters.list() == []


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_a_broker_restart_loses_nothing(how: str, backends: Backends, mongo_url: str, database_name: str) -> None:
    if backends.broker is None:
        raise RuntimeError("this test restarts the broker: it needs one of its own")
    settings = toy_settings("", mongo_url, f"{database_name}_{how}")
    async with backends.fresh_vhost() as amqp_url:
        settings.amqp_url = SecretStr(amqp_url)
        async with running_toy(settings) as service:
            await publish(amqp_url, [ping(f"b{n % 10}") for n in range(100)], ids=[f"b{n}" for n in range(100)])
            if how == "stopped":
                await backends.broker.stop()
            else:
                # RabbitMQ 3.10 sometimes elects no leader for a queue that was written to in the moment of the kill.
                await asyncio.sleep(2)
                await backends.broker.kill()
            await backends.broker.start()
            await publish(amqp_url, [ping(f"b{n % 10}") for n in range(100)], ids=[f"c{n}" for n in range(100)])

            async def all_echoed() -> bool:
                echoes = await service.database.get_many(ECHOES, [f"b{n}" for n in range(10)])
                return sorted(len(state.totals) for state in echoes.values()) == [20] * 10

            await until(all_echoed, within=60)
            assert await service.dead_letters.list() == []
