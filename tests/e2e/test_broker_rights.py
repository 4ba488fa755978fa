"""A province's user on the broker may do what its review service must, and nothing else."""

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused

from demo.stand import EXCHANGE, FUJIAN
from tests.e2e.conftest import Played


async def _publish(played: Played, routing_key: str) -> None:
    connection = await aio_pika.connect(played.play.stand.addresses[FUJIAN])
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"{}"), routing_key, mandatory=False)


@pytest.mark.parametrize(
    "routing_key",
    ["case.nominated.v1.37.01", "case.nominated.v1.CN", "application.scored.v1.35.02", "honour.granted.v1.3502"],
)
async def test_it_cannot_speak_for_another_area_or_service(played: Played, routing_key: str) -> None:
    with pytest.raises(ChannelAccessRefused):
        await _publish(played, routing_key)


@pytest.mark.parametrize("queue", ["review.case.nominated.v1.CN", "intake.application.scored.v1", "dead.review.CN"])
async def test_it_cannot_read_anybody_elses_queue(played: Played, queue: str) -> None:
    connection = await aio_pika.connect(played.play.stand.addresses[FUJIAN])
    async with connection:
        channel = await connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await (await channel.get_queue(queue, ensure=False)).get(fail=False)


async def test_it_cannot_listen_to_another_province(played: Played) -> None:
    connection = await aio_pika.connect(played.play.stand.addresses[FUJIAN])
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue("review.application.scored.v1.35", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await queue.bind(EXCHANGE, "application.scored.v1.37.#")
