"""A private RabbitMQ on free loopback ports, one node or a cluster, with all it keeps in one directory.

It has its own node names, cookie, home and port mapper (epmd), so neither the system's broker nor another run's is ever
met. Its management plugin is on. Debian's wrapper scripts change user and directory; the server's own script is called.
"""

import asyncio
import os
import re
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.ports import LOOPBACK, free_port
from dev.processes import Child, ProcessFailedError
from dev.rabbit_api import RabbitApi, new_password
from dev.server import Node, Server

_DEBIAN = Path("/usr/lib/rabbitmq/lib")
_SYSTEM_PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ERLANG = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
_TRIES = 3
_IN_CLUSTER = "+S 1:1"
"""Several nodes on one machine: one scheduler each."""


def find_server() -> Path | None:
    """RabbitMQ's start script on this machine, the newest if there are several; None without one."""
    installed = _DEBIAN.glob("rabbitmq_server-*/sbin/rabbitmq-server")
    newest = max(installed, key=lambda script: [int(n) for n in re.findall(r"\d+", script.parts[-3])], default=None)
    elsewhere = shutil.which("rabbitmq-server")
    return newest or (Path(elsewhere) if elsewhere else None)


@dataclass(frozen=True)
class _Common:
    """What all nodes of one broker share."""

    home: Path
    mapper_port: int
    several: bool
    plugins: Sequence[str] = ()
    user: str = "sihao"
    password: str = field(default_factory=new_password)


