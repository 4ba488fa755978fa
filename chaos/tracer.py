"""System calls of a running process that fail or take their time: `strace` attached to it for a while."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from chaos.waiting import until
from dev import packages
from dev.processes import Child

PACKAGE = "strace"
_ATTACHED_WITHIN = 10.0


class Spoiled:
    """What happened to the calls of one process."""

    def __init__(self, record: Path) -> None:
        self._record = record

    @property
    def count(self) -> int:
        """How many calls were spoiled so far."""
        told = self._record.read_text("utf-8", "replace") if self._record.exists() else ""
        return told.count("(INJECTED)") + told.count("(DELAYED)")


@asynccontextmanager
async def spoiled(pid: int, call: str, how: str) -> AsyncIterator[Spoiled]:
    """Inside, every `call` of the process (`fdatasync`) is spoiled: `error=EIO`, or `delay_enter=20000` (µs)."""
    with tempfile.TemporaryDirectory() as directory:
        record, log = Path(directory, "calls"), Path(directory, "strace")
        options = ("-f", "-qq", "-o", str(record), "-e", f"trace={call}", "-e", f"inject={call}:{how}")
        strace = Child("strace", ["strace", *options, "-p", str(pid)], log=log)
        await strace.start()

        async def attached() -> bool:
            return not strace.alive or _traced(pid)

        try:
            await until(attached, within=_ATTACHED_WITHIN, every=0.05)
            yield Spoiled(record)
        finally:
            await strace.stop()


async def obstacle() -> str:
    """Why no process can be traced here, in two languages; empty if it can. Installs strace where that is allowed."""
    if shutil.which(PACKAGE) is None and packages.can_install():
        with suppress(packages.InstallFailedError):
            await packages.install(PACKAGE, print)
    if shutil.which(PACKAGE) is None:
        return f"本机没有 {PACKAGE} / there is no {PACKAGE}"
    with tempfile.TemporaryDirectory() as directory:
        sleeper = Child("sleep", ["sleep", "60"], log=Path(directory, "log"))
        await sleeper.start()
        try:
            async with spoiled(sleeper.pid or 0, "fdatasync", "error=EIO"):
                return "" if _traced(sleeper.pid or 0) else "不能跟踪进程 / processes cannot be traced"
        finally:
            await sleeper.kill()


def _traced(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return False
    tracer = next(line for line in status.splitlines() if line.startswith("TracerPid:"))
    return tracer.split()[1] != "0"
