"""Faults of authority: a user of the broker who tries what it may not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from random import Random

import aio_pika
import httpx2
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from chaos.faults.fault import Fault, Scene
from chaos.ledger import Trespass
from chaos.tap import EXCHANGE, QUEUE, BrokerAway, again, connected
from dev.rabbit_api import amqp_address
from sihao.province.rights import Way, rights_of

_AREA = "37"
_OTHER = "35"
_REPLAYED = 50
"""Messages that are said once more, at the most."""
_WITHIN = 60.0
Try = Callable[[AbstractChannel], Awaitable[object]]


class WrongAuthority(Fault):
    """F18: a province's user writes for others, under another's name, reads what is not its own, and repeats itself.

    The broker must refuse all but the last, and that must be without effect. What such a user could still do is invent
    events of its own area: a signature tells them from true ones, where keys are in use; here none are.
    """

    kind = "F18"
    title = "wrong authority"

    def __init__(self, dice: Random) -> None:
        super().__init__(dice)
        self._user = f"province-{_AREA}-{dice.getrandbits(32):08x}"

    async def dose(self, scene: Scene) -> None:
        """Try everything; what the broker was not there to refuse says nothing and is not counted."""
        stage = scene.stage
        self.reached = False
        with suppress(httpx2.HTTPError, *BrokerAway):
            may = rights_of(_AREA, Way.DIRECT, ())
            password = await stage.api.create_user(
                self._user,
                vhost=stage.vhost,
                configure=may.configure,
                write=may.write,
                read=may.read,
                topic_permissions=may.topics,
            )
            url = amqp_address(stage.amqp_url, user=self._user, password=password)
            async with asyncio.timeout(_WITHIN), connected(url) as connection:
                for what, attempt in self._attempts(scene):
                    scene.ledger.trespasses.append(Trespass(self._user, what, await _refused(connection, attempt)))
                    self.reached = True
                await self._replay(scene, await connection.channel(publisher_confirms=True))

    async def undo(self, scene: Scene) -> None:
        """The user goes; one that the broker was not there to forget has no rights beyond its own anyway."""
        with suppress(httpx2.HTTPError):
            await scene.stage.api.delete_user(self._user)

    def _attempts(self, scene: Scene) -> Iterator[tuple[str, Try]]:
        foreign = self.dice.choice([queue for queue in scene.queues if not queue.endswith(f".{_AREA}")])
        for key in (
            f"case.nominated.v1.{_OTHER}.02",
            f"honour.granted.v1.{_OTHER}.01",
            f"application.scored.v1.{_AREA}.01",
            "round.opened.v1.CN",
        ):
            yield f"publish {key}", _publish(key)
        yield "publish as somebody else", _publish(f"case.opened.v1.{_AREA}.01", user="intake")
        for queue in (foreign, QUEUE):
            yield f"read {queue}", _read(queue)
            yield f"empty {queue}", _purge(queue)
        yield f"listen to {_OTHER}", _listen(f"application.scored.v1.{_OTHER}.#")

    async def _replay(self, scene: Scene, channel: AbstractChannel) -> None:
        """Its own old messages, exactly as they were."""
        own = [m for m in scene.tap.recent if f".v1.{_AREA}" in (m.routing_key or "") and m.app_id == "review"]
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        for message in self.dice.sample(own, min(_REPLAYED, len(own))):
            await exchange.publish(again(message), message.routing_key or "", timeout=10.0)
            scene.ledger.duplicates += 1


async def _refused(connection: aio_pika.abc.AbstractConnection, attempt: Try) -> bool:
    channel = await connection.channel(publisher_confirms=True)
    try:
        await attempt(channel)
    except (ChannelAccessRefused, ChannelPreconditionFailed):
        return True
    await channel.close()
    return False


def _publish(key: str, *, user: str | None = None) -> Try:
    async def attempt(channel: AbstractChannel) -> None:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"{}", user_id=user), key, timeout=10.0)

    return attempt


def _read(queue: str) -> Try:
    async def attempt(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False, timeout=10.0)

    return attempt


def _purge(queue: str) -> Try:
    async def attempt(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).purge(timeout=10.0)

    return attempt


def _listen(key: str) -> Try:
    async def attempt(channel: AbstractChannel) -> None:
        queue = await channel.declare_queue(f"review.spy.{_AREA}", exclusive=True, timeout=10.0)
        await queue.bind(EXCHANGE, key, timeout=10.0)

    return attempt
