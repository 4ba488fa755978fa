"""From the outboxes to the bus: published with confirms after the commit, then cleared; swept after a crash.

A fact leaves its outbox only when the broker has confirmed it. It may therefore travel twice, with the same id; whoever
hears it applies it once. A fact for which no queue is bound yet stays and is tried again: nothing is published into the
void, unless its contract says that it may go unheard.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.runtime import metrics
from shared.runtime.amqp import OnItsWay, Publisher, Unroutable
from shared.runtime.kinds import Kind
from shared.runtime.logs import get_logger
from shared.runtime.mongo import Database, StoreError
from shared.runtime.work import Outgoing

log = get_logger(__name__)

_PAGE = 1000
"""Facts in one wave, at the most."""
_PAUSES = (timedelta(minutes=1), timedelta(seconds=15))
"""How long facts that nobody hears are left alone, once they have waited as long; the longest first."""


class Relay:
    """Publishes and clears the outboxes of one service."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        kinds: Sequence[Kind[Any]],
        *,
        sweep_every: float,
        sweep_age: float,
        may_go_unheard: Iterable[str],
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._kinds = kinds
        self._every = sweep_every
        self._age = timedelta(seconds=sweep_age)
        self._may_go_unheard = frozenset(may_go_unheard)
        self._posted: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._sent: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._unheard: list[Outgoing] = []
        self.oldest: datetime | None = None
        """Since when the oldest fact waits, as the last sweep saw it."""

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Publish committed facts; what fails stays in its outbox for the sweeper. Never raises for the broker."""
        if not outgoing:
            return
        for start in range(0, len(outgoing), _PAGE):
            await self._send(outgoing[start : start + _PAGE])

    async def _send(self, outgoing: Sequence[Outgoing]) -> None:
        failures = await self._publisher.publish([item.fact for item in outgoing])
        unheard: list[Outgoing] = []
        for item in outgoing:
            failure = failures.get(item.fact.id)
            if failure is None or (isinstance(failure, Unroutable) and item.fact.type in self._may_go_unheard):
                metrics.PUBLISHED.labels(item.fact.type).inc()
                self._sent.put_nowait(item)
            else:
                metrics.PUBLISH_FAILURES.inc()
                unheard += [item] if isinstance(failure, Unroutable) else []
        if reasons := {
            f"{type(e).__name__}: {e}" for e in failures.values() if not isinstance(e, Unroutable | OnItsWay)
        }:
            log.warning("facts stay in the outbox", count=len(failures), reasons=sorted(reasons)[:3])
        if unheard:
            log.info("nobody listens yet", count=len(unheard), types=sorted({item.fact.type for item in unheard}))
            self._unheard.extend(unheard)

    def hand_over(self, outgoing: Sequence[Outgoing]) -> None:
        """Have these published soon, without waiting: for commands, whose callers need only the commit."""
        for item in outgoing:
            self._posted.put_nowait(item)

    async def post(self) -> None:
        """For ever: publish what was handed over, many in one wave."""
        while True:
            items = await _several(self._posted)
            try:
                await self.send(items)
            finally:
                _done(self._posted, items)

    async def clear(self) -> None:
        """For ever: take confirmed facts out of their outboxes, many with one write."""
        while True:
            items = await _several(self._sent)
            try:
                await self._database.clear(items)
            except StoreError:
                for item in items:
                    self._sent.put_nowait(item)
                raise
            finally:
                _done(self._sent, items)

    async def finish(self) -> None:
        """Wait until everything handed over is published, and everything confirmed is cleared."""
        await self._posted.join()
        await self._sent.join()

    async def sweep(self) -> None:
        """For ever: publish what has waited too long, page after page, and measure the outboxes."""
        while True:
            depth, oldest = 0, None
            for kind in self._kinds:
                await self._sweep_kind(kind)
                await self._postpone()
                count, since = await self._database.outbox(kind)
                depth += count
                oldest = min(filter(None, (oldest, since)), default=None)
            self.oldest = oldest
            metrics.OUTBOX_DEPTH.set(depth)
            metrics.OUTBOX_AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
            await asyncio.sleep(self._every)

    async def _sweep_kind(self, kind: Kind[Any]) -> None:
        while self._publisher.ready.is_set():
            late = await self._database.claim_unsent(kind, datetime.now(UTC) - self._age, _PAGE)
            if not late:
                return
            log.info("sweeping the outbox", collection=kind.collection, facts=len(late))
            await self.send(late)
            if len(late) < _PAGE:
                return

    async def _postpone(self) -> None:
        """Leave facts that nobody hears alone for as long as they have waited, a minute at the most."""
        unheard, self._unheard = self._unheard, []
        now = datetime.now(UTC)
        for pause in _PAUSES:
            ripe = [item for item in unheard if now - item.fact.entered >= pause]
            unheard = [item for item in unheard if now - item.fact.entered < pause]
            await self._database.postpone(ripe, now + pause - self._age)


def _done(queue: asyncio.Queue[Outgoing], items: Sequence[Outgoing]) -> None:
    for _ in items:
        queue.task_done()


async def _several(queue: asyncio.Queue[Outgoing]) -> list[Outgoing]:
    """Whatever is ready, at least one."""
    items = [await queue.get()]
    while not queue.empty() and len(items) < _PAGE:
        items.append(queue.get_nowait())
    return items
