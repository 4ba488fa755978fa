"""A service that is asked to end (SIGTERM) under load ends by itself, in time, and keeps all it has taken."""

import asyncio
import os
import signal
from typing import Any

import httpx2
from aio_pika import connect
from pymongo import AsyncMongoClient

from dev.processes import Child
from shared.contracts import ApplicationSubmitted, RoundOpened
from tests.support.platform import Platform, announce, example, lone_scoring
from tests.support.toy_bench import until

GRACE = 10.0
"""Seconds in which it must have ended."""


async def end(child: Child) -> None:
    """Ask a process to end, and wait until it has."""
    assert child.pid is not None
    os.kill(child.pid, signal.SIGTERM)
    await asyncio.wait_for(child.wait(), GRACE)


async def test_what_was_answered_with_yes_is_there_afterwards(platform: Platform) -> None:
    """Notify is asked to end while people are being registered."""
    operator, said_yes, ending = platform.token("operator"), set[str](), asyncio.Event()
    profile = {"role": "subscriber", "name": "订阅者", "mail": None, "area": "35", "channels": ["inbox"]}

    async def register(lane: int) -> None:
        for number in range(1000):
            person = f"load-{lane}-{number}"
            try:
                response = await platform.call("PUT", "notify", f"/recipients/{person}", token=operator, json=profile)
            except httpx2.HTTPError:
                assert ending.is_set()
                return
            if response.is_success:
                said_yes.add(person)

    async def under_way() -> bool:
        return len(said_yes) >= 50

    async with asyncio.TaskGroup() as load:
        for lane in range(8):
            load.create_task(register(lane))
        await until(under_way)
        ending.set()
        await end(platform.stand.processes["notify"])
    await platform.stand.processes.restart("notify")
    found = await platform.stand.platform.operator().every("notify", "/recipients", role="subscriber")
    assert said_yes <= {person["id"] for person in found}


async def test_no_message_is_lost(platform: Platform) -> None:
    """Scoring is asked to end while many applications come in; started again, it scores the rest."""
    count, round_ = 150, "CN-2020-S"
    text = example(ApplicationSubmitted, round_=round_)
    own = f'"application": "{round_}-51350200MJB00102XM"'.encode()
    applications = [(f"load-{n}", text.replace(own, f'"application": "{round_}-{n}"'.encode())) for n in range(count)]
    heard: set[str] = set()
    async with (
        lone_scoring(platform) as lone,
        await connect(lone.amqp_url) as connection,
        AsyncMongoClient[dict[str, Any]](lone.mongo_url) as store,
    ):
        queue = await (await connection.channel()).declare_queue("scores", durable=True)
        await queue.bind("sihao.events", "application.scored.v1.#")
        database = store[lone.database]

        async def some() -> bool:
            return await database["records"].count_documents({}) > 0

        async def all_announced() -> bool:
            while message := await queue.get(fail=False, no_ack=True):
                heard.add(str(message.message_id))
            return len(heard) == count

        await announce(lone.amqp_url, RoundOpened, [("its-round", example(RoundOpened, round_=round_))], area="CN")
        incoming = asyncio.create_task(announce(lone.amqp_url, ApplicationSubmitted, applications))
        await until(some)
        await end(lone.process)
        await incoming
        await lone.process.start()
        await until(all_announced)
        assert await database["records"].count_documents({}) == count
        assert await database["dead_letters"].count_documents({}) == 0
