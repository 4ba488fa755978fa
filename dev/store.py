"""A private MongoDB on free loopback ports, with all it keeps in one directory: a replica set of one or more."""

import asyncio
import os
import shutil
import sysconfig
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, PyMongoError

from dev.ports import LOOPBACK, free_port
from dev.processes import Child
from dev.server import Node, Server

REPLICA_SET = "sihao"
_ELECTION_MILLISECONDS = 2000
"""How long the others wait for a primary that says nothing, before they elect another."""


def find_server() -> Path | None:
    """The `mongod` that came with the developer's requirements, else the one on PATH; None without any."""
    bundled = Path(sysconfig.get_path("purelib"), "fiftyone", "db", "bin", "mongod")
    if bundled.exists():
        if not os.access(bundled, os.X_OK):
            bundled.chmod(0o755)
        return bundled
    elsewhere = shutil.which("mongod")
    return Path(elsewhere) if elsewhere else None


async def runs(server: Path) -> bool:
    """Whether this `mongod` finds all its libraries."""
    trial = await asyncio.create_subprocess_exec(server, "--version", stdout=DEVNULL, stderr=DEVNULL)
    return await trial.wait() == 0


class StoreNode(Node):
    """One member of the replica set."""

    def __init__(self, data: Path, server: Path, *, log: Path, several: bool) -> None:
        """Prepare `data` (made if missing) for the `mongod` at `server`."""
        self.port = free_port()
        data.mkdir(parents=True, exist_ok=True)
        options = {
            "replSet": REPLICA_SET,
            "bind_ip": LOOPBACK,
            "port": str(self.port),
            "dbpath": str(data),
            "wiredTigerCacheSizeGB": "0.25" if several else "0.5",
            "oplogSize": "128",
            "setParameter": "diagnosticDataCollectionEnabled=false",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        super().__init__(Child(log.stem, [str(server), "--nounixsocket", *words], log=log))

    @property
    def address(self) -> str:
        """Host and port, the member's name in the replica set."""
        return f"{LOOPBACK}:{self.port}"

    async def answers(self) -> bool:
        """Whether it says anything."""
        return bool(await self.hello())

    async def hello(self) -> Mapping[str, Any]:
        """How it sees itself; nothing if it does not answer."""
        try:
            return await self.command("hello")
        except PyMongoError:
            return {}

    async def command(self, name: str, value: Any = 1, **more: Any) -> Mapping[str, Any]:
        """What it answers to an administrator's command.

        Raises:
            PyMongoError: it is away, or refuses.
        """
        return await asyncio.to_thread(_command, _direct(self.address), {name: value, **more})


class Store(Server[StoreNode]):
    """A MongoDB of our own."""

    def __init__(self, directory: Path, server: Path, *, logs: Path | None = None, nodes: int = 1) -> None:
        """Prepare `directory` (made if missing) for the `mongod` at `server`.

        `logs` is where `mongod.log` (of several nodes `mongod-1.log`, …) goes, `directory/logs` unless given.
        """
        logs = logs or directory / "logs"
        names = ["mongod"] if nodes == 1 else [f"mongod-{n}" for n in range(1, nodes + 1)]
        super().__init__(
            [StoreNode(directory / name, server, log=logs / f"{name}.log", several=nodes > 1) for name in names]
        )

    @property
    def url(self) -> str:
        """The address of the replica set."""
        return f"mongodb://{','.join(node.address for node in self.nodes)}/?replicaSet={REPLICA_SET}"

    async def start(self, *, within: float = 60.0) -> None:
        """As every server; the first time it becomes a replica set. Returns when it is whole."""
        await super().start(within=within)
        first = self.nodes[0]
        if "isreplicaset" in await first.hello():
            await is_primary(_direct(first.address), members=[node.address for node in self.nodes])
        await first.until(self.whole, within=within)

    async def whole(self) -> bool:
        """Whether one member takes writes, and all the others follow it."""
        said = await asyncio.gather(*(node.hello() for node in self.nodes))
        writable = sum(bool(hello.get("isWritablePrimary")) for hello in said)
        return writable == 1 and all(hello.get("isWritablePrimary") or hello.get("secondary") for hello in said)

    async def primary(self) -> StoreNode | None:
        """The member that takes writes, None while there is none."""
        said = await asyncio.gather(*(node.hello() for node in self.nodes))
        writable = (node for node, hello in zip(self.nodes, said, strict=True) if hello.get("isWritablePrimary"))
        return next(writable, None)

    async def step_down(self, *, at_once: bool, seconds: int = 10) -> None:
        """Have the primary become a secondary for some seconds, without waiting for the others if `at_once`.

        Raises:
            PyMongoError: there is no primary, or the others could not catch up.
        """
        primary = await self.primary()
        if primary is None:
            raise ConnectionFailure("no primary")
        await primary.command("replSetStepDown", seconds, secondaryCatchUpPeriodSecs=0 if at_once else 5, force=at_once)


async def is_primary(url: str, *, members: Sequence[str]) -> bool:
    """Whether the server takes writes; a server without a replica set becomes one with these members."""
    return await asyncio.to_thread(_is_primary, url, members)


def _is_primary(url: str, members: Sequence[str]) -> bool:
    try:
        hello = _command(url, {"hello": 1})
        if "setName" not in hello:
            listed = [{"_id": n, "host": member} for n, member in enumerate(members)]
            settings = {"electionTimeoutMillis": _ELECTION_MILLISECONDS}
            _command(url, {"replSetInitiate": {"_id": REPLICA_SET, "members": listed, "settings": settings}})
    except PyMongoError:
        return False
    return bool(hello["isWritablePrimary"])


def _direct(address: str) -> str:
    return f"mongodb://{address}/?directConnection=true"


def _command(url: str, command: dict[str, Any]) -> dict[str, Any]:
    # The driver's blocking client: its asynchronous one leaks a socket when it is closed while a server is away.
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=500, socketTimeoutMS=20_000) as client:
        return client.admin.command(command)
