"""RabbitMQ and MongoDB in containers, where Docker answers."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import get_docker_host

from dev.rabbit_api import RabbitApi, new_password
from dev.store import REPLICA_SET, is_primary

RABBITMQ_IMAGE = "rabbitmq:4-management"
MONGODB_IMAGE = "mongo:7"

_AMQP, _API, _MONGO = 5672, 15672, 27017
_DOCKER_PORT = 2375
_MESSAGE_BYTES = 134_217_728
"""What RabbitMQ 3 takes in one message; 4 takes 16 MiB by default, and some tests send more."""
_POLL_SECONDS = 0.5

Address = Callable[[int], str]


class ContainerFailedError(RuntimeError):
    """A container could not be started, or did not become ready; the message says why."""


def docker_answers() -> bool:
    """Whether somebody listens where the Docker daemon should be."""
    daemon = urlsplit(get_docker_host() or "unix:///var/run/docker.sock")
    try:
        if daemon.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(daemon.path)
        elif daemon.scheme in {"tcp", "http", "https"}:
            socket.create_connection((daemon.hostname, daemon.port or _DOCKER_PORT), timeout=5).close()
    except OSError:
        return False
    return True


@asynccontextmanager
async def rabbitmq_container(plugins: Sequence[str] = ()) -> AsyncIterator[tuple[str, RabbitApi]]:
    """A broker with its management plugin, and these: AMQP address and management API, with full rights.

    Raises:
        ContainerFailedError: if there is no image, or it does not start.
    """
    user, password = "sihao", new_password()
    environment = {
        "RABBITMQ_DEFAULT_USER": user,
        "RABBITMQ_DEFAULT_PASS": password,
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-rabbit max_message_size {_MESSAGE_BYTES}",
    }
    async with _running(RABBITMQ_IMAGE, _AMQP, _API, environment=environment) as (container, address):
        api = RabbitApi(f"http://{user}:{password}@{address(_API)}")
        await _until(lambda: api.listens(_AMQP), container)
        if plugins:
            code, said = await asyncio.to_thread(container.exec, ["rabbitmq-plugins", "enable", *plugins])
            if code:
                raise ContainerFailedError(said.decode("utf-8", "replace"))
        yield f"amqp://{user}:{password}@{address(_AMQP)}/%2F", api


@asynccontextmanager
async def mongodb_container() -> AsyncIterator[str]:
    """The address of a replica set of one.

    Raises:
        ContainerFailedError: if there is no image, or it does not start.
    """
    command = ["--replSet", REPLICA_SET, "--bind_ip_all"]
    async with _running(MONGODB_IMAGE, _MONGO, command=command) as (container, address):
        # Direct, because the member's own name for itself means nothing outside the container.
        url = f"mongodb://{address(_MONGO)}/?directConnection=true"
        await _until(lambda: is_primary(url, members=[f"localhost:{_MONGO}"]), container)
        yield url


@asynccontextmanager
async def _running(
    image: str, *ports: int, environment: dict[str, str] | None = None, command: list[str] | None = None
) -> AsyncIterator[tuple[DockerContainer, Address]]:
    try:
        container = DockerContainer(image).with_exposed_ports(*ports).with_envs(**environment or {})
        if command:
            container.with_command(command)
        await asyncio.to_thread(container.start)
    except Exception as error:
        raise ContainerFailedError(f"无法启动容器 {image} / cannot start a container of {image}: {error}") from error
    try:
        yield container, lambda port: f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
    finally:
        await asyncio.to_thread(container.stop)


async def _until(ready: Callable[[], Awaitable[bool]], container: DockerContainer, *, within: float = 90.0) -> None:
    deadline = time.monotonic() + within
    while not await ready():
        if time.monotonic() > deadline:
            out, err = await asyncio.to_thread(container.get_logs)
            tail = (out + err).decode("utf-8", "replace")[-3000:]
            raise ContainerFailedError(
                f"容器 {container.image} 在 {within:g} 秒内未就绪 / was not ready within {within:g} s:\n{tail}"
            )
        await asyncio.sleep(_POLL_SECONDS)
