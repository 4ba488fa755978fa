"""The platform of one run: users on the broker, a token issuer, a mail server, a clock, and five service processes."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OKPKey
from pymongo import AsyncMongoClient

from demo.api import Platform, connected
from demo.data import Scenario
from demo.keys import Keys
from demo.province import Joined, Line, joined
from dev.backends import Backends
from dev.clock import TurnedClock
from dev.issuer import Issuer
from dev.mail_sink import MailSink
from dev.ports import LOOPBACK, free_port
from dev.processes import Processes
from dev.rabbit_api import RabbitApi, amqp_address
from shared.runtime.mongo import Database
from sihao.prepare import rights
from sihao.province import rights as province_rights
from sihao.province.keys import Register

EXCHANGE = rights.EXCHANGE
CENTRE_SERVICES = rights.SERVICES
FUJIAN = "review-35"
SERVICES = (*CENTRE_SERVICES, FUJIAN)
"""Processes; `review` is the centre's, hosting 37 and 51, `review-35` is Fujian's own."""


@dataclass(frozen=True)
class Stand:
    """Everything that runs."""

    platform: Platform
    clock: TurnedClock
    issuer: Issuer
    mails: MailSink
    processes: Processes
    vhost: str
    """The run's own, as it stands in addresses."""
    amqp_url: str
    """The address of that virtual host, with full rights."""
    addresses: Mapping[str, str]
    """The same, with each process's own rights."""
    stores: Mapping[str, str]
    """The address of each process's store."""
    databases: Mapping[str, str]
    """The name of each process's database."""
    joined: Joined | None = None
    """How Fujian is connected, where it joined here."""

    def database(self, name: str) -> Database:
        """The database of a process."""
        return Database(self.stores[name], self.databases[name])

    def log_of(self, name: str) -> str:
        """Where the log of a process is."""
        logs = [str(child.log) for child in self.processes if child.name == name]
        return logs[0] if logs else f"docker compose logs {name}"


@asynccontextmanager
async def standing(
    backends: Backends,
    directory: Path,
    scenario: Scenario,
    *,
    signed: bool = False,
    fujian: str = "35",
    line: Line | None = None,
) -> AsyncIterator[Stand]:
    """Start everything on a virtual host and databases of its own; at the end nothing of it is left.

    `signed`: everybody signs, and what Fujian sends is believed by its registered key alone. `fujian`: the areas that
    its service serves. `line`: it has a broker of its own.
    """
    async with AsyncExitStack() as stack:
        clock = TurnedClock(directory / "clock.json")
        clock.turn_to(scenario.now)
        amqp_url = await stack.enter_async_context(backends.fresh_vhost())
        databases = await stack.enter_async_context(_databases(backends))
        issuer = stack.enter_context(Issuer())
        mails = await stack.enter_async_context(MailSink())
        addresses = await _broker_users(stack, backends.api, amqp_url)
        processes = await stack.enter_async_context(Processes(directory / "logs"))
        urls = {name: f"http://{LOOPBACK}:{free_port()}" for name in SERVICES}
        keys = Keys(directory) if signed else None
        common = {
            **environment(backends, issuer, clock),
            "SIHAO_SMTP_HOST": mails.host,
            "SIHAO_SMTP_PORT": str(mails.port),
            "SIHAO_SMTP_SECURITY": "none",
            "SIHAO_MAIL_EVERY": "0.5",
            "SIHAO_SENDER": "sihao@example.org",
        }

        async def start(name: str, own: Mapping[str, str] | None = None) -> None:
            env = {
                **common,
                "SIHAO_AMQP_URL": addresses[name],
                "SIHAO_DATABASE": databases[name],
                "SIHAO_PORT": urls[name].rpartition(":")[2],
                "SIHAO_PUBLIC_URL": urls[name],
                "SIHAO_CERTIFICATE_KEY": str(_certificate_key(directory, name)),
                "SIHAO_BULLETIN_URL": urls["notify"],
                "SIHAO_CERTIFICATES": json.dumps({"national-sihao": urls["review"]}),
                **(own if own is not None else {"SIHAO_AREAS": ",".join(centre_areas(scenario))}),
                **(keys.settings(of_centre=True) if keys and own is None else {}),
            }
            module = f"services.{name.partition('-')[0]}"
            command = [sys.executable, "-m", module]
            await processes.start(name, command, env=env, ready_url=f"{urls[name]}/startupz", within=60)

        await asyncio.gather(*(start(name) for name in CENTRE_SERVICES))
        register = Register(urls["review"], issuer.token("operator", roles=["operator"])) if keys else None
        link = await joined(
            stack, backends, amqp_url, directory, database=databases[FUJIAN], keys=keys, register=register, line=line
        )
        addresses[FUJIAN] = link.settings["SIHAO_AMQP_URL"]
        await start(FUJIAN, {**link.settings, "SIHAO_AREAS": fujian})
        platform = await stack.enter_async_context(connected(urls, issuer))
        vhost = amqp_url.rpartition("/")[2]
        stores = dict.fromkeys(SERVICES, backends.mongo_url)
        yield Stand(platform, clock, issuer, mails, processes, vhost, amqp_url, addresses, stores, databases, link)


