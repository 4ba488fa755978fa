"""From RabbitMQ: one life of the connection that consumes, from the first queue to whatever ends it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import aio_pika
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelInvalidStateError
from yarl import URL

from shared.runtime.amqp import CONNECT_TIMEOUT, BrokerError, step_by_step, with_heartbeat

R = TypeVar("R")
SERVICE, SCOPE, KID = "sihao-service", "sihao-scope", "sihao-kid"
"""What a process says of itself on its consuming connection, for the operators of the broker: its service, the
jurisdiction it serves (empty: all), and the key it signs with (empty: none)."""
_CONSUME_TIMEOUT = 10.0
"""Seconds for a queue to answer; one without a leader does not answer at all."""
_LOST = "the consuming connection was lost"


@dataclass(frozen=True)
class Consumption:
    """One life of the consuming connection."""

    channel: AbstractChannel
    ended: asyncio.Future[Any]

    async def ack(self, tag: int, *, multiple: bool) -> None:
        """Acknowledge a delivery, or all up to it.

        Raises:
            ConnectionError: the connection was lost; what is not acknowledged comes again.
        """
        try:
            await self.unless_lost(self.channel.basic_ack(tag, multiple=multiple, wait=False))
        except ChannelInvalidStateError as closed:
            raise ConnectionError(_LOST) from closed

    async def unless_lost(self, step: Awaitable[R]) -> R:
        """Do it, but wait no longer than the connection lasts: the library's own steps may, and for ever.

        Raises:
            ConnectionError: the connection was lost before it was done.
        """
        doing = asyncio.ensure_future(step)
        try:
            await asyncio.wait({doing, self.ended}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise ConnectionError(_LOST)
            return doing.result()
        finally:
            doing.cancel()


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
