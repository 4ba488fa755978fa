"""The whole platform as its callers see it: five service processes, started once for all tests that ask for it."""

import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aio_pika
import httpx2
import pytest
from aio_pika import DeliveryMode

from demo.data import Scenario
from demo.parts import Application
from demo.province import Line
from demo.stand import Stand, standing
from dev.backends import Backends
from dev.ports import LOOPBACK, free_port
from dev.processes import Child
from dev.runs import run_directory
from shared.contracts.area import routing_words
from shared.contracts.event import Event
from tests.support.spans import SpanReceiver
from tests.support.toy_bench import until

EXAMPLES = Path(__file__).parents[2] / "shared" / "contracts" / "examples"
_MANY = "100000/minute"
_QUEUES = ("intake.", "scoring.", "review.", "notify.")
_LOUD = {"SIHAO_LOG_LEVEL": "INFO", "OTEL_BSP_SCHEDULE_DELAY": "200"}


@dataclass(frozen=True)
class Platform:
    """Intake, scoring, the centre's review, Fujian's review and notify, over HTTP."""

    stand: Stand
    backends: Backends
    scenario: Scenario
    """The demo's: its rubric, its round, chambers to take."""
    spans: SpanReceiver
    """Every span that the services have ended."""

    @property
    def amqp_url(self) -> str:
        """The platform's virtual host, with full rights."""
        return self.backends.amqp_url.rpartition("/")[0] + f"/{self.stand.vhost}"

    @property
    def client(self) -> httpx2.AsyncClient:
        """A client that keeps its connections."""
        return self.stand.platform.client

    def token(self, role: str, *, sub: str | None = None, **claims: Any) -> str:
        """A token of the platform's issuer; an officer's says `area`, a secretary's `chamber`."""
        who = sub or "-".join([role, *map(str, claims.values())])
        return self.stand.issuer.token(who, roles=[role], **claims)

    async def call(
        self, method: str, service: str, path: str, *, token: str | None = None, **given: Any
    ) -> httpx2.Response:
        """One request, whatever comes of it."""
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **given.pop("headers", {})}
        return await self.client.request(method, self.stand.platform.services[service] + path, headers=headers, **given)

    async def done(self, method: str, service: str, path: str, *, token: str | None = None, **given: Any) -> Any:
        """One request that must succeed; answers its JSON."""
        response = await self.call(method, service, path, token=token, **given)
        assert response.is_success, f"{method} {path} → {response.status_code} {response.text}"
        return response.json() if response.content else None

    async def comes(self, service: str, path: str, *, token: str, holds: Callable[[Any], bool] = bool) -> Any:
        """Ask until what is answered holds."""
        seen: list[Any] = []

        async def look() -> bool:
            response = await self.call("GET", service, path, token=token)
            seen[:] = [response.json() if response.is_success else None]
            return bool(seen[0] is not None and holds(seen[0]))

        await until(look)
        return seen[0]

    async def ready(self) -> bool:
        """Whether every service can serve."""
        urls = self.stand.platform.services.values()
        try:
            answers = [await self.client.get(f"{url}/startupz") for url in urls]
        except httpx2.HTTPError:
            return False
        return all(answer.is_success for answer in answers)

    async def at_work(self) -> bool:
        """Whether every service can serve, and its queues are consumed: who was frozen may not know it is cut off."""
        rows = await self.backends.api.get("queues", self.stand.vhost) if self.backends.api else []
        ours = [row["name"] for row in rows if str(row["name"]).startswith(_QUEUES)]
        async with await aio_pika.connect(self.stand.amqp_url) as connection:
            channel = await (await connection.channel()).get_underlay_channel()
            found = [await channel.queue_declare(queue, passive=True) for queue in ours]
        return all(queue.consumer_count for queue in found) and await self.ready()

    def pause(self) -> None:
        """Freeze every service."""
        for child in self.stand.processes:
            child.pause()

    def resume(self) -> None:
        """Let them go on."""
        for child in self.stand.processes:
            child.resume()

    def applicant(self, area: str) -> Application:
        """A chamber of this area that the scenario lets pass every gate."""
        return next(
            one
            for one in self.scenario.applications
            if one.chamber.area == area
            and self.scenario.expected[self.scenario.id_of(one.chamber)].outcome == "honoured"
        )

    def log_lines(self) -> list[dict[str, Any]]:
        """Everything that the services have logged."""
        lines = [line for child in self.stand.processes for line in child.log.read_text("utf-8").splitlines()]
        return [json.loads(line) for line in lines]


