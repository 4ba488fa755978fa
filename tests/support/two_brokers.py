"""A second broker, the province's own, with shovels, from the same source as the first: Docker or this machine."""

import ipaddress
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from docker import DockerClient

from dev.backends import Backends
from dev.broker import Broker, find_server
from dev.cable import Cable
from dev.containers import docker_answers, rabbitmq_container
from dev.ports import LOOPBACK
from dev.rabbit_api import RabbitApi
from dev.runs import run_directory

SHOVEL = ("rabbitmq_shovel", "rabbitmq_shovel_management")


@dataclass(frozen=True)
class ProvinceBroker:
    """A broker of a province, with full rights."""

    amqp_url: str
    api: RabbitApi
    this_machine: str
    """The address at which it finds what listens on this machine."""
    plugins: str = ""
    """How to call its `rabbitmq-plugins` in a shell, if it runs on this machine."""

    @property
    def address(self) -> str:
        """Its address without user."""
        parts = urlsplit(self.amqp_url)
        return f"amqp://{parts.hostname}:{parts.port}"


@asynccontextmanager
async def opened(*, here: bool = False) -> AsyncIterator[ProvinceBroker]:
    """Start it (`here`: on this machine, whatever else there is); stopped at the end."""
    async with AsyncExitStack() as stack:
        if not here and docker_answers() and not os.environ.get("SIHAO_AMQP_URL"):
            amqp_url, api = await stack.enter_async_context(rabbitmq_container(SHOVEL))
            yield ProvinceBroker(amqp_url, api, _gateway())
            return
        server = find_server()
        if server is None:
            raise RuntimeError("two brokers are needed: install RabbitMQ on this machine, or start Docker")
        broker = Broker(stack.enter_context(run_directory("province")), server, plugins=SHOVEL)
        stack.push_async_callback(broker.close)
        await broker.start()
        yield ProvinceBroker(broker.url, broker.api, LOOPBACK, shlex.join(broker.tool("rabbitmq-plugins")))


def _gateway() -> str:
    """This machine as containers see it."""
    [network] = DockerClient.from_env().networks.list(names=["bridge"])
    told = network.attrs["IPAM"]["Config"][0]
    return str(told.get("Gateway") or next(ipaddress.ip_network(told["Subnet"]).hosts()))


@pytest.fixture(scope="session")
async def province_broker() -> AsyncIterator[ProvinceBroker]:
    """Started once for all tests that ask for it."""
    async with opened() as broker:
        yield broker


@asynccontextmanager
async def between(backends: Backends, broker: ProvinceBroker) -> AsyncIterator[Cable]:
    """The wire from the province's broker to the centre's."""
    parts = urlsplit(backends.amqp_url)
    async with Cable(parts.hostname or LOOPBACK, parts.port or 5672, near=broker.this_machine) as cable:
        yield cable
