"""A broker in memory: a topic exchange, queues, unacknowledged deliveries, confirms, returns.

What it has accepted it keeps until it is acknowledged; what was delivered on a connection that is lost comes again.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from aiormq.abc import ChannelFrame, DeliveredMessage
from aiormq.exceptions import PublishError
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.runtime.consuming import Consumption
from shared.runtime.handlers import HandlerTable
from shared.runtime.topology import EVENTS, dead_queue_name
from tests.model.gates import Gates

Deliver = Callable[[str, DeliveredMessage], None]


@dataclass(frozen=True)
class Sent:
    """A message that the broker has accepted."""

    routing_key: str
    body: bytes
    properties: Basic.Properties

    @property
    def id(self) -> str:
        """Its message id."""
        return str(self.properties.message_id)


@dataclass
class Link:
    """A consuming connection."""

    owner: str
    queues: tuple[str, ...]
    prefetch: int
    deliver: Deliver
    gates: Gates
    ended: asyncio.Future[Any]
    acknowledged: Callable[[str, Sent], None]
    """Told of every acknowledgement that arrives."""
    unacked: dict[int, tuple[str, Sent]] = field(default_factory=dict)
    tags: int = 0

    async def basic_ack(self, tag: int, *, multiple: bool, wait: bool) -> None:
        """As the lane's channel: fire and forget."""
        assert not wait
        await self.gates.passing("ack", "before")
        if not self.ended.done():
            for each in [known for known in self.unacked if known == tag or (multiple and known < tag)]:
                self.acknowledged(*self.unacked.pop(each))
        await self.gates.passing("ack", "after")


class Broker:
    """Exchange and queues."""

    def __init__(self, audit: Callable[[str, Sent], None]) -> None:
        self._audit = audit
        self._bindings: list[tuple[str, str]] = []
        self._links: dict[str, Link] = {}
        self.queues: dict[str, list[Sent]] = {}
        """What waits, by queue, the head first."""
        self.accepted: dict[str, Sent] = {}
        """Every fact that was ever accepted, by id."""
        self.returned: dict[str, Sent] = {}
        """What no queue was bound for, by id."""
        self.altered: set[str] = set()
        """Ids that came a second time with another body."""
        self.reached: list[tuple[str, Sent]] = []
        """Every message that ever reached a queue."""

    def declare(self, table: HandlerTable) -> None:
        """The queues of a table."""
        self.queues.setdefault(dead_queue_name(table), [])
        for subscription in table:
            if subscription.queue not in self.queues:
                self.queues[subscription.queue] = []
                self._bindings += [(binding, subscription.queue) for binding in subscription.bindings]

    def publish(self, message: Sent) -> bool:
        """Route by topic; False if no queue is bound for it."""
        queues = {queue for binding, queue in self._bindings if _covers(binding, message.routing_key)}
        if not queues:
            self.returned[message.id] = message
            return False
        known = self.accepted.setdefault(message.id, message)
        if known.body != message.body:
            self.altered.add(message.id)
        for queue in sorted(queues):
            self.put(queue, message)
        return True

    def put(self, queue: str, message: Sent) -> None:
        """Straight into a queue."""
        self.queues[queue].append(message)
        self.reached.append((queue, message))

    def deliver(self, queue: str, owner: str, count: int) -> int:
        """Hand the next messages to a consumer; answers how many it could take."""
        link = self._links.get(owner)
        if link is None or queue not in link.queues:
            return 0
        room = min(count, len(self.queues[queue]), link.prefetch - len(link.unacked))
        for _ in range(room):
            message = self.queues[queue].pop(0)
            link.tags += 1
            link.unacked[link.tags] = (queue, message)
            link.deliver(queue, _delivered(link.tags, message))
        return room

    def cut(self, owner: str) -> None:
        """A connection is lost: what it had not acknowledged stands at the head of its queue again."""
        link = self._links.pop(owner, None)
        if link is None:
            return
        for queue, message in reversed(link.unacked.values()):
            self.queues[queue].insert(0, message)
        link.unacked.clear()
        if not link.ended.done():
            link.ended.set_result(None)

    def shuffle(self, queue: str, seed: int) -> None:
        """Redeliveries and several consumers give other orders."""
        random.Random(seed).shuffle(self.queues[queue])  # noqa: S311 - an order, not a secret

    def idle(self) -> bool:
        """Whether nothing waits and nothing is unacknowledged."""
        return not any(self.queues.values()) and not any(link.unacked for link in self._links.values())

    def consumers(self, queue: str) -> list[str]:
        """Who consumes it."""
        return sorted(owner for owner, link in self._links.items() if queue in link.queues)

    @asynccontextmanager
    async def consume(
        self, owner: str, gates: Gates, queues: Sequence[str], prefetch: int, deliver: Deliver
    ) -> AsyncIterator[Consumption]:
        """In the place of `consuming.consume`."""
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        link = Link(owner, tuple(queues), prefetch, deliver, gates, ended, self._audit)
        self._links[owner] = link
        try:
            yield Consumption(cast("Any", link), link.ended)
        finally:
            if self._links.get(owner) is link:
                self.cut(owner)