def environment(backends: Backends, issuer: Issuer, clock: TurnedClock) -> dict[str, str]:
    """What every process is told."""
    return {
        "SIHAO_MONGO_URL": backends.mongo_url,
        "SIHAO_RABBIT_API_URL": "",  # a given one carries an administrator, which no service needs
        "SIHAO_OIDC_ISSUER": issuer.url,
        "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
        "SIHAO_CLOCK_FILE": str(clock.path),
        "SIHAO_LOG_LEVEL": os.environ.get("SIHAO_LOG_LEVEL", "WARNING"),
        "SIHAO_SWEEP_EVERY": "0.5",
        "SIHAO_CATCH_UP_SETTLE": "2",
    }


def _certificate_key(directory: Path, name: str) -> Path:
    """A new key with which a review service signs certificates."""
    path = directory / f"{name}.key.pem"
    path.write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    return path


def centre_areas(scenario: Scenario) -> Sequence[str]:
    """What the centre's review serves: the nation, and the provinces that run none of their own."""
    return ("CN", *(area for area in sorted(scenario.round.quotas) if area != "35"))


@asynccontextmanager
async def _databases(backends: Backends) -> AsyncIterator[Mapping[str, str]]:
    """A database for each service; dropped at the end unless the store is our own and goes away as a whole."""
    prefix = f"sihao_{secrets.token_hex(4)}"
    names = {name: f"{prefix}_{name.replace('-', '_')}" for name in SERVICES}
    yield names
    if backends.store is None:
        async with AsyncMongoClient[dict[str, object]](backends.mongo_url) as client:
            for name in names.values():
                await client.drop_database(name)


async def _broker_users(stack: AsyncExitStack, api: RabbitApi | None, amqp_url: str) -> dict[str, str]:
    """Every central process's address on the broker, each with a user that may do what it must and nothing else."""
    if api is None:  # a given broker whose users we cannot make
        return dict.fromkeys(CENTRE_SERVICES, amqp_url)
    vhost, addresses = amqp_url.rpartition("/")[2], dict[str, str]()
    for name in CENTRE_SERVICES:
        user, may = f"{vhost}-{name}", rights.rights_of(name)
        password = await api.create_user(
            user,
            vhost=vhost,
            configure=may.configure,
            write=may.write,
            read=may.read,
            topic_permissions=may.topics,
        )
        stack.push_async_callback(api.delete_user, user)
        addresses[name] = amqp_address(amqp_url, user=user, password=password)
    return addresses


def may_announce(service: str, area: str) -> str:
    """Routing keys of the service's own events; a province's only those that it may write, in its own area."""
    return province_rights.may_announce(area) if area else rights.may_announce(service)


def may_hear(area: str) -> str:
    """Binding keys: a province hears its own area, and of the centre the rounds and the keys."""
    return province_rights.may_hear(area) if area else ".*"
