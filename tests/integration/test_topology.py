"""What stands on the broker before a service begins: in which order it is declared, and when it need not be."""

from collections.abc import AsyncIterator
from typing import Any

import aiormq
import pytest
from aiormq.exceptions import PublishError

from dev.backends import Backends
from shared.runtime import service as runtime
from shared.runtime.amqp import Publisher
from shared.runtime.archive import declare_archive
from shared.runtime.settings import Settings
from shared.runtime.topology import ARCHIVE, EVENTS
from tests.support.toy_bench import running_toy, toy_settings

QUEUE = "toy.toy.ping.v1"
KEY = "toy.ping.v1.3502"


@pytest.fixture
async def settings(backends: Backends, mongo_url: str, database_name: str) -> AsyncIterator[Settings]:
    async with backends.fresh_vhost() as amqp_url:
        yield toy_settings(amqp_url, mongo_url, database_name)


async def test_the_archive_hears_nothing_that_its_service_does_not_hear(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a fact that only the archive took is confirmed, and lost to a service that comes up a moment later."""
    heard_before: list[bool] = []

    async def observed(*given: Any, **more: Any) -> bool:
        heard_before.append(await _routable(settings))
        return await declare_archive(*given, **more)

    monkeypatch.setattr(runtime, "declare_archive", observed)
    async with running_toy(settings):
        assert heard_before == [True]


async def test_what_stands_is_neither_declared_nor_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_toy(settings):
        pass

    async def never(*_: object) -> None:
        raise AssertionError("declared again")

    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "declare", never)
        async with running_toy(settings):
            assert await _routable(settings)


async def test_what_was_taken_away_beside_the_mark_is_declared_again(settings: Settings) -> None:
    async with running_toy(settings):
        pass
    async with await aiormq.connect(settings.amqp_url.get_secret_value()) as connection:
        await (await connection.channel()).queue_delete(QUEUE)
    assert not await _routable(settings, queue=QUEUE)
    async with running_toy(settings):
        assert await _routable(settings, queue=QUEUE)


async def test_without_an_archive_no_mark_is_left(settings: Settings) -> None:
    """An archive that is allowed later is then declared at the next start."""
    async with await aiormq.connect(settings.amqp_url.get_secret_value()) as connection:
        await (await connection.channel()).queue_declare(ARCHIVE, exclusive=True)
        async with running_toy(settings) as toy:
            assert not await toy.publisher.stands(toy._mark())
    async with running_toy(settings) as toy:
        assert await toy.publisher.stands(toy._mark())


async def _routable(settings: Settings, *, queue: str = "") -> bool:
    """Whether a ping finds a queue; with `queue` whether that one is there."""
    async with await aiormq.connect(settings.amqp_url.get_secret_value()) as connection:
        channel = await connection.channel(on_return_raises=True)
        try:
            if queue:
                await channel.queue_declare(queue, passive=True)
            else:
                await channel.basic_publish(b"{}", exchange=EVENTS.name, routing_key=KEY, mandatory=True)
        except (PublishError, aiormq.exceptions.ChannelNotFoundEntity):
            return False
        return True
