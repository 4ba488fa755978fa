"""Three nodes of our own: a broker whose queues live on all of them, a store that finds itself another primary."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aio_pika
import pytest
from faststream.rabbit import RabbitBroker

from chaos.faults.cluster import MOVE_LEADERS
from chaos.waiting import until
from dev import broker as rabbitmq
from dev import store as mongodb
from dev.broker import Broker
from dev.store import Store
from shared.runtime.amqp import Publisher
from shared.runtime.topology import EVENTS
from shared.runtime.work import Fact

PATIENCE = 120.0
QUORUM = {"x-queue-type": "quorum"}
LEADER = "{_, Leader} = amqqueue:get_pid(hd(rabbit_amqqueue:list())), Leader."
"""Erlang: the node that leads the only queue."""
NOW = datetime(2026, 11, 26, tzinfo=UTC)
FACT = Fact("f1", "toy.ping.v1", "toy.ping.v1.35", "toy", "one", NOW.isoformat(), "{}", {}, NOW, NOW)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    server = mongodb.find_server()
    assert server is not None
    store = Store(tmp_path, server, nodes=3)
    try:
        await store.start(within=PATIENCE)
        yield store
    finally:
        await store.close()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    server = rabbitmq.find_server()
    assert server is not None
    broker = Broker(tmp_path, server, nodes=3)
    try:
        await broker.start(within=PATIENCE)
        yield broker
    finally:
        await broker.close()


async def test_a_store_has_another_primary_after_a_step_down_and_after_a_death(store: Store) -> None:
    for loses in (_stepping_down, _dying):
        before = await store.primary()
        assert before is not None
        await loses(store)

        async def another(before: object = before) -> bool:
            return await store.primary() not in {None, before}

        assert await until(another, within=PATIENCE)
        await store.start(within=PATIENCE)
        assert await store.whole()


async def _stepping_down(store: Store) -> None:
    await store.step_down(at_once=False)


async def _dying(store: Store) -> None:
    primary = await store.primary()
    assert primary is not None
    await primary.kill()


async def test_a_queue_outlives_the_death_of_any_node_and_gets_another_leader_when_told(broker: Broker) -> None:
    """A publisher that first asks for the queue when its leader has just died is not refused for good."""
    await declared(broker.nodes[0].url)

    async def moved() -> bool:  # a member that is behind does not take it at once
        return await broker.evaluate(MOVE_LEADERS, on=broker.nodes[0]) == "1"

    assert await until(moved, within=PATIENCE)
    leader = await broker.evaluate(LEADER, on=broker.nodes[0])
    dies = next(node for node in broker.nodes if node.erlang_name in leader)
    faststream = RabbitBroker(next(node.url for node in broker.nodes if node is not dies))
    publisher = Publisher(faststream, timeout=5.0)
    await publisher.connect()
    publisher.ready.set()
    await dies.kill()

    async def takes() -> bool:
        return not await publisher.publish([FACT])

    assert await until(takes, within=PATIENCE)
    await faststream.stop()
    await broker.start(within=PATIENCE)
    running = {node["name"] for node in await broker.api.get("nodes") if node["running"]}
    assert running == {node.erlang_name for node in broker.nodes}


async def declared(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EVENTS.name, "topic", durable=True)
        await (await channel.declare_queue("kept", durable=True, arguments=QUORUM)).bind(exchange, "#")
