"""What processes cost, read from /proc; and what machine this is."""

import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LISTENING = "0A"
_PACKAGES = ("faststream", "aio-pika", "aiormq", "motor", "pymongo", "pydantic", "opentelemetry-sdk")


class Stat(tuple[str, ...]):
    """The fields of `/proc/<pid>/stat` behind the name; field 3 of the manual is number 0 here."""

    __slots__ = ()

    @classmethod
    def of(cls, pid: int) -> "Stat | None":
        """What the kernel says of a process; None if it has ended."""
        try:
            return cls(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split())
        except OSError:
            return None

    @property
    def session(self) -> int:
        """Id of its session."""
        return int(self[3])

    @property
    def seconds(self) -> float:
        """CPU seconds, with those of children that have ended."""
        return sum(map(int, self[11:15])) / _TICKS

    @property
    def resident(self) -> int:
        """Bytes in memory."""
        return int(self[21]) * _PAGE


def session(leader: int) -> list[Stat]:
    """All processes of a session."""
    stats = (Stat.of(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [stat for stat in stats if stat is not None and stat.session == leader]


def listener(port: int) -> int:
    """The process that listens on a TCP port of this machine.

    Raises:
        LookupError: nobody we may look at does.
    """
    sockets = {
        f"socket:[{fields[9]}]"
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for fields in map(str.split, Path(table).read_text().splitlines()[1:])
        if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port
    }
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and any(str(handle.readlink()) in sockets for handle in (entry / "fd").iterdir()):
                return int(entry.name)
    raise LookupError(f"本机没有进程监听端口 {port} / no process of this machine listens on port {port}")


@dataclass(frozen=True)
class Cost:
    """What a stretch of time cost."""

    wall: float
    """Seconds by the clock."""
    cpu: Mapping[str, float]
    """CPU seconds by name."""
    resident: Mapping[str, int]
    """Bytes in memory at the end, by name."""


class Meter:
    """Measures from `start` to `stop`."""

    def __init__(self, sessions: Mapping[str, int], processes: Mapping[str, int]) -> None:
        """By name: ids of session leaders, counted with all their processes, and of single processes."""
        self._sessions = sessions
        self._processes = processes

    def start(self) -> None:
        """From now."""
        self._before = self._read()
        self._began = time.perf_counter()

    def stop(self) -> Cost:
        """Until now."""
        wall = time.perf_counter() - self._began
        after = self._read()
        cpu = {name: seconds - self._before[name][0] for name, (seconds, _) in after.items()}
        return Cost(wall, cpu, {name: resident for name, (_, resident) in after.items()})

    def _read(self) -> dict[str, tuple[float, int]]:
        found: dict[str, Iterable[Stat]] = {name: session(leader) for name, leader in self._sessions.items()}
        found |= {name: filter(None, [Stat.of(pid)]) for name, pid in self._processes.items()}
        return {name: _sum(list(stats)) for name, stats in found.items()}


def fresh_peak(pid: int) -> None:
    """Forget how much memory a process of ours has had at the most."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def peak(pid: int) -> int:
    """The most bytes it has had in memory since then."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def _sum(stats: list[Stat]) -> tuple[float, int]:
    return sum(s.seconds for s in stats), sum(s.resident for s in stats)


def describe() -> dict[str, Any]:
    """The machine and the versions, as they stand beside every result."""
    info = Path("/proc/cpuinfo").read_text("utf-8")
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")), "")
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": platform.platform(terse=True),
        "python": sys.version.partition(" ")[0],
        "packages": {name: version(name) for name in _PACKAGES},
    }


def load() -> float:
    """How many processes wanted to run during the last minute."""
    return os.getloadavg()[0]
