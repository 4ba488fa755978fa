"""Straight into queues and out of them, past the exchange: for replays, restores and moves, and to look at them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import aio_pika
from aiormq.exceptions import ChannelNotFoundEntity, DeliveryError, PublishError
from pamqp.commands import Basic, Queue

from shared.runtime.amqp import CONNECT_TIMEOUT, Missing, Nacked, Unroutable, with_heartbeat

Send = Callable[[str, bytes, Basic.Properties], Awaitable[None]]
"""Puts one message straight into a queue, confirmed. Raises `Unroutable` if there is none, `Nacked` if it is full."""


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[Send]:
    """A connection for putting messages straight into queues: how dead letters are replayed, and stores restored."""
    connection = await aio_pika.connect(with_heartbeat(url), timeout=CONNECT_TIMEOUT)
    async with connection:
        opened = await connection.channel(publisher_confirms=True, on_return_raises=True)
        channel = await opened.get_underlay_channel()

        async def send(queue: str, body: bytes, properties: Basic.Properties) -> None:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                try:
                    await channel.basic_publish(body, routing_key=queue, properties=properties, mandatory=True)
                except PublishError as returned:
                    raise Unroutable(queue) from returned
                except DeliveryError as refusal:
                    raise Nacked(queue) from refusal

        yield send


class Parcel(NamedTuple):
    """One message for one queue."""

    queue: str
    body: bytes
    properties: Basic.Properties


SendAll = Callable[[Sequence[Parcel]], Awaitable[None]]
"""Puts messages straight into queues, each confirmed; raises as `Send` does, then some may have been sent."""


def sender_of_all(url: str) -> SendAll:
    """One connection for every lot."""

    async def send_all(parcels: Sequence[Parcel]) -> None:
        async with sender(url) as send:
            for parcel in parcels:
                await send(*parcel)

    return send_all


async def shift(url: str, source: str, target: str) -> int:
    """Put what waits in one queue into another, in its order, each taken away once it is safe there; answers how many.

    Raises:
        Missing: one of them does not exist.
    """
    done = 0
    async with sender(url) as send, await aio_pika.connect(with_heartbeat(url), timeout=CONNECT_TIMEOUT) as taking:
        channel = await (await taking.channel(publisher_confirms=False)).get_underlay_channel()
        try:
            while (message := await channel.basic_get(source)).delivery_tag:
                await send(target, message.body, message.header.properties)
                await channel.basic_ack(message.delivery_tag)
                done += 1
        except (ChannelNotFoundEntity, Unroutable) as gone:
            raise Missing(str(gone)) from gone
    return done


async def waiting_in(url: str, queues: Sequence[str]) -> dict[str, int]:
    """How many messages lie ready in each of these queues.

    Raises:
        Missing: one of them does not exist.
    """
    return {queue: answer.message_count or 0 for queue, answer in (await _declared(url, queues)).items()}


async def consumers_of(url: str, queues: Sequence[str]) -> int:
    """How many consumers these queues have: none if their service is stopped.

    Raises:
        Missing: one of them does not exist.
    """
    return sum(answer.consumer_count or 0 for answer in (await _declared(url, queues)).values())


async def _declared(url: str, queues: Sequence[str]) -> Mapping[str, Queue.DeclareOk]:
    """What the broker says of each."""
    async with await aio_pika.connect(with_heartbeat(url), timeout=CONNECT_TIMEOUT) as connection:
        channel = await (await connection.channel(publisher_confirms=False)).get_underlay_channel()
        try:
            return {queue: await channel.queue_declare(queue, passive=True) for queue in queues}
        except ChannelNotFoundEntity as gone:
            raise Missing(str(gone)) from gone
