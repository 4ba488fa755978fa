"""How the software under test is stopped and started: by commands, or by a person who is asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class CommandFailedError(RuntimeError):
    """A command that should stop or start the software did not succeed."""


class Hands(Protocol):
    """Stops the software at once, as a power cut would, and starts it again."""

    async def stop(self) -> None:
        """Returns when it no longer runs."""

    async def start(self) -> None:
        """Returns when it has been started; it may still be getting ready."""


@dataclass(frozen=True)
class ByCommand:
    """Runs two shell commands."""

    stopping: str
    """E.g. `docker kill review`."""
    starting: str
    """E.g. `docker start review`."""

    async def stop(self) -> None:
        """Run the one."""
        await _run(self.stopping)

    async def start(self) -> None:
        """Run the other."""
        await _run(self.starting)


@dataclass(frozen=True)
class ByHand:
    """Asks the operator; `ask` returns when they say that it is done."""

    ask: Callable[[str], object]

    async def stop(self) -> None:
        """Ask for it."""
        words = (
            "请立即停止软件（如断电），然后按回车 / stop the software at once, as a power cut would, then press Enter"
        )
        await asyncio.to_thread(self.ask, words)

    async def start(self) -> None:
        """Ask for it."""
        await asyncio.to_thread(self.ask, "请启动软件，然后按回车 / start the software, then press Enter")


async def _run(command: str) -> None:
    process = await asyncio.create_subprocess_shell(command)
    if code := await process.wait():
        raise CommandFailedError(f"命令失败（{code}）/ the command failed ({code}): {command}")
