"""The archive: every announced fact once more, outside the stores, for as long as its retention says.

A RabbitMQ stream bound to whatever somebody hears. Not to everything: a fact counts as heard once any queue takes it,
and one that no service hears must go on waiting in its outbox. Facts that may go unheard are kept, too.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from itertools import count
from typing import Any

from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelClosed, ChannelPreconditionFailed
from faststream.rabbit import RabbitBroker
from pamqp.commands import Basic

from shared.contracts import CATALOGUE
from shared.runtime.amqp import BrokerError, step_by_step
from shared.runtime.consuming import consume
from shared.runtime.handlers import HandlerTable
from shared.runtime.logs import get_logger
from shared.runtime.patience import Patience, Told, patiently
from shared.runtime.queues import sender
from shared.runtime.topology import ARCHIVE, EVENTS

log = get_logger(__name__)

Read = Callable[[], AsyncIterator[DeliveredMessage]]
"""Begins to read, at the same place every time."""
_MARK = "sihao.archive.mark"
"""Type of the message by which a reader knows how far to read."""
_PREFETCH = 200
_ACK_EVERY = 50
"""Messages; the broker sends others for those that are acknowledged."""


def archive_bindings(table: HandlerTable) -> list[str]:
    """What a service has the archive hear: what it hears itself, and what may go unheard by anybody."""
    own = (binding for subscription in table for binding in subscription.bindings)
    return sorted({*own, *(f"{event.wire()}.#" for event in CATALOGUE if event.may_go_unheard)})


async def declare_archive(
    broker: RabbitBroker,
    table: HandlerTable,
    *,
    days: int,
    size: int,
    timeout: float,  # noqa: ASYNC109
) -> bool:
    """Have the archive stand and hear what `table` hears; one that stands already keeps its retention.

    A broker that has no streams, or does not let us have one, is told in the log: the service works on without, and the
    answer is no.

    Raises:
        BrokerError: the broker is away.
    """
    arguments: dict[str, Any] = {"x-queue-type": "stream", "x-max-age": f"{days}D", "x-max-length-bytes": size}
    try:
        async with step_by_step(timeout) as next_step:
            try:
                async with _channel(broker) as channel:
                    await channel.exchange_declare(EVENTS.name, exchange_type=EVENTS.type.value, durable=True)
                    await channel.queue_declare(ARCHIVE, durable=True, arguments=arguments)
            except ChannelPreconditionFailed:
                pass
            next_step()
            async with _channel(broker) as channel:
                for binding in archive_bindings(table):
                    await channel.queue_bind(ARCHIVE, EVENTS.name, binding)
                    next_step()
    except ChannelClosed as refusal:
        log.warning("no archive: what is lost with a store cannot be given back", why=str(refusal))
        return False
    return True


@asynccontextmanager
async def _channel(broker: RabbitBroker) -> AsyncIterator[AbstractChannel]:
    connection = await broker.connect()
    async with connection.channel(publisher_confirms=False) as opened:
        yield await opened.get_underlay_channel()


class Archived:
    """What was archived from a moment on, up to an end that is the same for every reading.

    What comes later waits in the queues of the service, which is stopped; to follow it need not end while others work.
    """

    def __init__(self, url: str, since: datetime, told: Told) -> None:
        """While the broker is away a reading waits, and says why to `told`."""
        self._url = url
        self._since = since
        self._told = told
        self._end = ""
        """The mark at which every reading ends. The first one sets it when it has come to the end, once: by then
        whatever the service had heard when it was stopped is in the archive, too."""

    async def read(self) -> AsyncIterator[DeliveredMessage]:
        """All of it, oldest first; a little earlier ones may come first. After an outage it goes on behind the last.

        Raises:
            Unroutable: there is no archive.
        """
        end = self._end or await self._mark()
        patience = Patience(self._told)
        place: datetime | int = self._since
        while True:
            try:
                async with aclosing(_read_on(self._url, place)) as reading:
                    async for raw in reading:
                        patience.succeeded()
                        properties = raw.header.properties
                        if properties.message_type != _MARK:
                            yield raw
                        elif properties.message_id == end:
                            if self._end:
                                return
                            end = self._end = await self._mark()
                        place = _offset(raw) + 1
            except BrokerError as error:
                await patience.wait(error)

    async def _mark(self) -> str:
        mark = str(uuid.uuid4())
        await patiently(lambda: _mark(self._url, mark), BrokerError, self._told)
        return mark


def _offset(raw: DeliveredMessage) -> int:
    """Its place in the stream."""
    offset = (raw.header.properties.headers or {})["x-stream-offset"]
    assert isinstance(offset, int)  # noqa: S101 - the broker's promise
    return offset


async def _mark(url: str, mark: str) -> None:
    async with sender(url) as send:
        await send(ARCHIVE, b"", Basic.Properties(message_id=mark, message_type=_MARK))


async def _read_on(url: str, place: datetime | int) -> AsyncGenerator[DeliveredMessage]:
    """From a moment or an offset on, for ever.

    Raises:
        BrokerError: the broker is away, or went away.
    """
    arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()

    def deliver(_: str, raw: DeliveredMessage) -> None:
        arrived.put_nowait(raw)

    async with consume(url, [ARCHIVE], _PREFETCH, deliver, arguments={"x-stream-offset": place}) as consumption:
        for number in count(1):
            raw = await consumption.unless_lost(arrived.get()) if arrived.empty() else arrived.get_nowait()
            yield raw
            if number % _ACK_EVERY == 0:
                await consumption.ack(int(raw.delivery_tag or 0), multiple=True)
