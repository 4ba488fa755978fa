"""What can break, one small class per kind; the numbers are those of the plan (docs/chaos.md)."""

from collections.abc import Iterable, Mapping

from chaos.faults.authority import WrongAuthority
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
    WrongAuthority,
    Rolled,
    Restored,
)
BY_KIND: Mapping[str, type[Fault]] = {fault.kind: fault for fault in ALL}
DOSES: Mapping[str, int] = {
    "F1": 40,
    "F2": 1700,
    "F3": 8,
    "F3-kill": 8,
    "F3-leader": 8,
    "F4": 8,
    "F5-stepdown": 6,
    "F5-kill": 6,
    "F5-freeze": 6,
    "F6": 40,
    "F7": 10,
    "F8": 10,
    "F9": 40,
    "F10": 40,
    "F11": 40,
    "F12": 12,
    "F13": 4,
    "F14-store": 2,
    "F14-broker": 2,
    "F14-store-eio": 2,
    "F14-broker-eio": 2,
    "F15": 3,
    "F16": 12,
    "F17": 4,
    "F18": 30,
    "F19": 15,
    "F20": 2,
}
"""How many of each make up a long run: 25 deaths at each of the thirteen points of each service, and no more of what
takes broker or store away than leaves time for all others. A shorter run has them in proportion, each at least once."""


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The kinds that are meant: `F3` means all of its number, `F3-kill` that one; without any name all."""
    wanted = set(names)
    return tuple(kind for kind in BY_KIND if not wanted or wanted & {kind, kind.partition("-")[0]})


async def left_out(kinds: Iterable[str], nodes: int) -> dict[str, str]:
    """Which of these kinds cannot be given here, to a broker and a store of so many nodes, and why."""
    reasons = {kind: await BY_KIND[kind].lacks(nodes) for kind in kinds}
    return {kind: reason for kind, reason in reasons.items() if reason}


__all__ = ["ALL", "BY_KIND", "DOSES", "Fault", "Scene", "left_out", "named"]
