"""The tap: a queue of our own that hears every event, for the reckoning and for doing things again."""

import asyncio
import hashlib
import sys
from array import array
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError

from chaos.stage import FUJIAN
from shared.runtime.topology import ARCHIVE

EXCHANGE = "sihao.events"
QUEUE = "chaos.tap"
NOT_OURS = frozenset({QUEUE, ARCHIVE})
"""Queues from which no service consumes."""
BrokerAway = (AMQPError, OSError, TimeoutError, RuntimeError)
"""What talking to a broker that is away or going away raises."""
_KEPT = 2_000
"""Messages kept for being published again."""
_PREFETCH = 500
_PATIENCE = 1_200.0
_ATTEMPT = 30.0
"""Seconds: a broker that goes away in the wrong moment leaves its client waiting for ever."""


class Tap:
    """What was announced on the bus, by id."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: dict[str, tuple[str, bytes]] = {}
        """Type and SHA-256 of the body, by event id; bodies are not kept, a long run has half a million."""
        self.by_key: Counter[str] = Counter()
        """Messages by routing key, those that came again included."""
        self.arrivals: dict[str, array[float]] = {}
        """When something new was heard, by the service that announced it; monotonic seconds."""
        self.changed: list[str] = []
        """Ids that were announced with different bodies."""
        self.copies = 0
        """Messages beyond the first of their id; those that we published again included."""
        self.recent: deque[aio_pika.abc.AbstractIncomingMessage] = deque(maxlen=_KEPT)
        """The latest messages."""

    async def open(self) -> None:
        """Declare and bind the queue."""
        async with connected(self.url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(await channel.get_exchange(EXCHANGE), "#")

    async def run(self) -> None:
        """For ever: listen; after every fault, listen again."""
        while True:
            with suppress(*BrokerAway):
                async with connected(self.url) as connection:
                    channel = await connection.channel()
                    await channel.set_qos(prefetch_count=_PREFETCH)
                    ended = asyncio.get_running_loop().create_future()

                    def end(*_: object, ended: asyncio.Future[None] = ended) -> None:
                        if not ended.done():
                            ended.set_result(None)

                    channel.close_callbacks.add(end)
                    queue = await channel.get_queue(QUEUE, ensure=False)
                    await asyncio.wait_for(queue.consume(self._take), 10.0)
                    await ended
            await asyncio.sleep(0.3)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        id_, what = str(message.message_id), (sys.intern(str(message.type)), hashlib.sha256(message.body).digest())
        self.by_key[sys.intern(message.routing_key or "")] += 1
        before = self.heard.setdefault(id_, what)
        if before is what:
            self.recent.append(message)
            self.arrivals.setdefault(_announcer(message), array("d")).append(monotonic())
        else:
            self.copies += 1
            if before != what:
                self.changed.append(id_)
        with suppress(*BrokerAway):
            await message.ack()

    async def again(self, messages: Sequence[AbstractIncomingMessage]) -> None:
        """Publish these once more, exactly as they were."""
        await self.publish([(EXCHANGE, message.routing_key or "", again(message)) for message in messages])

    async def publish(self, messages: Sequence[tuple[str, str, aio_pika.Message]]) -> None:
        """Publish (exchange, routing key, message), confirmed; after a fault from the first unconfirmed one on."""
        left = deque(messages)

        async def rest(channel: aio_pika.abc.AbstractChannel) -> None:
            while left:
                exchange, key, message = left[0]
                to = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
                await to.publish(message, routing_key=key, timeout=10.0)
                left.popleft()

        await self._persistently(rest)

    async def _persistently(self, act: Callable[[aio_pika.abc.AbstractChannel], Awaitable[None]]) -> None:
        """Do it on a channel of its own, as often as it takes."""
        end = monotonic() + _PATIENCE
        while True:
            try:
                async with asyncio.timeout(_ATTEMPT), connected(self.url) as connection:
                    await act(await connection.channel(publisher_confirms=True))
            except BrokerAway:
                if monotonic() > end:
                    raise
                await asyncio.sleep(0.5)
            else:
                return

    async def hold_back(self, queue: str, *, at_most: int, seconds: float, order: Callable[[list[int]], None]) -> int:
        """Take messages out of a service's queue, keep them, give them back in another order; answers how many."""
        held: dict[int, AbstractIncomingMessage] = {}
        async with asyncio.timeout(seconds + _ATTEMPT), connected(self.url) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=at_most)

            async def keep(message: AbstractIncomingMessage) -> None:
                held[message.delivery_tag or 0] = message

            there = await channel.get_queue(queue, ensure=False)
            tag = await asyncio.wait_for(there.consume(keep), 10.0)
            await asyncio.sleep(seconds)
            await there.cancel(tag)
            tags = list(held)
            order(tags)
            for number in tags:
                await held[number].nack(requeue=True)
        return len(held)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[aio_pika.abc.AbstractConnection]:
    """A connection; closing one that is broken already is no matter."""
    connection = await aio_pika.connect(f"{url}?heartbeat=6", timeout=5.0)
    try:
        yield connection
    finally:
        with suppress(*BrokerAway):
            await asyncio.wait_for(connection.close(), 2.0)


def _announcer(message: AbstractIncomingMessage) -> str:
    """The service that announced it, as the stage names it."""
    return FUJIAN if b'"jurisdiction":"35"' in message.body else str(message.app_id)


def again(message: AbstractIncomingMessage) -> aio_pika.Message:
    """The same message, to be published once more."""
    return aio_pika.Message(
        message.body,
        headers=dict(message.headers),
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        correlation_id=message.correlation_id,
        message_id=message.message_id,
        timestamp=message.timestamp,
        type=message.type,
        app_id=message.app_id,
    )
