"""Services that sign and verify, in this process, and a sender that signs well or badly."""

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
from aio_pika import DeliveryMode
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from services.intake import handlers as intake
from services.intake.store import KINDS as INTAKE_KINDS
from services.review import handlers as review
from services.review.procedures import load as load_procedures
from services.review.recalling import restorable
from services.review.settings import ReviewSettings
from services.review.store import KINDS as REVIEW_KINDS
from services.review.store import ReviewStore
from shared.contracts.area import routing_words
from shared.kernel import keys
from shared.kernel.actor import Actor
from shared.kernel.keys import RegisteredKey
from shared.runtime.dead import DeadLetter
from shared.runtime.envelope import Bound
from shared.runtime.service import Service
from shared.runtime.signing import Signer
from shared.runtime.trusted import KEYS
from tests.support.toy_bench import ready, toy_settings, until

OPERATOR = Actor(id="operator", role="operator")


def new_signer(kid: str | None = None) -> Signer:
    """A signer with a new key."""
    return Signer(OKPKey.generate_key("Ed25519"), kid)


@dataclass(frozen=True)
class KeyFiles:
    """The files that two deployments are given."""

    centre: Path
    province: Path
    trust: Path

    @classmethod
    def written(cls, folder: Path) -> "KeyFiles":
        """New keys for the centre and a province, and what the province trusts."""
        files = cls(folder / "centre.pem", folder / "province.pem", folder / "trust.json")
        centre = OKPKey.generate_key("Ed25519")
        files.centre.write_bytes(centre.as_pem(private=True))
        files.province.write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
        files.trust.write_text(json.dumps({"keys": [centre.as_dict(private=False)]}), encoding="utf-8")
        return files


@asynccontextmanager
async def running_service(
    name: str, amqp_url: str, mongo_url: str, database: str, *, areas: str = "CN", **keys_: Any
) -> AsyncIterator[Service]:
    """Intake or a review service, ready; `signing_key` and `trust` as in the settings."""
    base = toy_settings(amqp_url, mongo_url, database)
    if name == "intake":
        service = Service("intake", base.model_copy(update=keys_), INTAKE_KINDS)
        service.listen(intake.table())
        service.reconcile()
    else:
        settings = ReviewSettings(
            **{**base.model_dump(), "amqp_url": SecretStr(amqp_url), "mongo_url": SecretStr(mongo_url), **keys_},
            areas=areas,
        )
        service = Service("review", settings, REVIEW_KINDS, scope=settings.scope)
        store = ReviewStore(service.database)
        heard = review.table(store, load_procedures(), settings.jurisdictions, settings.scope)
        service.listen(heard)
        service.reconcile(restorable(heard, store, settings.jurisdictions))
    async with service.running():
        await until(lambda: ready(service))
        yield service


async def register(centre: Service, signer: Signer, area: str = "35", **given: Any) -> RegisteredKey:
    """Have a key registered at the centre."""
    times = {"valid_from": datetime(2020, 1, 1, tzinfo=UTC), "valid_to": None, **given}
    command = keys.Register(by=OPERATOR, kid=signer.kid, area=area, jwk=signer.public, reason="test", **times)
    done = await centre.commands.do(KEYS, signer.kid, command, keys.register, what="register-key", by=OPERATOR)
    assert done.state is not None
    return done.state


async def withdraw(centre: Service, signer: Signer, area: str = "35") -> None:
    """Have a key withdrawn at the centre."""
    command = keys.Withdraw(by=OPERATOR, kid=signer.kid, area=area, reason="lost")
    await centre.commands.do(KEYS, signer.kid, command, keys.withdraw, what="withdraw-key", by=OPERATOR)


async def knows(service: Service, signer: Signer, *, withdrawn: bool = False) -> None:
    """Wait until a service has heard of a key, or of its end."""

    async def heard() -> bool:
        key = await service.database.get(KEYS, signer.kid)
        return key is not None and (key.withdrawn_at is not None) == withdrawn

    await until(heard)


async def send(
    amqp_url: str,
    event: str,
    body: bytes,
    signer: Signer | None,
    *,
    key_area: str = "3502",
    headers: Mapping[str, str | None] | None = None,
    id_: str | None = None,
    sent: bytes | None = None,
) -> str:
    """Publish a signed message and wait for the confirm; `headers` and `sent` change it behind the signature."""
    bound = Bound(id_ or str(uuid.uuid4()), event, "/fujian/review", datetime.now(UTC).isoformat())
    written: dict[str, str | None] = {
        "ce-specversion": "1.0",
        "ce-id": bound.id,
        "ce-type": bound.event,
        "ce-source": bound.source,
        "ce-time": bound.time,
        "sihao-signature": signer.sign(body, bound) if signer else None,
        **(headers or {}),
    }
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange("sihao.events")
        message = aio_pika.Message(
            sent if sent is not None else body,
            message_id=bound.id,
            type=event,
            headers={name: value for name, value in written.items() if value is not None},
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        await exchange.publish(message, routing_key=f"{event}.{routing_words(key_area)}")
    return str(written["ce-id"])


async def letter_of(service: Service, holds: Any) -> DeadLetter:
    """Wait for the dead letter that fits."""
    found: list[DeadLetter] = []

    async def there() -> bool:
        found[:] = [one for one in await service.dead_letters.list(limit=10_000) if holds(one)]
        return bool(found)

    await until(there)
    return found[0]
