"""FastStream's face of the bus: the handler table as subscribers and publishers, for AsyncAPI and in-memory tests.

In production the lane (`lane.py`) consumes the same queues in batches. Here every message takes the same road alone:

    read → route → Documents.apply → publish → acknowledge

What cannot be read, is refused, or waited too long is rejected, and so goes through the queue's dead-letter exchange,
at least once, to the service's dead-letter queue (`amqp.Publisher` declares both, on this very broker, before it is
started). A store that is away is waited for: rejecting then would put good messages aside for a bad minute.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from faststream import AckPolicy, AsyncAPI
from faststream.rabbit import Channel, RabbitBroker
from faststream.rabbit.annotations import RabbitMessage
from faststream.rabbit.publisher import RabbitPublisher

from shared.contracts.event import Event
from shared.kernel.actor import Actor
from shared.kernel.change import NotYet
from shared.runtime.documents import Documents
from shared.runtime.envelope import Envelope, headers_of, read
from shared.runtime.handlers import Delivery, HandlerTable, Subscription
from shared.runtime.mongo import StoreError
from shared.runtime.topology import EVENTS, event_queue
from shared.runtime.work import Applied, Outgoing, Rejected, Waiting, Work

Send = Callable[[Sequence[Outgoing]], Awaitable[None]]
"""Publishes committed facts; in a running service `Relay.send`, which also clears their outboxes."""
Hear = Callable[[Any, RabbitMessage], Awaitable[None]]

_PAUSE = 0.05
"""Seconds between two tries of a message that has to wait."""
_PREFETCH = 16


def make_broker(
    table: HandlerTable,
    documents: Documents,
    *,
    announces: Sequence[type[Event]] = (),
    send: Send | None = None,
    url: str = "amqp://localhost",
    server_version: str = "4",
    patience: float = 120.0,
    publish_timeout: float = 10.0,
) -> RabbitBroker:
    """A broker with one subscriber per subscription of `table` and one publisher per event it announces.

    Args:
        table: What the service hears.
        documents: Where the decisions are taken and kept.
        announces: The events it publishes.
        send: Publishes the facts; by default each through its declared publisher.
        url: AMQP URL; nothing connects before the broker is started.
        server_version: RabbitMQ's version; decides the queues' arguments.
        patience: Seconds a message may wait for what it needs (`NotYet`) before it is rejected.
        publish_timeout: Seconds to wait for the broker's confirm of one fact.
    """
    broker = RabbitBroker(
        url,
        app_id=table.service,
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        default_channel=Channel(prefetch_count=_PREFETCH, on_return_raises=True),
        fail_fast=False,
        logger=logging.getLogger("faststream"),
    )
    publishers = {event.wire(): _publisher(broker, event) for event in announces}
    post = send or _through(publishers, publish_timeout)
    for subscription in table:
        for binding in subscription.bindings:
            broker.subscriber(
                event_queue(replace(subscription, bindings=(binding,)), table, server_version),
                EVENTS,
                ack_policy=AckPolicy.REJECT_ON_ERROR,
                no_reply=True,
                title=subscription.queue,
                description=_heard(subscription),
                include_in_schema=binding == subscription.bindings[0],
            )(_hearer(subscription, documents, post, patience))
    return broker


def describe(broker: RabbitBroker, *, title: str, description: str, version: str = "1") -> dict[str, Any]:
    """The AsyncAPI 3 document of a broker, as JSON."""
    specification = AsyncAPI(broker, title=title, version=version, description=description).to_specification()
    document: dict[str, Any] = specification.to_jsonable()
    return document


def _publisher(broker: RabbitBroker, event: type[Event]) -> RabbitPublisher:
    return broker.publisher(
        exchange=EVENTS,
        routing_key=f"{event.wire()}.#",
        persist=True,
        title=event.wire(),
        description=event.__doc__,
        schema=event,
        content_type="application/json",
        content_encoding="utf-8",
        message_type=event.wire(),
    )


def _through(publishers: Mapping[str, RabbitPublisher], timeout: float) -> Send:
    async def send(outgoing: Sequence[Outgoing]) -> None:
        for item in outgoing:
            fact = item.fact
            async with asyncio.timeout(timeout):  # FastStream's own `timeout=` does not reach the driver
                await publishers[fact.type].publish(
                    fact.body.encode(),
                    routing_key=fact.routing_key,
                    headers=dict(headers_of(fact)),
                    message_id=fact.id,
                    correlation_id=fact.subject,
                )

    return send


def _heard(subscription: Subscription) -> str:
    kinds = sorted({reaction.kind.collection for reaction in subscription.reactions})
    bindings = ", ".join(f"`{binding}`" for binding in subscription.bindings)
    return f"{inspect.cleandoc(subscription.event.__doc__ or '')} → {', '.join(kinds)} ({bindings})"


def _hearer(subscription: Subscription, documents: Documents, send: Send, patience: float) -> Hear:
    """The function that FastStream calls with one message; its annotation is what AsyncAPI shows."""

    async def hear(event: Any, message: RabbitMessage) -> None:
        envelope = _envelope(message)
        until = monotonic() + patience
        while True:
            try:
                return await _handle(subscription, documents, send, event, envelope)
            except StoreError:
                await asyncio.sleep(_PAUSE)
            except NotYet:
                if monotonic() > until:
                    raise
                await asyncio.sleep(_PAUSE)

    hear.__annotations__["event"] = subscription.event
    hear.__name__ = subscription.queue
    return hear


async def _handle(
    subscription: Subscription, documents: Documents, send: Send, event: Event, envelope: Envelope
) -> None:
    """Route, decide, commit and publish one message. Harmless to repeat: what was applied is applied once.

    Raises:
        NotYet: what it needs has not arrived.
        Refused: the domain said no.
        StoreError: the store is away.
    """
    works = await _works(subscription, event, envelope)
    outcomes = await documents.apply(works)
    await send([item for outcome in outcomes if isinstance(outcome, Applied) for item in outcome.outgoing])
    for outcome in outcomes:
        if isinstance(outcome, Rejected):
            raise outcome.error
        if isinstance(outcome, Waiting):
            raise NotYet(outcome.missing)


async def _works(subscription: Subscription, event: Event, envelope: Envelope) -> list[Work]:
    delivery = Delivery(envelope.id, envelope.source, envelope.time)
    return [
        Work(
            kind=reaction.kind,
            key=target.key,
            message=target.message,
            decide=reaction.decide,
            what=subscription.event.wire(),
            by=Actor(id=envelope.source, role="service"),
            cause=envelope.id,
            content=envelope.content,
            trace=envelope.trace,
        )
        for reaction in subscription.reactions
        for target in await reaction.route(event, delivery)
    ]


def _envelope(message: RabbitMessage) -> Envelope:
    raw = message.raw_message
    return read(
        message.body,
        message.headers,
        message_id=raw.message_id,
        message_type=raw.type,
        app_id=raw.app_id,
        timestamp=raw.timestamp,
    )
