"""A private MongoDB on a free loopback port, with all it keeps in one directory.

It is a replica set of one, because transactions and change streams need a replica set.
"""

import asyncio
import os
import shutil
import sysconfig
from asyncio.subprocess import DEVNULL
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dev.ports import LOOPBACK, free_port
from dev.processes import Child

REPLICA_SET = "sihao"


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


class Store:
    """A MongoDB server of our own."""

    def __init__(self, directory: Path, server: Path, *, logs: Path | None = None) -> None:
        """Prepare `directory` (made if missing) for the `mongod` at `server`.

        `logs` is where `mongod.log` goes, `directory/logs` unless given.
        """
        self.port = free_port()
        data = directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._server = Child(
            "mongod",
            [
                str(server),
                "--replSet",
                REPLICA_SET,
                "--bind_ip",
                LOOPBACK,
                "--port",
                str(self.port),
                "--dbpath",
                str(data),
                "--nounixsocket",
                "--wiredTigerCacheSizeGB",
                "0.5",
                "--oplogSize",
                "128",
                "--setParameter",
                "diagnosticDataCollectionEnabled=false",
            ],
            log=(logs or directory / "logs") / "mongod.log",
        )

    @property
    def url(self) -> str:
        """The address of the replica set."""
        return f"mongodb://{LOOPBACK}:{self.port}/?replicaSet={REPLICA_SET}"

    async def start(self, *, within: float = 60.0) -> None:
        """Start, or start again with the same port and data, and wait until it takes writes.

        Raises:
            ProcessFailedError: with the end of the log, if it dies or takes more than `within` seconds.
        """
        await self._server.start()
        await self._server.until(self._takes_writes, within=within)

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

    async def _takes_writes(self) -> bool:
        return await is_primary(
            f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true", member=f"{LOOPBACK}:{self.port}"
        )


async def is_primary(url: str, *, member: str) -> bool:
    """Whether the server takes writes; a server without a replica set becomes one, its only member `member`."""
    return await asyncio.to_thread(_is_primary, url, member)


def _is_primary(url: str, member: str) -> bool:
    # The driver's blocking client: its asynchronous one leaks a socket when it is closed while a server is away.
    with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=500) as client:
        try:
            hello = client.admin.command("hello")
            if "setName" not in hello:
                members = [{"_id": 0, "host": member}]
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        except PyMongoError:
            return False
        return bool(hello["isWritablePrimary"])
