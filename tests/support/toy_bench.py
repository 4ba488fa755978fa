"""What the runtime's integration tests do over and over: start the toy, publish to it, wait for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aio_pika import DeliveryMode, Message, connect
from pydantic import SecretStr

from shared.runtime.service import Service
from shared.runtime.settings import Settings
from tests.support.toy import Ping
from tests.support.toy_service import make_service


def toy_settings(amqp_url: str, mongo_url: str, database: str) -> Settings:
    """Settings with short pauses."""
    return Settings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        database=database,
        oidc_issuer="http://127.0.0.1/",
        oidc_jwks_url="http://127.0.0.1/jwks.json",
        sweep_every=0.2,
        sweep_age=0.5,
        patience=2.0,
    )


@asynccontextmanager
async def running_toy(settings: Settings) -> AsyncIterator[Service]:
    """The toy in this process, ready."""
    service = make_service(settings)
    async with service.running():
        await until(lambda: ready(service))
        yield service


async def ready(service: Service) -> bool:
    """Whether store and consumers are well."""
    return (await service.health.at_work()).ok


async def until(holds: Callable[[], Awaitable[bool]], *, within: float = 30.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within
    while not await holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        await asyncio.sleep(0.05)


async def publish(amqp_url: str, pings: Sequence[Ping], *, ids: Sequence[str], body: bytes | None = None) -> None:
    """Publish pings as a foreign sender would, with these message ids, and wait for the confirms."""
    async with await connect(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange("sihao.events")
        for ping, id_ in zip(pings, ids, strict=True):
            message = Message(
                body or ping.model_dump_json().encode(),
                message_id=id_,
                type=Ping.wire(),
                delivery_mode=DeliveryMode.PERSISTENT,
                timestamp=datetime.now(UTC),
            )
            await exchange.publish(message, routing_key=ping.routing_key)


def ping(counter: str, by: int = 1) -> Ping:
    """A ping."""
    return Ping(area="3502", counter=counter, by=by)
