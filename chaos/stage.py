"""What runs: a broker, a store, an issuer, a mail server, two clocks, and two replicas of every service on wires."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from chaos.disk import Disk
from chaos.junction import Carried, Junction
from chaos.nursery import Forked, Nursery
from chaos.replica import Replica
from chaos.waiting import until
from demo.data import Scenario
from dev.backends import DIRECTORIES, Backends, Source, open_backends
from dev.broker import Broker
from dev.clock import TurnedClock
from dev.issuer import Issuer
from dev.mail_sink import MailSink
from dev.packages import Say
from dev.ports import LOOPBACK, free_port
from dev.rabbit_api import RabbitApi, amqp_address
from dev.store import Store
from dev.unlimited import UNLIMITED

FUJIAN = "review-35"
SERVICES = ("intake", "scoring", "review", FUJIAN, "notify")
"""`review` is the centre's, hosting 37 and 51; `review-35` is Fujian's own."""
AREAS: Mapping[str, str] = {"review": "CN,37,51", FUJIAN: "35"}
LETTERS = ("a", "b")
_BEFORE_OTHERS = -5
"""Niceness of broker and store: in earnest they have machines of their own and do not wait for the services. Behind the
junction, which carries their answers."""
_BEHIND_THE_DOOR = 3
"""Niceness of all services but intake: nobody waits for their answers, and when they wait themselves they take more
messages at a time."""
START_WITHIN = 120.0
"""Seconds for all processes to become ready on a busy machine."""


@dataclass(frozen=True)
class Stage:
    """Everything that runs."""

    broker: Broker
    store: Store
    disks: Mapping[str, Disk]
    """The disks of `broker` and `store`, if they have their own."""
    amqp_url: str
    """The run's virtual host, with full rights, on whichever node of the broker is there."""
    databases: Mapping[str, str]
    """By service."""
    replicas: Mapping[str, tuple[Replica, ...]]
    """By service."""
    clocks: Mapping[str, TurnedClock]
    """By letter: both replicas of a service never share one."""
    issuer: Issuer
    mails: MailSink
    client: httpx2.AsyncClient
    """For looking at processes; people use the front."""

    @property
    def api(self) -> RabbitApi:
        """The broker's management API."""
        return self.broker.api

    @property
    def mongo_url(self) -> str:
        """The store, not through a wire."""
        return self.store.url

    @property
    def vhost(self) -> str:
        """The run's virtual host."""
        return self.amqp_url.rpartition("/")[2]

    def all(self) -> Iterator[Replica]:
        """Every replica."""
        for pair in self.replicas.values():
            yield from pair

    async def unready(self) -> list[str]:
        """Names of the replicas that are not ready now."""
        replicas = list(self.all())
        ready = await asyncio.gather(*(replica.ready(self.client) for replica in replicas))
        return [replica.name for replica, well in zip(replicas, ready, strict=True) if not well]

    async def until_ready(self, *, within: float = START_WITHIN) -> None:
        """Wait until every replica is ready.

        Raises:
            TimeoutError: one is not, after `within` seconds; it is named.
        """

        async def all_ready() -> bool:
            return not await self.unready()

        if not await until(all_ready, within=within, every=0.2):
            late = ", ".join(await self.unready())
            raise TimeoutError(f"{within:g} 秒内未就绪 / not ready within {within:g} s: {late}")


