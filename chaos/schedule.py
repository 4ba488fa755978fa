"""When what breaks: drawn from a seed, so that the same seed gives the same faults at the same moments."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from random import Random
from time import monotonic

from chaos.faults import BY_KIND, DOSES, Fault, Scene
from chaos.faults.processes import KilledAtPoint
from chaos.points import COMMON, RARE
from chaos.stage import SERVICES


@dataclass(frozen=True)
class Planned:
    """A fault and its moment."""

    at: float
    """Seconds after the beginning of the load."""
    fault: Fault


@dataclass(frozen=True)
class Struck:
    """A fault that was given."""

    at: float
    """Seconds after the beginning of the load."""
    kind: str
    what: str
    reached: bool
    """Whether it took effect; a point may not be come to."""


def dice_of(seed: int, what: str) -> Random:
    """The dice for one purpose; the same seed throws the same."""
    return Random(f"{seed} {what}")  # noqa: S311 - faults are drawn by it, nothing is kept secret


def drawn(
    seed: int, *, kinds: Sequence[str], seconds: float, every: float, points: Sequence[str] = (*COMMON, *RARE)
) -> list[Planned]:
    """Faults of these kinds, one about `every` seconds; each kind as often as its dose has it.

    Deaths at points go round: no point of a service comes again before all others have come.
    """
    dice = dice_of(seed, "schedule")
    chosen = [kind for kind, count in doses(kinds, int(seconds / every)).items() for _ in range(count)]
    dice.shuffle(chosen)
    moments = sorted(dice.uniform(0.02, 0.98) * seconds for _ in chosen)
    faults = [BY_KIND[kind](dice_of(seed, f"fault {number}")) for number, kind in enumerate(chosen)]
    places = list(product(SERVICES, points))
    dice.shuffle(places)
    for fault, place in zip((fault for fault in faults if isinstance(fault, KilledAtPoint)), cycle(places)):
        fault.aim(*place)
    return [Planned(at, fault) for at, fault in zip(moments, faults, strict=True)]


def doses(kinds: Sequence[str], count: int) -> Mapping[str, int]:
    """How many of each kind, about `count` in all, each at least once."""
    long = sum(DOSES[kind] for kind in kinds)
    return {kind: max(1, round(count * DOSES[kind] / long)) for kind in kinds}


class Schedule:
    """Gives the faults their moments; several may be about at once, but no two that shake the same thing."""

    def __init__(self, planned: Sequence[Planned], *, seconds: float) -> None:
        """Give `planned`; what had to wait for another and would come after `seconds` is left out."""
        self._planned = planned
        self._seconds = seconds
        self._locks: dict[str, asyncio.Lock] = {}
        self.struck: list[Struck] = []
        self.about: set[Fault] = set()
        """Faults that are given just now."""
        self.left_out: Counter[str] = Counter()
        """Faults that had to wait too long, by kind."""

    async def run(self, scene: Scene) -> None:
        """All of them; returns when the last is undone."""
        began = monotonic()
        async with asyncio.TaskGroup() as group:
            for planned in self._planned:
                await asyncio.sleep(max(0.0, began + planned.at - monotonic()))
                group.create_task(self._give(planned.fault, scene, began))

    async def _give(self, fault: Fault, scene: Scene, began: float) -> None:
        lock = self._locks.setdefault(fault.shakes, asyncio.Lock()) if fault.shakes else asyncio.Lock()
        async with lock:
            at = monotonic() - began
            if at > self._seconds:
                self.left_out[fault.kind] += 1
                return
            self.about.add(fault)
            try:
                await fault.dose(scene)
            finally:
                await fault.undo(scene)
                self.about.discard(fault)
        self.struck.append(Struck(round(at, 1), fault.kind, str(fault), fault.reached))
