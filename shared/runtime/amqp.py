"""RabbitMQ: the one module that imports aio-pika. Two connections per process: one publishes, one consumes.

The publishing connection is FastStream's own: its broker declares the topology on it. The consuming one belongs to the
lane, begins anew after every fault, and never shares a channel with publishing, because a broker under a memory alarm
stops reading from whoever publishes, acknowledgements included.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import aio_pika
from aio_pika.abc import AbstractRobustChannel
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.channel import Channel
from aiormq.exceptions import AMQPError, PublishError
from faststream.rabbit import RabbitBroker
from pamqp.commands import Basic
from yarl import URL

from shared.runtime.envelope import headers_of
from shared.runtime.handlers import HandlerTable
from shared.runtime.logs import get_logger
from shared.runtime.topology import DEAD, EVENTS, dead_queue, dead_queue_name, event_queue
from shared.runtime.work import Fact

log = get_logger(__name__)

BrokerError = (AMQPError, ConnectionError, TimeoutError, asyncio.TimeoutError, OSError)
"""What a broker that is away, blocked or cut off looks like."""
_HEARTBEAT = "6"
_CONNECT_TIMEOUT = 5.0
_CONSUME_TIMEOUT = 10.0
"""Seconds for all queues to answer; one without a leader does not answer at all."""


def with_heartbeat(url: str) -> str:
    """The URL with a heartbeat of seconds: the default of a minute leaves a cut connection unnoticed for three."""
    parsed = URL(url)
    return str(parsed if "heartbeat" in parsed.query else parsed.update_query(heartbeat=_HEARTBEAT))


class Unroutable(Exception):  # noqa: N818 - a state of affairs: nobody listens yet
    """No queue is bound for this fact."""


class Publisher:
    """Publishes waves of facts with confirms, on the connection of the FastStream broker."""

    def __init__(self, broker: RabbitBroker, *, timeout: float) -> None:
        self._broker = broker
        self._timeout = timeout
        self._channel: AbstractRobustChannel | None = None
        self.ready = asyncio.Event()
        """Set once the topology stands and is sound."""

    async def connect(self, table: HandlerTable) -> None:
        """Connect, declare the topology, open the publishing channel. Waits for the broker as long as it takes."""
        connection = await self._broker.connect()
        version = str(connection.transport.connection.server_properties["version"]) if connection.transport else "0"
        await self._declare(table, version)
        self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)

    async def _declare(self, table: HandlerTable, version: str) -> None:
        events = await self._broker.declare_exchange(EVENTS)
        dead = await self._broker.declare_exchange(DEAD)
        parked = dead_queue(table)
        await (await self._broker.declare_queue(parked)).bind(dead, routing_key=parked.name)
        for subscription in table:
            queue = await self._broker.declare_queue(event_queue(subscription, table, version))
            for binding in subscription.bindings:
                await queue.bind(events, routing_key=binding)

    async def depths(self, table: HandlerTable) -> dict[str, int]:
        """How many messages wait in each queue of this table, and in its dead-letter queue."""
        connection = await self._broker.connect()
        async with asyncio.timeout(self._timeout), connection.channel(publisher_confirms=False) as opened:
            channel = await opened.get_underlay_channel()
            names = [*(subscription.queue for subscription in table), dead_queue_name(table)]
            answers = [await channel.queue_declare(name, passive=True) for name in names]
        return {name: answer.message_count or 0 for name, answer in zip(names, answers, strict=True)}

    async def publish(self, facts: Sequence[Fact]) -> dict[str, Exception]:
        """Publish all at once; answers the failures by fact id. Never raises for the broker."""
        if not self.ready.is_set() or self._channel is None:
            return {fact.id: ConnectionError("not connected") for fact in facts}
        try:
            async with asyncio.timeout(self._timeout):
                channel = cast("Channel", await self._channel.get_underlay_channel())
                results = await asyncio.gather(*(self._publish_one(channel, f) for f in facts), return_exceptions=True)
        except BrokerError as error:
            return {fact.id: error for fact in facts}
        failures: dict[str, Exception] = {}
        for fact, result in zip(facts, results, strict=True):
            if isinstance(result, Exception):
                failures[fact.id] = result
            elif isinstance(result, BaseException):
                raise result
        return failures

    async def _publish_one(self, channel: Channel, fact: Fact) -> None:
        try:
            await channel.basic_publish(
                fact.body.encode(),
                exchange=EVENTS.name,
                routing_key=fact.routing_key,
                properties=properties_of(fact),
                mandatory=True,
                wait=False,
            )
        except PublishError as returned:
            raise Unroutable(fact.routing_key) from returned


Send = Callable[[str, bytes, Basic.Properties], Awaitable[None]]
"""Puts one message straight into a queue, confirmed. Raises `Unroutable` if there is no such queue."""


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[Send]:
    """A connection for putting messages straight into queues: how dead letters are replayed."""
    connection = await aio_pika.connect(with_heartbeat(url), timeout=_CONNECT_TIMEOUT)
    async with connection:
        opened = await connection.channel(publisher_confirms=True, on_return_raises=True)
        channel = await opened.get_underlay_channel()

        async def send(queue: str, body: bytes, properties: Basic.Properties) -> None:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                try:
                    await channel.basic_publish(body, routing_key=queue, properties=properties, mandatory=True)
                except PublishError as returned:
                    raise Unroutable(queue) from returned

        yield send


def properties_of(fact: Fact) -> Basic.Properties:
    """AMQP properties and CloudEvents headers of a fact."""
    return Basic.Properties(
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=2,
        message_id=fact.id,
        message_type=fact.type,
        correlation_id=fact.subject,
        app_id=fact.source,
        timestamp=datetime.fromisoformat(fact.time),
        headers=dict(headers_of(fact)),
    )


@dataclass(frozen=True)
class Consumption:
    """One life of the consuming connection."""

    channel: AbstractChannel
    ended: asyncio.Future[Any]

    async def ack(self, tag: int, *, multiple: bool) -> None:
        """Acknowledge a delivery, or all up to it."""
        await self.channel.basic_ack(tag, multiple=multiple, wait=False)


@asynccontextmanager
async def consume(
    url: str, queues: Sequence[str], prefetch: int, deliver: Callable[[str, DeliveredMessage], None]
) -> AsyncIterator[Consumption]:
    """Connect and consume from these queues; `ended` completes when the connection, channel or a consumer is lost."""
    connection = await aio_pika.connect(with_heartbeat(url), timeout=_CONNECT_TIMEOUT)
    try:
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def end(_: object) -> None:
            if not ended.done():
                ended.set_result(None)

        async with asyncio.timeout(_CONSUME_TIMEOUT):
            opened = await connection.channel(publisher_confirms=False)
            channel = await opened.get_underlay_channel()
            channel.closing.add_done_callback(end)
            channel.on_consumer_cancel_callbacks.add(end)
            await channel.basic_qos(prefetch_count=prefetch)
            for queue in queues:

                async def receive(message: DeliveredMessage, queue: str = queue) -> None:
                    deliver(queue, message)

                await channel.basic_consume(queue, receive)
        yield Consumption(channel, ended)
    finally:
        with suppress(*BrokerError):
            async with asyncio.timeout(1.0):
                await connection.close()
