"""RabbitMQ, how facts get there. Two connections per process: one publishes, one consumes (`consuming.py`).

The publishing connection is FastStream's own, and the topology is declared on it. The consuming one belongs to the
lane, begins anew after every fault, and never shares a channel with publishing, because a broker under a memory alarm
stops reading from whoever publishes, acknowledgements included.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from aio_pika.abc import AbstractRobustChannel
from aiormq.abc import AbstractChannel
from aiormq.channel import Channel
from aiormq.exceptions import AMQPError, ChannelNotFoundEntity, DeliveryError, PublishError
from faststream.rabbit import RabbitBroker
from pamqp.commands import Basic
from yarl import URL

from shared.runtime import lenient
from shared.runtime.envelope import SIGNATURE, bound_of, headers_of
from shared.runtime.handlers import HandlerTable
from shared.runtime.logs import get_logger
from shared.runtime.signing import Signer
from shared.runtime.topology import EVENTS, dead_exchange, dead_queue, dead_queue_name, event_queue
from shared.runtime.wave import Outbound, Wave
from shared.runtime.work import Fact

log = get_logger(__name__)
lenient.install()

BrokerError = (AMQPError, ConnectionError, TimeoutError, asyncio.TimeoutError, OSError)
"""What a broker that is away, blocked or cut off looks like."""
_HEARTBEAT = "6"
CONNECT_TIMEOUT = 5.0
"""Seconds for a connection, or for one message put straight into a queue."""


def with_heartbeat(url: str) -> str:
    """The URL with a heartbeat of seconds: the default of a minute leaves a cut connection unnoticed for three."""
    parsed = URL(url)
    return str(parsed if "heartbeat" in parsed.query else parsed.update_query(heartbeat=_HEARTBEAT))


@asynccontextmanager
async def step_by_step(seconds: float) -> AsyncIterator[Callable[[], None]]:
    """So long for every step; what is given ends one and begins the next.

    Many steps may take long together, none of them alone: a limit on all would be missed again and again by a broker
    that is slow and at work.
    """
    async with asyncio.timeout(seconds) as limit:
        yield lambda: limit.reschedule(asyncio.get_running_loop().time() + seconds)


class Unroutable(Exception):  # noqa: N818 - a state of affairs: nobody listens yet
    """No queue is bound for this fact."""


class Missing(Exception):  # noqa: N818 - a state of affairs
    """Part of the topology is gone: somebody deleted it, or the broker came back empty."""


class Publisher:
    """Publishes waves of facts with confirms, on the connection of the FastStream broker."""

    def __init__(self, broker: RabbitBroker, *, timeout: float, signer: Signer | None = None) -> None:
        """`signer` signs every fact; without one they go out unsigned."""
        self._broker = broker
        self._signer = signer
        self._timeout = timeout
        self._line: _Line | None = None
        self._written: asyncio.Future[None] | None = None
        self._on_their_way: set[str] = set()
        self.ready = asyncio.Event()
        """Set once the topology stands and is sound."""

    async def connect(self) -> None:
        """Connect and open the publishing channel. Waits for the broker as long as it takes."""
        await self._open()

    async def stands(self, exchange: str) -> bool:
        """Whether there is such an exchange. A mark (`topology.mark_of`): everything it is for has been declared."""
        async with self._own_channel() as (channel, _):
            try:
                await channel.exchange_declare(exchange, passive=True)
            except ChannelNotFoundEntity:
                return False
        return True

    async def leave(self, mark: str) -> None:
        """Leave a mark: everything it is for has been declared."""
        async with self._own_channel() as (channel, _):
            await channel.exchange_declare(mark, durable=True)

    async def declare(self, table: HandlerTable) -> None:
        """Declare exchanges, queues and bindings; what stands stays as it is.

        Straight on a channel, because the broker object remembers what it has declared and would not do it again. An
        exchange that stands is not declared: a province may not, since who may declare may delete.
        """
        dead = dead_exchange(table)
        missing = [exchange for exchange in (EVENTS, dead) if not await self.stands(exchange.name)]
        async with self._own_channel() as (channel, next_step):
            version = str(channel.connection.server_properties["version"])
            for exchange in missing:
                await channel.exchange_declare(exchange.name, exchange_type=exchange.type.value, durable=True)
                next_step()
            parked = dead_queue(table, version)
            await channel.queue_declare(parked.name, durable=True, arguments=dict(parked.arguments))
            await channel.queue_bind(parked.name, dead.name, parked.name)
            next_step()
            for subscription in table:
                queue = event_queue(subscription, table, version)
                await channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
                next_step()
                for binding in subscription.bindings:
                    await channel.queue_bind(queue.name, EVENTS.name, binding)
                    next_step()

    async def _open(self) -> "_Line":
        """Where to publish; another one if it is closed, since the client library does not always reopen it."""
        connection = await self._broker.connect()
        await connection.ready()
        if self._line is None or self._line.channel.is_closed:
            self._line = _Line(await connection.channel(publisher_confirms=True, on_return_raises=True))
        return self._line

    @asynccontextmanager
    async def _own_channel(self) -> AsyncIterator[tuple[AbstractChannel, Callable[[], None]]]:
        """A channel that may fail alone, and what gives its next step as much time again."""
        connection = await self._broker.connect()
        async with step_by_step(self._timeout) as next_step, connection.channel(publisher_confirms=False) as opened:
            yield await opened.get_underlay_channel(), next_step

    async def depths(self, table: HandlerTable) -> dict[str, int]:
        """How many messages wait in each queue of this table, and in its dead-letter queue.

        Raises:
            Missing: a queue or an exchange is gone.
        """
        async with self._own_channel() as (channel, next_step):
            names = [*(subscription.queue for subscription in table), dead_queue_name(table)]
            try:
                for exchange in (EVENTS, dead_exchange(table)):
                    await channel.exchange_declare(exchange.name, passive=True)
                found = []
                for name in names:
                    found.append(await channel.queue_declare(name, passive=True))
                    next_step()
            except ChannelNotFoundEntity as gone:
                raise Missing(str(gone)) from gone
        return {name: answer.message_count or 0 for name, answer in zip(names, found, strict=True)}

    async def consumers(self, queue: str) -> int:
        """How many consume this queue; none if it does not exist."""
        async with self._own_channel() as (channel, _):
            try:
                return (await channel.queue_declare(queue, passive=True)).consumer_count or 0
            except ChannelNotFoundEntity:
                return 0

    async def publish(self, facts: Sequence[Fact]) -> dict[str, Exception]:
        """Publish all at once; answers the failures by fact id. Never raises for the broker.

        A fact that is already on its way is not sent again beside it: the broker names returned messages by id only.
        """
        if not self.ready.is_set():
            return {fact.id: ConnectionError("not connected") for fact in facts}
        busy: dict[str, Exception] = {f.id: OnItsWay(f.id) for f in facts if f.id in self._on_their_way}
        free = {fact.id: fact for fact in facts if fact.id not in busy}
        self._on_their_way |= free.keys()
        try:
            failures = await self._publish(list(free.values()))
        finally:
            self._on_their_way -= free.keys()
        return busy | failures

    async def _publish(self, facts: Sequence[Fact]) -> dict[str, Exception]:
        try:
            async with asyncio.timeout(self._timeout):
                line = await self._open()
                if self._written is not None:  # a blocked broker reads nothing: no pile of waves in front of it
                    await asyncio.wait({self._written})
                wave = Wave(cast("Channel", await line.channel.get_underlay_channel()))
                await wave.send(EVENTS.name, [outbound(fact, self._signer) for fact in facts])
                self._written = wave.drained
        except (*BrokerError, asyncio.QueueFull, RuntimeError) as error:  # RuntimeError: nothing is open any more
            return {fact.id: error for fact in facts}
        async with line.carrying():
            failures = {id_: _named(failure) for id_, failure in (await wave.confirmed(self._timeout)).items()}
            if any(isinstance(failure, Nacked) for failure in failures.values()):
                self._leave(line)
        return failures

    def _leave(self, line: "_Line") -> None:
        """Publish on another channel from now on.

        A channel of RabbitMQ 3.10 that first asked for a queue when its leader had just died refuses what is sent to
        that queue for good, though there has long been another leader; a new channel asks anew.
        """
        line.left = True
        if self._line is line:
            self._line = None


@dataclass
class _Line:
    """A channel that is published on, and how many waves it carries."""

    channel: AbstractRobustChannel
    waves: int = 0
    left: bool = False
    """Whether it ends with its last wave."""

    @asynccontextmanager
    async def carrying(self) -> AsyncIterator[None]:
        """One wave more, until its confirms are in."""
        self.waves += 1
        try:
            yield
        finally:
            self.waves -= 1
            if self.left and not self.waves:
                with suppress(*BrokerError, RuntimeError):  # it was lost meanwhile
                    await self.channel.close()


class OnItsWay(Exception):  # noqa: N818 - a state of affairs
    """This very fact has been sent and is not confirmed yet."""


class Nacked(Exception):  # noqa: N818 - a state of affairs: `basic.nack`
    """The broker does not take it: a queue that hears it is full, or cannot write. Others may have taken it."""


def _named(failure: Exception) -> Exception:
    if isinstance(failure, PublishError):
        return Unroutable(str(failure))
    return Nacked(str(failure)) if isinstance(failure, DeliveryError) else failure


def outbound(fact: Fact, signer: Signer | None = None) -> Outbound:
    """A fact as a wave carries it, signed if somebody signs."""
    body = fact.body.encode()
    signature = signer.sign(body, bound_of(fact)) if signer else None
    return Outbound(fact.id, fact.routing_key, body, properties_of(fact, signature))


def properties_of(fact: Fact, signature: str | None = None) -> Basic.Properties:
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
        headers={**headers_of(fact), **({SIGNATURE: signature} if signature else {})},
    )
