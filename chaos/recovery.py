"""How soon all is well again after a death: until the replacement is ready, and until its service is heard from.

A service has two replicas, so what people notice is the second figure: the time from the death until the service
announces something new, whoever of the two it is. It is taken from the bus, not from what processes say of themselves.
"""

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from time import monotonic
from typing import NamedTuple

from chaos.replica import Replica
from chaos.stage import Stage
from chaos.waiting import until

_LOOK = 0.05
_ASK = 0.15
"""Seconds between two questions to a process that comes up; asking more often would hold it up."""
_WITHIN = 30.0


class Death(NamedTuple):
    """One process that ended without having been asked to."""

    at: float
    """Monotonic seconds."""
    service: str
    ready_after: float | None
    """Seconds until its replacement was ready; None if it was not within half a minute."""


class Recovery:
    """Watches the replicas."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.deaths: list[Death] = []

    async def watch(self) -> None:
        """For ever."""
        seen = {replica.name: len(replica.deaths) for replica in self._stage.all()}
        async with asyncio.TaskGroup() as group:
            while True:
                for replica in self._stage.all():
                    for at in replica.deaths[seen[replica.name] :]:
                        group.create_task(self._measure(replica, at))
                    seen[replica.name] = len(replica.deaths)
                await asyncio.sleep(_LOOK)

    async def finished(self) -> list[Death]:
        """All deaths, once every replacement is ready or has had its time."""
        died = sum(len(replica.deaths) for replica in self._stage.all())

        async def all_measured() -> bool:
            return len(self.deaths) >= died

        await until(all_measured, within=_WITHIN)
        return self.deaths

    async def _measure(self, replica: Replica, at: float) -> None:
        async def ready() -> bool:
            return await replica.ready(self._stage.client)

        await asyncio.sleep(_ASK)
        well = await until(ready, within=_WITHIN, every=_ASK)
        self.deaths.append(Death(at, replica.service, monotonic() - at if well else None))


def heard_again(deaths: list[Death], arrivals: Mapping[str, "array[float]"]) -> list[float]:
    """Seconds from each death until its service announced something new; a death after which none came counts not."""
    found = []
    for death in deaths:
        times = arrivals.get(death.service, array("d"))
        place = bisect_right(times, death.at)
        if place < len(times):
            found.append(times[place] - death.at)
    return found
