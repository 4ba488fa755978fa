"""What is measured on a schedule, whether or not anybody looks: a scrape costs the store nothing."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime

from shared.kernel.keys import RegisteredKey
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.health import Health
from shared.runtime.lane import Lane
from shared.runtime.mongo import Database, StoreError
from shared.runtime.trusted import KEYS

_EVERY = 5.0
"""Seconds between two measurements. Our default: a third of Prometheus' usual interval of scraping."""
_KEYS_EVERY = 60
"""Measurements between two looks at the register of keys."""
OF_ANY_AREA = {"state.area": {"$gt": ""}}
"""All keys, along their index."""


class Measuring:
    """Sets the gauges of one service."""

    def __init__(
        self,
        database: Database,
        health: Health,
        clock: Clock,
        dead_letters: Callable[[], Awaitable[None]],
        lane: Lane | None,
    ) -> None:
        self._database = database
        self._health = health
        self._clock = clock
        self._dead_letters = dead_letters
        self._lane = lane

    async def run(self) -> None:
        """For ever: measure, pause. While the store is away, only what lies outside it."""
        for count in itertools.count():
            for finding in (await self._health.at_work()).checks:
                metrics.PART_UP.labels(finding.name).set(finding.ok)
            if self._lane is not None:
                self._ages(self._lane)
            with suppress(StoreError):
                await self._dead_letters()
                if self._lane is not None and count % _KEYS_EVERY == 0:
                    await self._keys()
            await asyncio.sleep(_EVERY)

    async def _keys(self) -> None:
        found = await self._database.find(KEYS, OF_ANY_AREA)
        metrics.KEY_EXPIRES.clear()
        for area, end in last_ends(key for _, key in found).items():
            metrics.KEY_EXPIRES.labels(area).set(end.timestamp())

    def _ages(self, lane: Lane) -> None:
        now = self._clock.now()
        for queue, since in lane.oldest().items():
            metrics.QUEUE_AGE.labels(queue).set(max(0.0, (now - since).total_seconds()) if since else 0.0)


def last_ends(keys: Iterable[RegisteredKey]) -> dict[str, datetime]:
    """When the last key of each area ends that was not withdrawn; without the areas that have one without end."""
    found: dict[str, datetime] = {}
    endless: set[str] = set()
    for key in keys:
        if key.withdrawn_at is not None:
            continue
        if key.valid_to is None:
            endless.add(key.area)
        else:
            found[key.area] = max(key.valid_to, found.get(key.area, key.valid_to))
    return {area: end for area, end in found.items() if area not in endless}
