"""Publishes many messages as one wave: one write to the socket, one future for all confirms, an outcome for each.

The driver's own `basic_publish` makes a lock, futures and a write for every message. A wave shares the driver's
bookkeeping (delivery tags, confirmations, ids of returned messages), so both may be used on one channel.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader


class Outbound(NamedTuple):
    """One message of a wave."""

    id: str
    """Its `message_id`. Never twice on its way at a time: by nothing else does the broker name a returned message."""
    routing_key: str
    body: bytes
    properties: Basic.Properties


class Wave:
    """The messages of one wave, and what became of them."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._open: dict[str, _Slot] = {}
        self._all_told: asyncio.Future[None] = channel.create_future()
        self.drained: asyncio.Future[None] = channel.create_future()
        """Done once the socket has taken the wave; failed if the channel was lost before."""
        self._failures: dict[str, Exception] = {}

    async def send(self, exchange: str, messages: Sequence[Outbound]) -> None:
        """Write them all, and return at once.

        Raises:
            AMQPError: the channel is closed; nothing was written.
            asyncio.QueueFull: the connection takes no more; nothing was written.
        """
        written: list[str] = []
        frames: list[bytes] = []
        for message in messages:
            try:
                frames.append(_frames(self._channel, exchange, message))
            except Exception as error:  # noqa: BLE001 - a key too long, a header of no known type: its own fault alone
                self._failures[message.id] = error
            else:
                written.append(message.id)
        async with self._channel.lock:
            wire = ChannelFrame(payload=b"".join(frames), should_close=False, drain_future=self.drained)
            self._channel.write_queue.put_nowait(wire)
            for id_ in written:
                self._expect(id_)
        self._tell()

    async def confirmed(self, timeout: float) -> dict[str, Exception]:  # noqa: ASYNC109 - it ends no other work
        """Wait until the broker has told of every message; answers the failures by id.

        A failure is a `PublishError` (returned: no queue), a `DeliveryError` (refused), whatever made it unwritable, a
        `TimeoutError`, or the loss of the channel; after the last two it may have arrived all the same.
        """
        why: Exception = TimeoutError("the broker did not confirm in time")
        try:
            await asyncio.wait({self._all_told}, timeout=timeout)
            if self._all_told.done() and self._open:
                lost = None if self._all_told.cancelled() else self._all_told.exception()
                why = lost if isinstance(lost, Exception) else ConnectionError("the connection was lost")
        finally:
            for slot in self._open.values():
                slot.close()
        return self._failures | dict.fromkeys(self._open, why)

    def told(self, id_: str, failure: Exception | None) -> None:
        """The broker has confirmed, refused or returned this message."""
        self._open.pop(id_).close()
        if failure is not None:
            self._failures[id_] = failure
        self._tell()

    def _expect(self, id_: str) -> None:
        self._channel.delivery_tag += 1
        slot = self._open[id_] = _Slot(self, self._channel, id_, self._channel.delivery_tag)
        self._channel.confirmations[slot.tag] = cast("asyncio.Future[Any]", slot)
        self._channel.message_id_delivery_tag[id_] = slot.tag

    def _tell(self) -> None:
        if not self._open and not self._all_told.done():
            self._all_told.set_result(None)


class _Slot:
    """Stands where the driver keeps a future for every confirm, and answers what it asks of one."""

    __slots__ = ("_channel", "_closed", "_id", "_wave", "tag")

    def __init__(self, wave: Wave, channel: Channel, id_: str, tag: int) -> None:
        self._wave = wave
        self._channel = channel
        self._id = id_
        self.tag = tag
        self._closed = False

    def close(self) -> None:
        """Nobody waits for it any more."""
        self._closed = True
        if self._channel.message_id_delivery_tag.get(self._id) == self.tag:
            del self._channel.message_id_delivery_tag[self._id]

    def done(self) -> bool:
        return self._closed

    def cancelled(self) -> bool:
        return self._closed

    def set_result(self, _confirm: object) -> None:
        self._wave.told(self._id, None)

    def set_exception(self, refusal: Exception) -> None:
        self._wave.told(self._id, refusal)


def _frames(channel: Channel, exchange: str, message: Outbound) -> bytes:
    """A mandatory publish as it stands on the wire."""
    size = channel.max_content_size
    return ChannelFrame.marshall(
        channel.number,
        [
            Basic.Publish(exchange=exchange, routing_key=message.routing_key, mandatory=True),
            ContentHeader(properties=message.properties, body_size=len(message.body)),
            *(ContentBody(message.body[at : at + size]) for at in range(0, len(message.body), size)),
        ],
    ).payload
