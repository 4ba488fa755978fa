"""A foreign listener: somebody who hears every event with plain AMQP and knows nothing of our runtime."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, ExchangeType

from demo.stand import EXCHANGE


@dataclass(frozen=True)
class Heard:
    """One event as it travelled."""

    key: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def wire(self) -> str:
        """Its name on the wire."""
        return self.headers["ce-type"]

    @property
    def trace(self) -> str:
        """The trace it belongs to (W3C trace context: version, trace id, span id, flags)."""
        return self.headers["traceparent"].split("-")[1]


@asynccontextmanager
async def listening(amqp_url: str) -> AsyncIterator[list[Heard]]:
    """Everything that is announced from now on."""
    heard: list[Heard] = []

    async def hear(message: AbstractIncomingMessage) -> None:
        headers = {name: str(value) for name, value in message.headers.items()}
        heard.append(Heard(message.routing_key or "", headers, message.body))

    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        await queue.consume(hear, no_ack=True)
        yield heard