@asynccontextmanager
async def a_platform(
    backends: Backends,
    name: str,
    *,
    signed: bool = False,
    fujian: str = "35",
    line: Line | None = None,
    **environment: str,
) -> AsyncIterator[Platform]:
    """Start one, with these variables in the environment of its services; stopped at the end.

    `signed`: everybody signs. `fujian`: the areas that Fujian's service serves. `line`: it has a broker of its own.
    """
    scenario = Scenario()
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(run_directory(name))
        spans = stack.enter_context(SpanReceiver())
        with pytest.MonkeyPatch.context() as given:
            for variable, value in {**_LOUD, "OTEL_EXPORTER_OTLP_ENDPOINT": spans.url, **environment}.items():
                given.setenv(variable, value)
            stand = await stack.enter_async_context(
                standing(backends, directory, scenario, signed=signed, fujian=fujian, line=line)
            )
        yield Platform(stand, backends, scenario, spans)


@pytest.fixture(scope="session")
async def running_platform(backends: Backends) -> AsyncIterator[Platform]:
    """Started once, stopped at the end.

    Every endpoint is tried with no token, and with ones that fail: more than a
    minute's budget.
    """
    async with a_platform(backends, "platform", SIHAO_RATE_FAILED=_MANY, SIHAO_RATE_PUBLIC_WRITE=_MANY) as platform:
        yield platform
        platform.resume()


@pytest.fixture(scope="module")
async def platform(running_platform: Platform) -> AsyncIterator[Platform]:
    """The platform, ready: other tests stop the broker and the store under it.

    Frozen while no test asks for it, since five idle services take a good part of a core.
    """
    running_platform.resume()
    await until(running_platform.at_work, within=60)
    yield running_platform
    running_platform.pause()


async def announce(
    amqp_url: str, event: type[Event], bodies: Iterable[tuple[str, bytes]], *, area: str = "3502", **headers: str
) -> None:
    """Publish messages of one type by (id, body), whatever their bodies; returns when the broker has them all."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange("sihao.events")
        for id_, body in bodies:
            message = aio_pika.Message(
                body, message_id=id_, type=event.wire(), headers=dict(headers), delivery_mode=DeliveryMode.PERSISTENT
            )
            await exchange.publish(message, routing_key=f"{event.wire()}.{routing_words(area)}")


def example(event: type[Event], *, round_: str = "CN-2020") -> bytes:
    """The golden example of an event, told of another round."""
    return (EXAMPLES / f"{event.wire()}.json").read_text("utf-8").replace("CN-2020", round_).encode()


@dataclass(frozen=True)
class Lone:
    """One scoring service by itself, on a virtual host and a database of its own."""

    process: Child
    url: str
    amqp_url: str
    mongo_url: str
    database: str


@asynccontextmanager
async def lone_scoring(
    platform: Platform,
    *,
    wires: Callable[[str, str], Awaitable[tuple[str, str]]] | None = None,
    **settings: str,
) -> AsyncIterator[Lone]:
    """Start it, ready; `wires` may put cables into its (AMQP, MongoDB) addresses; `settings` without `SIHAO_`."""
    backends = platform.backends
    async with backends.fresh_vhost() as amqp_url:
        near = (amqp_url, backends.mongo_url)
        if wires is not None:
            near = await wires(*near)
        url = f"http://{LOOPBACK}:{free_port()}"
        name = f"lone-{secrets.token_hex(4)}"
        environment = {
            **os.environ,
            **{f"SIHAO_{setting.upper()}": value for setting, value in settings.items()},
            "SIHAO_AMQP_URL": near[0],
            "SIHAO_MONGO_URL": near[1],
            "SIHAO_DATABASE": name,
            "SIHAO_OIDC_ISSUER": platform.stand.issuer.url,
            "SIHAO_OIDC_JWKS_URL": platform.stand.issuer.jwks_url,
            "SIHAO_PORT": url.rpartition(":")[2],
            "SIHAO_SWEEP_EVERY": "0.3",
            "SIHAO_SWEEP_AGE": "1",
        }
        command = [sys.executable, "-m", "services.scoring"]
        child = Child(name, command, log=platform.stand.processes.logs / f"{name}.log", env=environment)
        await child.start()
        try:
            await child.until(lambda: _answers(platform.client, f"{url}/startupz"), within=30)
            yield Lone(child, url, amqp_url, backends.mongo_url, name)
        finally:
            await child.stop()


async def _answers(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx2.HTTPError:
        return False


def codes(response: httpx2.Response) -> Sequence[str]:
    """The codes of a problem's errors; none for anything else."""
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return ()
    body: Mapping[str, Any] = response.json()
    return [error["code"] for error in body["errors"]]
