"""The centre's review, which hosts two provinces, and a review of one of these, to take it over: as processes."""

import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import httpx2
from aio_pika.abc import AbstractIncomingMessage
from joserfc.jwk import OKPKey
from pymongo import AsyncMongoClient
from typer.testing import Result

from dev.backends import Backends
from dev.clock import TurnedClock
from dev.issuer import Issuer
from dev.ports import LOOPBACK, free_port
from dev.processes import Child, answers
from shared.contracts import ApplicationScored, ApplicationWithdrawn, RoundOpened
from shared.contracts.area import routing_words
from shared.contracts.event import Event
from shared.runtime.envelope import Bound
from shared.runtime.signing import Signer
from sihao.province.join_file import load
from tests.integration.province import api_of, place, sihao
from tests.support.listener import listening
from tests.support.platform import example
from tests.support.toy_bench import until

MOVED, STAYS = "37", "51"
HOSTED = f"CN,{MOVED},{STAYS}"
_PROJECT = Path(__file__).parents[2]
_CODE, _AREA = "51350200MJB00102XM", '"area": "3502"'
_WITHDRAWN_CODE, _WITHDRAWN_AREA = "51350100MJC00203K0", '"area": "3501"'


class Review:
    """One review service: a process that can be ended in every way and started again."""

    def __init__(self, name: str, settings: dict[str, str], folder: Path) -> None:
        self.settings = settings
        self.url = f"http://{LOOPBACK}:{free_port()}"
        common = {name: value for name, value in os.environ.items() if not name.startswith("SIHAO_")}
        env = {**common, **settings, "SIHAO_PORT": self.url.rpartition(":")[2]}
        command = [sys.executable, "-m", "services.review"]
        self.child = Child(name, command, log=folder / f"{name}.log", env=env, cwd=_PROJECT)

    async def start(self) -> None:
        """Start it, and wait until it is at work."""
        await self.child.start()
        async with httpx2.AsyncClient(trust_env=False) as client:
            await self.child.until(lambda: answers(client, f"{self.url}/startupz"), within=90)

    async def crash(self) -> None:
        """Kill it, and start it again."""
        await self.child.kill()
        await self.start()

    async def sihao(self, *arguments: str | Path) -> Result:
        """`sihao province …` with its settings."""
        return await sihao(*arguments, **self.settings)


@dataclass
class Reviews:
    """Both, and whoever speaks and listens beside them."""

    amqp_url: str
    mongo_url: str
    centre: Review
    own: Review
    signer: Signer
    """The centre's: of scoring and intake."""
    issuer: Issuer
    folder: Path
    client: httpx2.AsyncClient
    heard: list[AbstractIncomingMessage] = field(default_factory=list)

    def case(self, area: str, number: int, *, at: str | None = None) -> str:
        """The id of a case."""
        return f"CN-2020-{_code(area, number)}@{at or area}"

    async def score(self, area: str, numbers: Iterable[int], *, revision: int = 1) -> None:
        """Scorecards of these applications arrive."""
        body = example(ApplicationScored).decode()
        later = f'"revision": {revision}'
        await self._say(
            ApplicationScored,
            area,
            [
                body.replace(_CODE, _code(area, number))
                .replace(_AREA, f'"area": "{area}01"')
                .replace('"revision": 1', later)
                .replace('"sequence": 1', later.replace("revision", "sequence"))
                for number in numbers
            ],
        )

    async def withdraw(self, area: str, numbers: Iterable[int]) -> None:
        """These are withdrawn."""
        body = example(ApplicationWithdrawn).decode().replace(_WITHDRAWN_AREA, f'"area": "{area}01"')
        await self._say(
            ApplicationWithdrawn, area, [body.replace(_WITHDRAWN_CODE, _code(area, number)) for number in numbers]
        )

    async def open_round(self) -> None:
        """The round opens."""
        await self._say(RoundOpened, "CN", [example(RoundOpened).decode()])

    async def _say(self, event: type[Event], area: str, bodies: Iterable[str]) -> None:
        async with await aio_pika.connect(self.amqp_url) as connection:
            channel = await connection.channel(publisher_confirms=True)
            exchange = await channel.get_exchange("sihao.events")
            for written in bodies:
                body = written.encode()
                bound = Bound(str(uuid4()), event.wire(), "scoring", datetime.now(UTC).isoformat())
                headers: Any = {
                    "ce-specversion": "1.0",
                    "ce-id": bound.id,
                    "ce-type": bound.event,
                    "ce-source": bound.source,
                    "ce-time": bound.time,
                    "sihao-signature": self.signer.sign(body, bound),
                }
                message = aio_pika.Message(
                    body, message_id=bound.id, type=event.wire(), headers=headers, delivery_mode=2
                )
                key = area if area == "CN" else routing_words(f"{area}01")
                await exchange.publish(message, routing_key=f"{event.wire()}.{key}")

    async def post(self, area: str, path: str, body: Any, key: str) -> int:
        """The area's officer acts at whoever lets them; answers the last status, 0 if nobody answers."""
        token = self.issuer.token(f"officer-{area}", roles=["officer"], area=area)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        status = 0
        for service in (self.centre, self.own):
            try:
                answer = await self.client.post(f"{service.url}{path}", json=body, headers=headers)
            except httpx2.HTTPError:
                continue
            if answer.is_success:
                return answer.status_code
            status = answer.status_code
        return status

    async def documents(self, review: Review, collection: str = "cases") -> dict[str, dict[str, Any]]:
        """What a store keeps, by key."""
        async with AsyncMongoClient[dict[str, Any]](self.mongo_url) as client:
            found = client[review.settings["SIHAO_DATABASE"]][collection].find()
            return {str(one["_id"]): one async for one in found}

    def announced(self, wire: str, area: str) -> Counter[str]:
        """How many facts of this name were announced about each case of an area; the same one again is not counted."""
        once = {str(m.message_id): m for m in self.heard if m.type == wire}
        cases = [json.loads(message.body).get("case", "") for message in once.values()]
        return Counter(case for case in cases if case.endswith(f"@{area}"))


