"""What can break, one small class per kind; the numbers are those of the plan (docs/chaos.md)."""

from collections.abc import Iterable, Mapping

from chaos.faults.clocks import ClockJumps
from chaos.faults.cluster import BrokerNodeKilled, LeadersMoved, PrimaryFrozen, PrimaryKilled, SteppedDown
from chaos.faults.disk import BrokerDiskFails, BrokerDiskFull, SlowDisk, StoreDiskFails, StoreDiskFull
from chaos.faults.fault import Fault, Scene
from chaos.faults.links import Cut, ProvinceCutOff, Slow, Stalled
from chaos.faults.messages import Duplicates, Poisoned, Reordered
from chaos.faults.processes import Frozen, Killed, KilledAtPoint, Rolled
from chaos.faults.restored import Restored
from chaos.faults.servers import Alarm, BrokerRestarted, StoreKilled

ALL: tuple[type[Fault], ...] = (
    Killed,
    KilledAtPoint,
    BrokerRestarted,
    BrokerNodeKilled,
    LeadersMoved,
    StoreKilled,
    SteppedDown,
    PrimaryKilled,
    PrimaryFrozen,
    Cut,
    Stalled,
    Slow,
    Duplicates,
    Reordered,
    Poisoned,
    Frozen,
    Alarm,
    StoreDiskFull,
    BrokerDiskFull,
    StoreDiskFails,
    BrokerDiskFails,
    SlowDisk,
    ClockJumps,
    ProvinceCutOff,
    Rolled,
    Restored,
)
BY_KIND: Mapping[str, type[Fault]] = {fault.kind: fault for fault in ALL}
WEIGHTS: Mapping[str, int] = {"F1": 4, "F2": 12, "F9": 3, "F10": 3, "F11": 3, "F6": 4, "F19": 2}
"""How often a kind is drawn beside the others, which are drawn once."""


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The kinds that are meant: `F3` means all of its number, `F3-kill` that one; without any name all."""
    wanted = set(names)
    return tuple(kind for kind in BY_KIND if not wanted or wanted & {kind, kind.partition("-")[0]})


async def left_out(kinds: Iterable[str], nodes: int) -> dict[str, str]:
    """Which of these kinds cannot be given here, to a broker and a store of so many nodes, and why."""
    reasons = {kind: await BY_KIND[kind].lacks(nodes) for kind in kinds}
    return {kind: reason for kind, reason in reasons.items() if reason}


__all__ = ["ALL", "BY_KIND", "WEIGHTS", "Fault", "Scene", "left_out", "named"]