class BrokerNode(Node):
    """One node of the broker."""

    def __init__(self, directory: Path, server: Path, *, log: Path, common: "_Common") -> None:
        """Prepare `directory` for the RabbitMQ whose start script is `server`."""
        self.directory = directory.absolute()
        self.port, self._api_port, self._node_port = (free_port() for _ in range(3))
        self.erlang_name = f"sihao-{self.port}@localhost"
        self._common = common
        self._write_configuration()
        env = self._environment()
        super().__init__(Child(log.stem, [str(server), "-noinput"], log=log, env=env, cwd=self.directory))

    @property
    def url(self) -> str:
        """The AMQP address of the default virtual host, with full rights."""
        return f"amqp://{self._common.user}:{self._common.password}@{LOOPBACK}:{self.port}/%2F"

    @property
    def api(self) -> RabbitApi:
        """The management API, with full rights."""
        return RabbitApi(f"http://{self._common.user}:{self._common.password}@{LOOPBACK}:{self._api_port}")

    @property
    def configuration(self) -> Path:
        """The file of its settings, read at every start."""
        return self.directory / "rabbitmq.conf"

    @property
    def here(self) -> Path:
        """Its directory, as it is called by those who run in it.

        The management plugin cannot bear a path with Chinese characters. Linux has another name for the directory in
        which a process runs, whatever it is called.
        """
        return Path("/proc/self/cwd") if Path("/proc/self/cwd").exists() else self.directory

    async def answers(self) -> bool:
        """Whether connections are accepted."""
        return await self.api.listens(self.port)

    async def start(self, *, within: float = 90.0) -> None:
        """As every node; should it end meanwhile, it is started again, as its keeper would.

        Nodes of 3.10 that start at the same moment ask each other for their feature flags, and one that is asked too
        early makes the other end.
        """
        for _ in range(_TRIES - 1):
            try:
                await super().start(within=within)
            except ProcessFailedError:
                if self.alive:
                    raise
        await super().start(within=within)

    def join(self, first: "BrokerNode") -> None:
        """Become, at the first start, part of the cluster of which `first` is running already."""
        members = enumerate((first.erlang_name, self.erlang_name), 1)
        with self.configuration.open("a", encoding="utf-8") as file:
            file.write("cluster_formation.peer_discovery_backend = classic_config\n")
            file.writelines(f"cluster_formation.classic_config.nodes.{n} = {name}\n" for n, name in members)

    def _write_configuration(self) -> None:
        for name in ("logs", "data"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        _write(self.directory / "enabled_plugins", f"[{','.join(('rabbitmq_management', *self._common.plugins))}].\n")
        _write(self.directory / "environment", "")
        _write(
            self.configuration,
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}\n"
            f"management.tcp.ip = {LOOPBACK}\n"
            f"management.tcp.port = {self._api_port}\n"
            f"default_user = {self._common.user}\n"
            f"default_pass = {self._common.password}\n",
        )

    def _environment(self) -> dict[str, str]:
        """All that the server is told; nothing of our own environment reaches it."""
        here = self.here
        return {
            **_erlang_environment(self._common),
            "RABBITMQ_NODENAME": self.erlang_name,
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_ERLANG} {_IN_CLUSTER if self._common.several else ''}".strip(),
            # The start script then becomes the server, instead of staying as its parent.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_CONF_ENV_FILE": str(here / "environment"),
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(here / "none" / "*.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(here / "data"),
            "RABBITMQ_LOG_BASE": str(here / "logs"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(here / "pid"),
        }


class Broker(Server[BrokerNode]):
    """A RabbitMQ of our own: its nodes and their port mapper."""

    def __init__(
        self, directory: Path, server: Path, *, logs: Path | None = None, nodes: int = 1, plugins: Sequence[str] = ()
    ) -> None:
        """Prepare `directory` (made if missing) for the RabbitMQ whose start script is `server`.

        `logs` is where `rabbitmq.log` (of several nodes `rabbitmq-1.log`, …) and `epmd.log` go, `directory/logs`
        unless given. `plugins` are enabled beside the management plugin.
        """
        logs = logs or directory / "logs"
        home = directory.absolute() / "home"
        home.mkdir(parents=True, exist_ok=True)
        _write(home / ".erlang.cookie", new_password(), mode=0o400)
        self._common = _Common(home, free_port(), several=nodes > 1, plugins=tuple(plugins))
        self._tools = server.parent
        names = ["rabbitmq"] if nodes == 1 else [f"rabbitmq-{n}" for n in range(1, nodes + 1)]
        super().__init__(
            [BrokerNode(directory / name, server, log=logs / f"{name}.log", common=self._common) for name in names]
        )
        for node in self.nodes[1:]:
            node.join(self.nodes[0])
        self._mapper = Child(
            "epmd",
            [shutil.which("epmd") or "epmd", "-port", str(self._common.mapper_port), "-address", LOOPBACK],
            log=logs / "epmd.log",
            env=_erlang_environment(self._common),
        )

    @property
    def url(self) -> str:
        """The AMQP address of the first node's default virtual host, with full rights."""
        return self.nodes[0].url

    @property
    def api(self) -> RabbitApi:
        """The management API of the first node that runs, with full rights over all."""
        return next((node for node in self.nodes if node.alive), self.nodes[0]).api

    async def start(self, *, within: float = 90.0) -> None:
        """As every server; the very first time the first node alone, since the others join it."""
        if not self._mapper.alive:
            await self._mapper.start()
        if self.nodes[0].pid is None:
            await self.nodes[0].start(within=within)
        await super().start(within=within)

    async def close(self) -> None:
        """End for good, and at once, since nobody needs the data any more."""
        await super().close()
        await self._mapper.kill()

    def tool(self, name: str) -> list[str]:
        """One of RabbitMQ's commands, such as `rabbitmq-plugins`, as a shell calls it to reach the first node."""
        node = self.nodes[0]
        given = _erlang_environment(self._common) | {
            "RABBITMQ_CONF_ENV_FILE": str(node.directory / "environment"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(node.here / "enabled_plugins"),
            "RABBITMQ_NODENAME": node.erlang_name,
        }
        return [
            "env",
            "-C",
            str(node.directory),
            *(f"{name}={value}" for name, value in given.items()),
            str(self._tools / name),
        ]

    async def evaluate(self, expression: str, *, on: BrokerNode, within: float = 60.0) -> str:
        """What an Erlang expression gives on a node: for what the management API does not offer.

        Raises:
            RuntimeError: with what the node said instead of a value.
            TimeoutError: it took more than `within` seconds.
        """
        ctl = await asyncio.create_subprocess_exec(
            *(str(self._tools / "rabbitmqctl"), "--quiet", "--node", on.erlang_name, "eval", expression),
            env=_erlang_environment(self._common) | {"RABBITMQ_CONF_ENV_FILE": str(on.directory / "environment")},
            stdout=PIPE,
            stderr=STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(ctl.communicate(), within)
        finally:
            if ctl.returncode is None:
                ctl.kill()
                await ctl.wait()
        text = said.decode("utf-8", "replace").strip()
        if ctl.returncode:
            raise RuntimeError(text)
        return text


def _erlang_environment(common: _Common) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join((os.environ.get("PATH", ""), _SYSTEM_PATHS)),
        "LANG": "C.UTF-8",
        "HOME": str(common.home),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(common.mapper_port),
    }


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, "utf-8")
    path.chmod(mode)
