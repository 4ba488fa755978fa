"""Somebody who hears everything that is announced, from a queue of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractIncomingMessage


@asynccontextmanager
async def listening(amqp_url: str) -> AsyncIterator[list[AbstractIncomingMessage]]:
    """What has been heard so far, in the order of arrival."""
    heard: list[AbstractIncomingMessage] = []

    async def hear(message: AbstractIncomingMessage) -> None:
        heard.append(message)
        await message.ack()

    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=200)
        exchange = await channel.declare_exchange("sihao.events", "topic", durable=True)
        queue = await channel.declare_queue("listener", durable=True)
        await queue.bind(exchange, "#")
        await queue.consume(hear)
        yield heard
