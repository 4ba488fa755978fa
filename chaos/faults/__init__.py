"""What can break, one small class per kind; the numbers are those of the plan (docs/chaos.md)."""

from collections.abc import Mapping

from chaos.faults.clocks import ClockJumps
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
    StoreKilled,
    Cut,
    Stalled,
    Slow,
    Duplicates,
    Reordered,
    Poisoned,
    Frozen,
    Alarm,
    ClockJumps,
    ProvinceCutOff,
    Rolled,
    Restored,
)
BY_KIND: Mapping[str, type[Fault]] = {fault.kind: fault for fault in ALL}
WEIGHTS: Mapping[str, int] = {"F1": 4, "F2": 12, "F9": 3, "F10": 3, "F11": 3, "F6": 4, "F19": 2}
"""How often a kind is drawn beside the others, which are drawn once."""

__all__ = ["ALL", "BY_KIND", "WEIGHTS", "Fault", "Scene"]
