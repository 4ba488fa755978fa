"""The nursery: one process that has imported every service, from which all others are forked.

A death then costs a fork instead of an interpreter and a thousand modules, so that hundreds fit into a run. What is
forked has opened nothing yet and shares nothing but the code; to the platform it is a process like any other.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from chaos.ordered import Ordered
from dev.processes import Child

Born = tuple[int, asyncio.Event]
"""The id of a process, and what is set when it has ended."""


class Nursery:
    """Forks on order; an asynchronous context."""

    def __init__(self) -> None:
        self._launcher = Ordered("chaos.launcher", self._hear, self._all_ended)
        self._asked: dict[str, asyncio.Future[Born]] = {}
        self._ended: dict[int, asyncio.Event] = {}

    async def __aenter__(self) -> Self:
        ready = self._asked["ready"] = asyncio.get_running_loop().create_future()
        await self._launcher.__aenter__()
        await ready
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._launcher.__aexit__(*how)

    async def fork(self, name: str, module: str, log: Path, env: Mapping[str, str], niceness: int) -> Born:
        """A new process of this module; it may have ended when this returns."""
        if name in self._asked:
            raise RuntimeError(f"{name} 正在生成 / is being forked")
        asked: asyncio.Future[Born] = asyncio.get_running_loop().create_future()
        self._asked[name] = asked
        self._launcher.order(name=name, module=module, log=str(log), env=dict(env), niceness=niceness)
        return await asked

    def _hear(self, said: dict[str, Any]) -> None:
        if "ended" in said:
            self._ended.pop(said["ended"]).set()
            return
        name, pid = ("ready", said["ready"]) if "ready" in said else (said["name"], said["pid"])
        ended = self._ended[pid] = asyncio.Event()
        self._asked.pop(name).set_result((pid, ended))

    def _all_ended(self) -> None:
        for ended in self._ended.values():
            ended.set()


class Forked(Child):
    """A child that the nursery forks; in all else like any other."""

    def __init__(
        self, nursery: Nursery, name: str, module: str, *, log: Path, env: Mapping[str, str], niceness: int = 0
    ) -> None:
        super().__init__(name, [module], log=log, env=env)
        self._nursery = nursery
        self._niceness = niceness
        self._pid: int | None = None
        self._over = asyncio.Event()
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._pid is not None and not self._over.is_set()

    async def start(self) -> None:
        """Fork it, unless somebody else just has; its output is appended to the log file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        async with self._starting:
            if not self.alive:
                self._pid, self._over = await self._nursery.fork(
                    self.name, self.command[0], self.log, self.env or {}, self._niceness
                )

    async def kill(self) -> None:
        """End it and its own children at once (SIGKILL)."""
        if self.alive and self._pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
            await self.wait()

    async def wait(self) -> None:
        """Wait until it has ended, for whatever reason."""
        if self._pid is not None:
            await self._over.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.alive and self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