@asynccontextmanager
async def raised(
    directory: Path,
    scenario: Scenario,
    *,
    say: Say,
    nodes: int = 3,
    disks: Collection[str] = (),
    mutant: str | None = None,
) -> AsyncIterator[Stage]:
    """Start everything, ready; at the end nothing of it is left but `directory/logs`.

    `disks` says who has a disk of its own: `broker`, `store`.
    """
    async with AsyncExitStack() as stack:
        own_disks = {name: Disk(directory / DIRECTORIES[name]) for name in disks}
        for disk in own_disks.values():
            await stack.enter_async_context(disk.mounted())
        backends = await stack.enter_async_context(open_backends(directory, order=(Source.OWN,), nodes=nodes, say=say))
        broker, store = _own(backends)
        for node in (*broker.nodes, *store.nodes):
            node.niceness = _BEFORE_OTHERS
            node.favour()
        vhost = f"chaos-{secrets.token_hex(4)}"
        await broker.api.create_vhost(vhost)
        direct_url = amqp_address(broker.url, vhost=vhost)
        junction = await stack.enter_async_context(Junction())
        door = _to_broker(junction, broker)
        amqp_url = await _opened(door, direct_url)
        issuer = stack.enter_context(Issuer())
        mails = await stack.enter_async_context(MailSink())
        clocks = {letter: TurnedClock(directory / f"clock-{letter}.json") for letter in LETTERS}
        for clock in clocks.values():
            clock.turn_to(scenario.now)
        client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=5.0))
        prefix = f"chaos_{secrets.token_hex(3)}"
        databases = {service: f"{prefix}_{service.replace('-', '_')}" for service in SERVICES}
        common = {
            **os.environ,
            "SIHAO_RABBIT_API_URL": "",
            "SIHAO_OIDC_ISSUER": issuer.url,
            "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
            **UNLIMITED,
            "SIHAO_LOG_LEVEL": "WARNING",
            "SIHAO_SMTP_HOST": mails.host,
            "SIHAO_SMTP_PORT": str(mails.port),
            "SIHAO_SMTP_SECURITY": "none",
            "SIHAO_SENDER": "sihao@example.org",
            "CHAOS_MUTANT": mutant or "",
        }
        nursery = await stack.enter_async_context(Nursery())
        replicas: dict[str, tuple[Replica, ...]] = {}
        for service in SERVICES:
            pair = []
            for letter in LETTERS:
                own = {**common, "SIHAO_DATABASE": databases[service], "SIHAO_CLOCK_FILE": str(clocks[letter].path)}
                replica = await _replica(
                    nursery,
                    junction,
                    service,
                    letter,
                    own,
                    amqp_url=direct_url,
                    broker=broker,
                    store=store,
                    directory=directory,
                )
                stack.push_async_callback(replica.close)
                pair.append(replica)
            replicas[service] = tuple(pair)
        stage = Stage(broker, store, own_disks, amqp_url, databases, replicas, clocks, issuer, mails, client)
        await asyncio.gather(*(replica.start() for replica in stage.all()))
        await stage.until_ready()
        yield stage


async def _replica(
    nursery: Nursery,
    junction: Junction,
    service: str,
    letter: str,
    env: Mapping[str, str],
    *,
    amqp_url: str,
    broker: Broker,
    store: Store,
    directory: Path,
) -> Replica:
    """One replica, wired and not yet started."""
    name = f"{service}-{letter}"
    to_broker, to_store = _to_broker(junction, broker), {node.port: junction.wire(node.port) for node in store.nodes}
    await asyncio.gather(*(wire.open() for wire in to_store.values()))
    points = directory / "points" / name
    points.mkdir(parents=True)
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    own = {
        **env,
        "SIHAO_AMQP_URL": await _opened(to_broker, amqp_url),
        "SIHAO_MONGO_URL": store.url,
        "SIHAO_PORT": str(port),
        "SIHAO_PUBLIC_URL": url,
        "SIHAO_AREAS": AREAS.get(service, ""),
        "CHAOS_POINTS": str(points),
        "CHAOS_DETOURS": json.dumps({member: wire.port for member, wire in to_store.items()}),
    }
    module = f"services.{service.partition('-')[0]}"
    niceness = 0 if service == "intake" else _BEHIND_THE_DOOR
    child = Forked(nursery, name, module, log=directory / "logs" / f"{name}.log", env=own, niceness=niceness)
    return Replica(service, letter, url, to_broker, tuple(to_store.values()), points, child)


def _to_broker(junction: Junction, broker: Broker) -> Carried:
    return junction.wire(*(node.port for node in broker.nodes))


async def _opened(wire: Carried, url: str) -> str:
    """Open the wire; answers the address at which it has the server of `url`."""
    await wire.open()
    return url.replace(f":{urlsplit(url).port}/", f":{wire.port}/")


def _own(backends: Backends) -> tuple[Broker, Store]:
    if backends.broker is None or backends.store is None:
        raise RuntimeError("故障测试须有自己的消息队列与数据库 / faults need a broker and a store of their own")
    return backends.broker, backends.store
