"""A private RabbitMQ on free loopback ports, with all it keeps in one directory.

It has its own node name, cookie, home and port mapper (epmd), so neither the system's broker nor another run's is ever
met. Its management plugin is on. Debian's wrapper scripts change user and directory; the server's own script is called.
"""

import os
import re
import shutil
from pathlib import Path

from dev.ports import LOOPBACK, free_port
from dev.processes import Child
from dev.rabbit_api import RabbitApi, new_password

_DEBIAN = Path("/usr/lib/rabbitmq/lib")
_SYSTEM_PATHS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find_server() -> Path | None:
    """RabbitMQ's start script on this machine, the newest if there are several; None without one."""
    installed = _DEBIAN.glob("rabbitmq_server-*/sbin/rabbitmq-server")
    newest = max(installed, key=lambda script: [int(n) for n in re.findall(r"\d+", script.parts[-3])], default=None)
    elsewhere = shutil.which("rabbitmq-server")
    return newest or (Path(elsewhere) if elsewhere else None)


class Broker:
    """A RabbitMQ server of our own: a broker process and its port mapper."""

    def __init__(self, directory: Path, server: Path, *, logs: Path | None = None) -> None:
        """Prepare `directory` (made if missing) for the RabbitMQ whose start script is `server`.

        `logs` is where `rabbitmq.log` and `epmd.log` go, `directory/logs` unless given.
        """
        self.directory = directory.absolute()
        logs = logs or self.directory / "logs"
        self.port, self.api_port, self._mapper_port, self._node_port = (free_port() for _ in range(4))
        self.user, self._password = "sihao", new_password()
        self._write_configuration()
        env = self._environment()
        self._mapper = Child(
            "epmd",
            [shutil.which("epmd") or "epmd", "-port", str(self._mapper_port), "-address", LOOPBACK],
            log=logs / "epmd.log",
            env=env,
        )
        self._server = Child(
            "rabbitmq", [str(server), "-noinput"], log=logs / "rabbitmq.log", env=env, cwd=self.directory
        )

    @property
    def url(self) -> str:
        """The AMQP address of the default virtual host, with full rights."""
        return f"amqp://{self.user}:{self._password}@{LOOPBACK}:{self.port}/%2F"

    @property
    def api(self) -> RabbitApi:
        """The management API, with full rights."""
        return RabbitApi(f"http://{self.user}:{self._password}@{LOOPBACK}:{self.api_port}")

    async def start(self, *, within: float = 90.0) -> None:
        """Start, or start again with the same ports and data, and wait until connections are accepted.

        Raises:
            ProcessFailedError: with the end of the log, if it dies or takes more than `within` seconds.
        """
        if not self._mapper.alive:
            await self._mapper.start()
        await self._server.start()
        await self._server.until(lambda: self.api.listens(self.port), within=within)

    async def stop(self, *, grace: float = 30.0) -> None:
        """Stop properly, so that it can start again with its data."""
        await self._server.stop(grace=grace)

    async def kill(self) -> None:
        """End at once, as a power cut would; it can start again with what was on disk."""
        await self._server.kill()

    def pause(self) -> None:
        """Freeze the server: connections stay open and nothing answers."""
        self._server.pause()

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._server.resume()

    async def close(self) -> None:
        """End for good, and at once, since nobody needs the data any more."""
        await self._server.kill()
        await self._mapper.kill()

    def _write_configuration(self) -> None:
        for name in ("home", "logs", "data"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self._write("home/.erlang.cookie", new_password(), mode=0o400)
        self._write("enabled_plugins", "[rabbitmq_management].\n")
        self._write("environment", "")
        self._write(
            "rabbitmq.conf",
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}\n"
            f"management.tcp.ip = {LOOPBACK}\n"
            f"management.tcp.port = {self.api_port}\n"
            f"default_user = {self.user}\n"
            f"default_pass = {self._password}\n",
        )

    def _write(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.directory / name
        path.write_text(text, "utf-8")
        path.chmod(mode)

    def _environment(self) -> dict[str, str]:
        """All that the server is told; nothing of our own environment reaches it."""
        # The management plugin cannot bear a path with Chinese characters. Linux has another name for the directory
        # in which the server runs, whatever it is called.
        here = Path("/proc/self/cwd") if Path("/proc/self/cwd").exists() else self.directory
        return {
            "PATH": os.pathsep.join((os.environ.get("PATH", ""), _SYSTEM_PATHS)),
            "LANG": "C.UTF-8",
            "HOME": str(self.directory / "home"),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": f"sihao-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
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