class Publishing:
    """In the place of the publishing connection and its channel: what `Publisher` asks of them, down to the frames."""

    is_closed = False
    number = 1
    max_content_size = 131_072

    def __init__(self, broker: Broker, gates: Gates, serve: Callable[[asyncio.Task[Any]], None]) -> None:
        self._broker = broker
        self._gates = gates
        self._serve = serve
        self._futures: list[asyncio.Future[Any]] = []
        self.lock = asyncio.Lock()
        self.delivery_tag = 0
        self.confirmations: dict[int, Any] = {}
        self.message_id_delivery_tag: dict[str, int] = {}

    async def connect(self) -> "Publishing":
        """Itself, as the connection."""
        return self

    async def ready(self) -> None:
        """It always is."""

    async def channel(self, **_how: bool) -> "Publishing":
        """Itself, as the channel."""
        return self

    async def close(self) -> None:
        """Left for another, which is this one again."""

    async def get_underlay_channel(self) -> "Publishing":
        """Itself."""
        return self

    def create_future(self) -> asyncio.Future[Any]:
        """One that fails when the connection does."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._futures = [known for known in self._futures if not known.done()]
        self._futures.append(future)
        return future

    @property
    def write_queue(self) -> "Publishing":
        """Itself."""
        return self

    def put_nowait(self, wire: ChannelFrame) -> None:
        """Frames are written: the broker will take them up."""
        if wire.drain_future is not None:
            wire.drain_future.set_result(None)
        messages = list(enumerate(_read(wire.payload), start=self.delivery_tag + 1))
        self._serve(asyncio.get_running_loop().create_task(self._take(messages)))

    async def _take(self, messages: Sequence[tuple[int, Sent]]) -> None:
        for tag, message in messages:
            try:
                await self._gates.passing("publish", "before")
                routed = self._broker.publish(message)
                await self._gates.passing("publish", "after")
            except ConnectionError as lost:
                for future in self._futures:
                    if not future.done():
                        future.set_exception(lost)
                return
            waiting = self.confirmations.pop(tag)
            if waiting.done():
                continue
            if routed:
                waiting.set_result(None)
            else:
                waiting.set_exception(_returned(message))


def _read(payload: bytes) -> list[Sent]:
    """The messages in the frames of a wave."""
    found: list[Sent] = []
    while payload:
        size, _, read = frame.unmarshal(payload)
        payload = payload[size:]
        if isinstance(read, Basic.Publish):
            assert read.exchange == EVENTS.name
            assert read.mandatory
            found.append(Sent(read.routing_key, b"", Basic.Properties()))
        elif isinstance(read, ContentHeader):
            found[-1] = replace(found[-1], properties=read.properties)
        elif isinstance(read, ContentBody):
            found[-1] = replace(found[-1], body=found[-1].body + read.value)
    return found


def _returned(message: Sent) -> PublishError:
    back = Basic.Return(reply_code=312, reply_text="NO_ROUTE", exchange=EVENTS.name, routing_key=message.routing_key)
    header = ContentHeader(properties=message.properties)
    return PublishError(DeliveredMessage(back, header, message.body, cast("Any", None)), back)


def _delivered(tag: int, message: Sent) -> DeliveredMessage:
    delivery = Basic.Deliver(
        consumer_tag="lane", delivery_tag=tag, exchange=EVENTS.name, routing_key=message.routing_key
    )
    header = ContentHeader(properties=message.properties)
    return DeliveredMessage(delivery, header, message.body, cast("Any", None))


def _covers(binding: str, key: str) -> bool:
    """Whether a topic binding of ours takes a routing key: words, and at the end a `#`."""
    words, wanted = binding.split("."), key.split(".")
    if words[-1] == "#":
        return wanted[: len(words) - 1] == words[:-1]
    return words == wanted
