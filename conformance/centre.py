"""The centre, played: its events as they come over the bus, and a tap that hears whatever is announced."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError, PublishError

from conformance.ledger import Heard
from shared.contracts import Event, routing_words

EXCHANGE = "sihao.events"
SIGNATURE = "sihao-signature"
_WAVE = 200
"""Messages on their way at the same time; ours."""
Sign = Callable[["Said"], str]
"""Makes the value of the header `sihao-signature`."""


@dataclass(frozen=True)
class Said:
    """One message of the centre, to be sent as often as a check wants."""

    id: str
    event: str
    source: str
    subject: str
    routing_key: str
    body: bytes
    time: str
    headers: Mapping[str, Any] = field(default_factory=dict)
    """Further headers; an empty signature among them is none."""

    @property
    def attributes(self) -> dict[str, Any]:
        """All its headers."""
        return {
            "ce-specversion": "1.0",
            "ce-id": self.id,
            "ce-type": self.event,
            "ce-source": self.source,
            "ce-subject": self.subject,
            "ce-time": self.time,
            **self.headers,
        }


def said(event: Event, *, body: Mapping[str, Any] | None = None, headers: Mapping[str, Any] | None = None) -> Said:
    """An event as its service would announce it; `body` replaces the contract's own fields."""
    content = event.model_dump(mode="json") if body is None else body
    return Said(
        id=str(uuid.uuid4()),
        event=event.wire(),
        source=f"/sihao/{event.source}",
        subject=event.subject,
        routing_key=event.routing_key,
        body=json.dumps(content, ensure_ascii=False).encode(),
        time=datetime.now(UTC).isoformat(),
        headers=headers or {},
    )


def raw(event: str, area: str, body: bytes) -> Said:
    """A message with any body whatever under the name of an event."""
    key = f"{event}.{routing_words(area)}"
    time = datetime.now(UTC).isoformat()
    return Said(str(uuid.uuid4()), event, "/sihao/scoring", "unreadable", key, body, time)


class Centre:
    """A connection that publishes and listens."""

    def __init__(self, channel: AbstractChannel, exchange: AbstractExchange, sign: Sign | None) -> None:
        self._channel = channel
        self._exchange = exchange
        self.sign = sign
        """Signs what it says; None: it does not sign."""
        self._ours: set[str] = set()
        self.told: list[Said] = []
        """Everything that was said, once each."""

    async def say(self, *messages: Said) -> None:
        """Publish in this order, and remember; returns when the broker has confirmed all."""
        self.told += messages
        await self.repeat(messages)

    async def repeat(self, messages: Iterable[Said]) -> None:
        """Publish without remembering: again, or what nobody should be told twice."""
        waiting = list(messages)
        for start in range(0, len(waiting), _WAVE):
            await asyncio.gather(*(self._publish(one) for one in waiting[start : start + _WAVE]))

    async def is_heard(self, message: Said) -> bool:
        """Publish it, mandatory: whether any queue took it."""
        try:
            await self._publish(message, mandatory=True)
        except (PublishError, DeliveryError):
            return False
        self.told.append(message)
        return True

    async def listen(self, hear: Callable[[Heard], None]) -> None:
        """Hear from now on whatever others publish."""
        tap = await self._channel.declare_queue(f"conformance.{uuid.uuid4().hex[:8]}", exclusive=True, auto_delete=True)
        await tap.bind(self._exchange, "#")

        async def receive(message: AbstractIncomingMessage) -> None:
            one = _heard(message)
            if one.id not in self._ours:
                hear(one)

        await tap.consume(receive, no_ack=True)

    async def _publish(self, one: Said, *, mandatory: bool = False) -> None:
        self._ours.add(one.id)
        headers = one.attributes
        if self.sign and SIGNATURE not in headers:
            headers[SIGNATURE] = self.sign(one)
        headers = {name: value for name, value in headers.items() if name != SIGNATURE or value}
        message = aio_pika.Message(
            one.body,
            headers=cast("Any", headers),
            message_id=one.id,
            type=one.event,
            correlation_id=one.subject,
            app_id=one.source.rpartition("/")[2],
            timestamp=datetime.now(UTC),
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await self._exchange.publish(message, one.routing_key, mandatory=mandatory)


@asynccontextmanager
async def connected(url: str, *, sign: Sign | None = None) -> AsyncIterator[Centre]:
    """Connect; the exchange is declared if it is not there."""
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        yield Centre(channel, exchange, sign)


def _heard(message: AbstractIncomingMessage) -> Heard:
    return Heard(
        routing_key=message.routing_key or "",
        body=message.body,
        headers={key: _plain(value) for key, value in message.headers.items()},
        message_id=message.message_id,
        type=message.type,
        content_type=message.content_type,
        persistent=message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT,
    )


def _plain(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
