"""Whoever acknowledges on a connection that is lost hears of it, whatever the library does."""

import asyncio
from typing import Any, cast

import pytest
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelInvalidStateError

from shared.runtime.consuming import Consumption


class Channel:
    """A channel of which only acknowledging is asked."""

    def __init__(self, *, stuck: bool = False, closed: bool = False) -> None:
        self._stuck, self._closed = stuck, closed
        self.acknowledged: list[tuple[int, bool]] = []

    async def basic_ack(self, tag: int, *, multiple: bool, wait: bool) -> None:
        """Acknowledge, or be stuck, or refuse."""
        assert not wait
        if self._closed:
            raise ChannelInvalidStateError("closed")
        if self._stuck:
            await asyncio.Event().wait()
        self.acknowledged.append((tag, multiple))


def consumption(channel: Channel) -> Consumption:
    ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    return Consumption(cast("AbstractChannel", channel), ended)


async def test_a_delivery_is_acknowledged() -> None:
    await consumption(channel := Channel()).ack(7, multiple=True)
    assert channel.acknowledged == [(7, True)]


async def test_a_frame_that_nobody_writes_any_more_is_not_waited_for() -> None:
    life = consumption(Channel(stuck=True))
    acknowledging = asyncio.create_task(life.ack(7, multiple=True))
    await asyncio.sleep(0)
    assert not acknowledging.done()
    life.ended.set_result(None)
    async with asyncio.timeout(5):
        with pytest.raises(ConnectionError):
            await acknowledging


async def test_a_closed_channel_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionError):
        await consumption(Channel(closed=True)).ack(7, multiple=False)
