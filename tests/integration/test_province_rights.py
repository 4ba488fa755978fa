"""Every pair of event and area is tried as a province's user on a real broker: it writes its own, and nothing else."""

from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelAccessRefused

from demo.stand import EXCHANGE, may_announce, may_hear
from dev.backends import Backends
from dev.rabbit_api import TopicPermission, amqp_address
from shared.contracts import CATALOGUE
from shared.contracts.area import routing_words
from shared.contracts.event import Event
from shared.contracts.provinces import HEARD_OF_THE_CENTRE, PROVINCE_EVENTS, PROVINCE_MAY_WRITE

AREA = "35"
OWN = ("35", "3502", "350203")
OTHERS = ("CN", "37", "3702", "53", "5335", "370235")


@pytest.fixture(scope="module")
async def connection(backends: Backends, amqp_url: str) -> AsyncIterator[AbstractConnection]:
    """A province's user, with the exchange and a queue of its own."""
    api = backends.api
    if api is None:
        pytest.skip("this broker does not let us make users")
    vhost = amqp_url.rpartition("/")[2]
    async with await aio_pika.connect(amqp_url) as admin:
        channel = await admin.channel()
        await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        await channel.declare_queue("review.everything.v1.35", durable=True)
    rights = r"^(sihao\.events|review\..*\.35)$"
    user = f"{vhost}-province"
    password = await api.create_user(
        user,
        vhost=vhost,
        configure=rights,
        write=rights,
        read=rights,
        topic_permissions={EXCHANGE: TopicPermission(write=may_announce("review", AREA), read=may_hear(AREA))},
    )
    async with await aio_pika.connect(amqp_address(amqp_url, user=user, password=password)) as opened:
        yield opened
    await api.delete_user(user)


async def may_write(connection: AbstractConnection, key: str) -> bool:
    channel = await connection.channel(publisher_confirms=True)
    try:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        await exchange.publish(aio_pika.Message(b"{}"), key, mandatory=False)
    except ChannelAccessRefused:
        return False
    await channel.close()
    return True


async def may_bind(connection: AbstractConnection, key: str) -> bool:
    channel = await connection.channel()
    queue = await channel.get_queue("review.everything.v1.35", ensure=False)
    try:
        await queue.bind(EXCHANGE, key)
    except ChannelAccessRefused:
        return False
    await channel.close()
    return True


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.wire())
async def test_it_writes_its_own_events_in_its_own_area_and_no_other_pair(
    connection: AbstractConnection, event: type[Event]
) -> None:
    taken = {a for a in (*OWN, *OTHERS) if await may_write(connection, f"{event.wire()}.{routing_words(a)}")}
    assert taken == (set(OWN) if event.wire() in PROVINCE_MAY_WRITE else set())


@pytest.mark.parametrize(
    "key", ["case.nominated", "case.nominated.v1", "case.nominated.v1.3", "case.nominated.v2.35", "x.35", "", "35"]
)
async def test_it_writes_nothing_that_is_no_event(connection: AbstractConnection, key: str) -> None:
    assert not await may_write(connection, key)


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.wire())
async def test_it_hears_its_own_area_and_of_the_centre_rounds_and_keys(
    connection: AbstractConnection, event: type[Event]
) -> None:
    bound = {a for a in (*OWN, *OTHERS) if await may_bind(connection, f"{event.wire()}.{routing_words(a)}.#")}
    assert bound == ({*OWN, "CN"} if event in HEARD_OF_THE_CENTRE else set(OWN))
    assert not await may_bind(connection, f"{event.wire()}.#")


def test_what_it_may_write_is_what_its_own_review_announces() -> None:
    """The keys and the refusals are the centre's alone."""
    of_review = {event for event in CATALOGUE if event.source == "review"}
    assert {event.name for event in of_review - set(PROVINCE_EVENTS)} == {
        "key.registered",
        "key.withdrawn",
        "message.refused",
        "ledger.compared",
        "healing.asked",
        "facts.returned",
    }
