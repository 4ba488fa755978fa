"""A wave: every message has an outcome of its own, whatever the broker says, or does not say."""

import asyncio
from typing import Any, cast

import pytest
from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel
from aiormq.exceptions import ChannelNotFoundEntity, DeliveryError, PublishError
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.runtime.wave import Outbound, Wave


class Connection:
    """As much of a connection as a channel asks for; what is written stays in the queue."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.write_queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        self.publisher_confirms = True
        self.connection_tune = type("Tune", (), {"frame_max": 4096, "heartbeat": 0})
        self.is_opened = False
        self.channels: dict[int, Any] = {}

    def _future_store_child(self) -> Any:
        from aiormq.base import FutureStore  # noqa: PLC0415 - the driver's own, for its stand-in only

        return FutureStore(self.loop)


@pytest.fixture
async def channel() -> Any:
    opened = Channel(cast("Any", Connection()), 1)
    yield opened
    await opened.close()


def messages(*ids: str) -> list[Outbound]:
    return [Outbound(id_, f"k.{id_}", b"x" * 10_000, Basic.Properties(message_id=id_)) for id_ in ids]


async def test_confirmed_refused_returned_and_unwritable(channel: Channel) -> None:
    wave = Wave(channel)
    unwritable = Outbound("long", "k" * 300, b"", Basic.Properties(message_id="long"))
    await wave.send("e", [*messages("a", "b"), unwritable, *messages("c")])
    header = ContentHeader(properties=Basic.Properties(message_id="c"))
    channel.frames.put_nowait((0, Basic.Return(312, "NO_ROUTE", "e", "k.c")))
    channel.frames.put_nowait((0, header))
    channel.frames.put_nowait((0, Basic.Ack(1)))
    channel.frames.put_nowait((0, Basic.Nack(2)))
    channel.frames.put_nowait((0, Basic.Ack(3)))
    failures = await wave.confirmed(2)
    assert {id_: type(error) for id_, error in failures.items()} == {
        "b": DeliveryError,
        "long": TypeError,
        "c": PublishError,
    }
    assert isinstance(cast("PublishError", failures["c"]).message, DeliveredMessage)
    await asyncio.sleep(0)
    assert (channel.confirmations, channel.message_id_delivery_tag) == ({}, {})
    assert channel.delivery_tag == 3


async def test_one_frame_confirms_many(channel: Channel) -> None:
    wave = Wave(channel)
    await wave.send("e", messages(*"abcd"))
    channel.frames.put_nowait((0, Basic.Ack(4, multiple=True)))
    assert await wave.confirmed(2) == {}


async def test_what_is_not_confirmed_in_time_fails_and_nothing_else(channel: Channel) -> None:
    wave = Wave(channel)
    await wave.send("e", messages("a", "b"))
    channel.frames.put_nowait((0, Basic.Ack(1)))
    failures = await wave.confirmed(0.05)
    assert {id_: type(error) for id_, error in failures.items()} == {"b": TimeoutError}
    channel.frames.put_nowait((0, Basic.Ack(2)))  # too late: no harm
    await asyncio.sleep(0.01)
    assert channel.confirmations == {}


async def test_a_lost_channel_fails_what_is_open(channel: Channel) -> None:
    wave = Wave(channel)
    await wave.send("e", messages("a", "b"))
    channel.frames.put_nowait((0, Basic.Ack(1)))
    await asyncio.sleep(0.01)
    await channel.close(ChannelNotFoundEntity("no exchange"))
    failures = await wave.confirmed(2)
    assert {id_: type(error) for id_, error in failures.items()} == {"b": ChannelNotFoundEntity}


async def test_a_connection_that_takes_no_more_gets_nothing(channel: Channel) -> None:
    await Wave(channel).send("e", messages("a"))
    with pytest.raises(asyncio.QueueFull):
        await Wave(channel).send("e", messages("b"))
    assert channel.delivery_tag == 1
    assert list(channel.message_id_delivery_tag) == ["a"]
