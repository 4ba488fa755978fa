"""A server of our own: one or several nodes that can be ended in every way and started again with the same data."""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from dev.processes import Child, Ready


class Node(ABC):
    """One process of a server."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.niceness = 0
        """With which it runs from its next start on, where we may set it; below 0: before others."""

    @property
    def name(self) -> str:
        """What its log is named after."""
        return self._child.name

    @property
    def pid(self) -> int | None:
        """Its process id, None before the first start."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs, frozen or not."""
        return self._child.alive

    @abstractmethod
    async def answers(self) -> bool:
        """Whether it takes part by now, as far as one node can tell."""

    async def start(self, *, within: float = 90.0) -> None:
        """Start it unless it runs, with the same ports and data as before, and wait until it answers.

        Raises:
            ProcessFailedError: with the end of the log, if it dies or takes more than `within` seconds.
        """
        if not self.alive:
            await self._child.start()
            self.favour()
        await self.until(self.answers, within=within)

    def favour(self) -> None:
        """Run with its niceness from now on, all of its threads."""
        if self.niceness and self.pid is not None:
            with suppress(PermissionError, ProcessLookupError):
                os.setpriority(os.PRIO_PGRP, os.getpgid(self.pid), self.niceness)

    async def until(self, ready: Ready, *, within: float) -> None:
        """Wait until `ready()` is true.

        Raises:
            ProcessFailedError: if the node ends before, or it takes more than `within` seconds.
        """
        await self._child.until(ready, within=within)

    async def stop(self, *, grace: float = 30.0) -> None:
        """Stop properly, so that it can start again with its data."""
        await self._child.stop(grace=grace)

    async def kill(self) -> None:
        """End at once, as a power cut would; it can start again with what was on disk."""
        await self._child.kill()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._child.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._child.resume()


N = TypeVar("N", bound=Node)


class Server(Generic[N]):
    """All nodes of a server, handled as one."""

    def __init__(self, nodes: Sequence[N]) -> None:
        self.nodes = tuple(nodes)

    async def start(self, *, within: float = 90.0) -> None:
        """Start every node that does not run, all at the same time, and wait until all answer.

        Raises:
            ProcessFailedError: with the end of the log, if one dies or takes more than `within` seconds.
        """
        await asyncio.gather(*(node.start(within=within) for node in self.nodes))

    async def stop(self, *, grace: float = 30.0) -> None:
        """Stop all properly, so that they can start again with their data."""
        await asyncio.gather(*(node.stop(grace=grace) for node in self.nodes))

    async def kill(self) -> None:
        """End all at once, as a power cut would; they can start again with what was on disk."""
        await asyncio.gather(*(node.kill() for node in self.nodes))

    def pause(self) -> None:
        """Freeze all: connections stay open and nothing answers."""
        for node in self.nodes:
            node.pause()

    def resume(self) -> None:
        """Let all go on."""
        for node in self.nodes:
            node.resume()

    async def close(self) -> None:
        """End for good, and at once, since nobody needs the data any more."""
        await self.kill()