def _code(area: str, number: int) -> str:
    return f"51{area}0100MJB{number:05}XM"


@asynccontextmanager
async def two_reviews(backends: Backends, mongo_url: str, database: str, folder: Path) -> AsyncIterator[Reviews]:
    """The centre runs, hosts both and signs; the province's own is admitted, with its key, and not started."""
    centre_key, own_key = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")
    (folder / "centre.pem").write_bytes(centre_key.as_pem(private=True))
    (folder / "own.pem").write_bytes(own_key.as_pem(private=True))
    (folder / "own.jwk").write_text(json.dumps(own_key.as_dict(private=False)))
    (folder / "trust.json").write_text(json.dumps({"keys": [centre_key.as_dict(private=False)]}))
    clock = TurnedClock(folder / "clock.json")
    clock.turn_to(datetime(2020, 10, 20, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        amqp_url = await stack.enter_async_context(backends.fresh_vhost())
        issuer = stack.enter_context(Issuer())
        common = {
            "SIHAO_MONGO_URL": mongo_url,
            "SIHAO_OIDC_ISSUER": issuer.url,
            "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
            "SIHAO_SWEEP_EVERY": "0.3",
            "SIHAO_SWEEP_AGE": "1",
            "SIHAO_PATIENCE": "1",
            "SIHAO_LOG_LEVEL": "WARNING",
            "SIHAO_RATE_WRITE": "100000/minute",
            "SIHAO_CLOCK_FILE": str(clock.path),
        }
        centre = Review(
            "centre",
            {
                **common,
                "SIHAO_AREAS": HOSTED,
                "SIHAO_AMQP_URL": amqp_url,
                "SIHAO_DATABASE": f"{database}_cn",
                "SIHAO_SIGNING_KEY": str(folder / "centre.pem"),
            },
            folder,
        )
        stack.push_async_callback(centre.child.stop)
        heard = await stack.enter_async_context(listening(amqp_url))
        await centre.start()
        address, vhost = place(amqp_url)
        added = await sihao(
            "add", MOVED, "--key", folder / "own.jwk", "--broker", address, "--vhost", vhost,
            "--review-url", centre.url, "--out", folder / "join.yaml",
            SIHAO_RABBIT_API_URL=api_of(backends).url,
            SIHAO_TOKEN=issuer.token("operator", roles=["operator"], area="CN"),
        )  # fmt: skip
        assert added.exit_code == 0, added.output
        join = load(folder / "join.yaml")
        stack.push_async_callback(api_of(backends).remove, "users", join.user)
        own = Review(
            "own",
            {
                **common,
                "SIHAO_AREAS": MOVED,
                "SIHAO_AMQP_URL": join.amqp_url(),
                "SIHAO_DATABASE": f"{database}_37",
                "SIHAO_SIGNING_KEY": str(folder / "own.pem"),
                "SIHAO_TRUST": str(folder / "trust.json"),
            },
            folder,
        )
        stack.push_async_callback(own.child.stop)
        client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=20))
        reviews = Reviews(amqp_url, mongo_url, centre, own, Signer(centre_key), issuer, folder, client, heard)
        await reviews.open_round()
        await until(lambda: _knows_round(reviews))
        yield reviews


async def _knows_round(reviews: Reviews) -> bool:
    return bool(await reviews.documents(reviews.centre, "rounds"))
