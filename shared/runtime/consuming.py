"""From RabbitMQ: one life of the connection that consumes, from the first queue to whatever ends it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aio_pika
from aiormq.abc import AbstractChannel, DeliveredMessage
from yarl import URL

from shared.runtime.amqp import CONNECT_TIMEOUT, BrokerError, step_by_step, with_heartbeat

SERVICE, SCOPE, KID = "sihao-service", "sihao-scope", "sihao-kid"
"""What a process says of itself on its consuming connection, for the operators of the broker: its service, the
jurisdiction it serves (empty: all), and the key it signs with (empty: none)."""
_CONSUME_TIMEOUT = 10.0
"""Seconds for a queue to answer; one without a leader does not answer at all."""


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
    url: str,
    queues: Sequence[str],
    prefetch: int,
    deliver: Callable[[str, DeliveredMessage], None],
    *,
    arguments: Mapping[str, Any] | None = None,
    introduction: Mapping[str, str] | None = None,
) -> AsyncIterator[Consumption]:
    """Connect and consume from these queues; `ended` completes when the connection, channel or a consumer is lost.

    `introduction` is what the connection says of its client.
    """
    connection = aio_pika.Connection(URL(with_heartbeat(url)), client_properties=dict(introduction or {}))
    try:
        await connection.connect(timeout=CONNECT_TIMEOUT)
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def end(_: object) -> None:
            if not ended.done():
                ended.set_result(None)

        async with step_by_step(_CONSUME_TIMEOUT) as next_step:
            opened = await connection.channel(publisher_confirms=False)
            channel = await opened.get_underlay_channel()
            channel.closing.add_done_callback(end)
            channel.on_consumer_cancel_callbacks.add(end)
            await channel.basic_qos(prefetch_count=prefetch)
            for queue in queues:

                async def receive(message: DeliveredMessage, queue: str = queue) -> None:
                    deliver(queue, message)

                await channel.basic_consume(queue, receive, arguments=dict(arguments or {}))
                next_step()
        yield Consumption(channel, ended)
    finally:
        with suppress(*BrokerError):
            async with asyncio.timeout(1.0):
                await connection.close()
