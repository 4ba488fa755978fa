"""Asking a broker what a user may do, without doing it.

Publishing is tried inside a transaction that is rolled back: RabbitMQ checks every right when it takes the message and
routes it at the commit. Listening is tried by taking away a binding that is not there, for which the same rights are
needed. Declaring is tried on what stands already. Only reading cannot be tried on a queue that holds something.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    InvalidFrameError,
    ProbableAuthenticationError,
)
from yarl import URL

from shared.runtime.amqp import with_heartbeat

_WITHIN = 10.0
"""Seconds for one answer of the broker. Our default."""
_NOWHERE = "sihao-probe"
"""A word at the end of a routing key that stands in no binding."""


class LoginRefused(Exception):  # noqa: N818 - a state of affairs
    """The broker knows no such user, or the password is another."""


class NoSuchPlace(Exception):  # noqa: N818 - a state of affairs
    """There is no such virtual host, the user may not enter it, or has as many connections as it may."""


class Depth(NamedTuple):
    """A queue at one moment."""

    waiting: int
    consumers: int


class Probe:
    """One connection, by which to ask."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    @property
    def version(self) -> str:
        """The broker's version."""
        return str(self._connection.server_properties["version"])

    async def depth(self, queue: str) -> int | None:
        """How many messages wait in a queue; None if there is none."""
        found = await self.look(queue)
        return found.waiting if found else None

    async def look(self, queue: str) -> Depth | None:
        """How many messages wait in a queue, and how many consume it; None if there is none."""
        found: list[Depth] = []

        async def ask(channel: AbstractChannel) -> None:
            answer = await channel.queue_declare(queue, passive=True)
            found.append(Depth(answer.message_count or 0, answer.consumer_count or 0))

        try:
            await self._ask(ask)
        except ChannelNotFoundEntity:
            return None
        return found[0]

    async def stands(self, exchange: str) -> bool:
        """Whether there is such an exchange."""
        try:
            await self._ask(lambda channel: channel.exchange_declare(exchange, passive=True))
        except ChannelNotFoundEntity:
            return False
        return True

    async def may_announce(self, exchange: str, key: str) -> bool:
        """Whether it may publish there with this routing key. Nothing is sent."""

        async def ask(channel: AbstractChannel) -> None:
            await channel.tx_select()
            await channel.basic_publish(b"", exchange=exchange, routing_key=key)
            await channel.tx_rollback()

        return await self._may(ask)

    async def may_listen(self, queue: str, exchange: str, key: str) -> bool:
        """Whether it may bind this queue to such keys. No binding is made or lost."""
        return await self._may(lambda channel: channel.queue_unbind(queue, exchange, f"{key}.{_NOWHERE}"))

    async def may_read(self, queue: str) -> bool:
        """Whether it may take messages from a queue. Ask it of one that is empty or does not exist."""

        async def ask(channel: AbstractChannel) -> None:
            await channel.basic_get(queue, no_ack=False)

        return await self._may(ask)

    async def may_declare(self, exchange: str, kind: str) -> bool:
        """Whether it may declare, and so delete, an exchange that stands."""
        return await self._may(lambda channel: channel.exchange_declare(exchange, exchange_type=kind, durable=True))

    async def _may(self, ask: Callable[[AbstractChannel], Awaitable[object]]) -> bool:
        try:
            await self._ask(ask)
        except ChannelAccessRefused:
            return False
        except ChannelNotFoundEntity:  # rights are checked first
            return True
        return True

    async def _ask(self, ask: Callable[[AbstractChannel], Awaitable[object]]) -> None:
        """On a channel of its own, since a refusal closes it."""
        async with asyncio.timeout(_WITHIN):
            channel = await self._connection.channel(publisher_confirms=False)
            await ask(channel)
            await channel.close()


@asynccontextmanager
async def probing(url: str, context: ssl.SSLContext | None = None) -> AsyncIterator[Probe]:
    """Connect as the user that the address names.

    Raises:
        LoginRefused: wrong user or password.
        NoSuchPlace: wrong virtual host.
        BrokerError: no connection.
    """
    connection = aiormq.Connection(URL(with_heartbeat(url)), context=context)
    try:
        async with asyncio.timeout(_WITHIN):
            await connection.connect()
    except (AuthenticationError, ProbableAuthenticationError) as refusal:
        raise LoginRefused from refusal
    except InvalidFrameError as refusal:  # what the client makes of a refusal at this place
        raise NoSuchPlace from refusal
    try:
        yield Probe(connection)
    finally:
        await connection.close()


NoConnection = (AMQPConnectionError, ConnectionError, TimeoutError, OSError)
"""What a broker that is not there, or hangs up, looks like."""
