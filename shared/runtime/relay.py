"""From the outboxes to the bus: published with confirms after the commit, then cleared; swept after a crash.

A fact leaves its outbox only when the broker has confirmed it. It may therefore travel twice, with the same id; whoever
hears it applies it once. A fact for which no queue is bound yet stays and is tried again: nothing is published into the
void, unless its contract says that it may go unheard. A fact that the broker refuses pauses its own flow and no other
(`pauses.py`).

The queue of what is to be published is the outboxes in the store. What is kept in memory only makes it prompt: it is
bounded, and what finds no room in it is swept.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from shared.runtime import metrics
from shared.runtime.amqp import Nacked, OnItsWay, Publisher, Unroutable
from shared.runtime.kinds import Kind
from shared.runtime.logs import get_logger
from shared.runtime.mongo import Database, StoreError
from shared.runtime.outbox_spans import tell_of
from shared.runtime.pace import Pace
from shared.runtime.pauses import FIRST, Flow, Pauses, flow_of
from shared.runtime.work import Outgoing

log = get_logger(__name__)

_PAGE = 1000
"""Facts in one wave, at the most."""
_IN_MEMORY = 5 * _PAGE
"""Facts kept in memory, of each sort, at the most."""
_PROBE_EVERY = 0.25
"""Seconds between two looks at the flows that are paused."""
_LONGEST_PAUSE = 3
"""The longest pause of a flow, as a multiple of the first."""
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
        pace: Pace | None = None,
        keep: Callable[[Sequence[Outgoing]], Awaitable[None]] | None = None,
    ) -> None:
        """`pace` is how fast what has waited goes out; what is new goes at once.

        `keep` is given every confirmed fact before it leaves its outbox.
        """
        self._database = database
        self._publisher = publisher
        self._kinds = kinds
        self._pace = pace or Pace(None)
        self._portion = min(_PAGE, self._pace.portion or _PAGE)
        self._every = sweep_every
        self._age = timedelta(seconds=sweep_age)
        self._may_go_unheard = frozenset(may_go_unheard)
        self._keep = keep
        self._posted: asyncio.Queue[Outgoing] = asyncio.Queue(_IN_MEMORY)
        self._sent: asyncio.Queue[Outgoing] = asyncio.Queue(_IN_MEMORY)
        self._unheard: deque[Outgoing] = deque(maxlen=_IN_MEMORY)
        # A pause outlasts the sweep's age: when it is over, what was refused may be claimed again.
        first = max(sweep_age, _PROBE_EVERY)
        self._pauses = Pauses(first=first, longest=_LONGEST_PAUSE * first, widest=_PAGE)
        self.oldest: datetime | None = None
        """Since when the oldest fact waits, as the last sweep saw it."""

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Publish committed facts; what fails stays in its outbox for the sweeper. Never raises for the broker.

        What belongs to a flow that is paused stays there, too, until its probe gets through.
        """
        free: list[Outgoing] = []
        for item in outgoing:
            flow = _flow(item)
            if flow in self._pauses:
                metrics.HELD_BACK.labels(*flow).inc()
            else:
                free.append(item)
        for start in range(0, len(free), _PAGE):
            await self._send(free[start : start + _PAGE])

    async def rest(self, count: int) -> None:
        """Give whoever hears it time for so many facts."""
        await asyncio.sleep(self._pace.wait(count, monotonic()))

    async def _send(self, outgoing: Sequence[Outgoing]) -> bool:
        """Publish one wave, now; answers whether all of it got through."""
        failures = await self._publisher.publish([item.fact for item in outgoing])
        tell_of(outgoing, failures)
        sent: list[Outgoing] = []
        unheard: list[Outgoing] = []
        for item in outgoing:
            failure = failures.get(item.fact.id)
            if failure is None or (isinstance(failure, Unroutable) and item.fact.type in self._may_go_unheard):
                sent.append(item)
            else:
                metrics.PUBLISH_FAILURES.inc()
                unheard += [item] if isinstance(failure, Unroutable) else []
        _offer(self._sent, sent)
        for type_, times in Counter(item.fact.type for item in sent).items():
            metrics.PUBLISHED.labels(type_).inc(times)
        if reasons := {
            f"{type(e).__name__}: {e}" for e in failures.values() if not isinstance(e, Unroutable | OnItsWay | Nacked)
        }:
            log.warning("facts stay in the outbox", count=len(failures), reasons=sorted(reasons)[:3])
        if unheard:
            log.info("nobody listens yet", count=len(unheard), types=sorted({item.fact.type for item in unheard}))
            self._unheard.extend(unheard)
        self._pause(refused(outgoing, failures))
        return not failures

    def _pause(self, flows: Mapping[Flow, int]) -> None:
        for flow, count in flows.items():
            metrics.REFUSED.labels(*flow).inc(count)
            if self._pauses.refuse(flow, monotonic()):
                log.warning("refused: a queue is full or does not answer", event_type=flow.event, area=flow.area)

    def hand_over(self, outgoing: Sequence[Outgoing]) -> None:
        """Have these published soon, without waiting: for commands, whose callers need only the commit."""
        _offer(self._posted, outgoing)

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
                if self._keep:
                    await self._keep(items)
                await self._database.clear(items)
            except StoreError:
                _offer(self._sent, items)
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
        start = FIRST
        while self._publisher.ready.is_set() and (free := self._pauses.free_from(start)):
            late = await self._database.claim_unsent(kind, self._late(), self._portion, free)
            if late:
                log.info("sweeping the outbox", collection=kind.collection, facts=len(late))
                await self.send(late)
                await self.rest(len(late))
            start = free.start if len(late) >= self._portion else free.end

    async def probe(self) -> None:
        """For ever: try what was refused again, one fact first; measure what is paused."""
        while True:
            async with asyncio.TaskGroup() as probes:
                for flow in self._pauses.due(monotonic()):
                    probes.create_task(self._probe(flow))
            for flow, seconds in self.paused().items():
                metrics.PAUSED_SECONDS.labels(*flow).set(seconds)
            await asyncio.sleep(_PROBE_EVERY)

    async def _probe(self, flow: Flow) -> None:
        """Publish what waits in a flow, step by step, until it is refused again or nothing is left."""
        while self._publisher.ready.is_set():
            window, late = self._pauses.window(flow), list[Outgoing]()
            for kind in self._kinds:
                if len(late) < window:
                    late += await self._database.claim_unsent(kind, self._late(), window - len(late), flow.keys)
            if late and not await self._send(late):
                self._pauses.refuse(flow, monotonic())
                return
            if len(late) < window:
                seconds = self._pauses.lift(flow, monotonic())
                metrics.PAUSED_SECONDS.labels(*flow).set(0)
                log.warning("flows again", event_type=flow.event, area=flow.area, after=round(seconds, 1))
                return
            self._pauses.widen(flow)

    def paused(self) -> Mapping[Flow, float]:
        """The flows that the broker refuses now, and for how many seconds it has."""
        return self._pauses.ages(monotonic())

    def _late(self) -> datetime:
        """Facts last tried before this instant may be tried again."""
        return datetime.now(UTC) - self._age

    async def _postpone(self) -> None:
        """Leave facts that nobody hears alone for as long as they have waited, a minute at the most."""
        unheard = list(self._unheard)
        self._unheard.clear()
        now = datetime.now(UTC)
        for pause in _PAUSES:
            ripe = [item for item in unheard if now - item.fact.entered >= pause]
            unheard = [item for item in unheard if now - item.fact.entered < pause]
            await self._database.postpone(ripe, now + pause - self._age)


def refused(outgoing: Sequence[Outgoing], failures: Mapping[str, Exception]) -> dict[Flow, int]:
    """How many facts were refused, by flow.

    Refused is also what the broker did not confirm in time while other flows of the same wave passed: one of its queues
    does not answer, and must not hold up the others again.
    """
    passed = {_flow(item) for item in outgoing if item.fact.id not in failures}
    found: dict[Flow, int] = {}
    for item in outgoing:
        failure, flow = failures.get(item.fact.id), _flow(item)
        if isinstance(failure, Nacked) or (isinstance(failure, TimeoutError) and passed and flow not in passed):
            found[flow] = found.get(flow, 0) + 1
    return found


def _flow(item: Outgoing) -> Flow:
    return flow_of(item.fact.type, item.fact.routing_key)


def _offer(queue: asyncio.Queue[Outgoing], items: Sequence[Outgoing]) -> None:
    """Put in what there is room for; the rest is found in its outbox by the sweeper."""
    for item in items[: queue.maxsize - queue.qsize()]:
        queue.put_nowait(item)


def _done(queue: asyncio.Queue[Outgoing], items: Sequence[Outgoing]) -> None:
    for _ in items:
        queue.task_done()


async def _several(queue: asyncio.Queue[Outgoing]) -> list[Outgoing]:
    """Whatever is ready, at least one."""
    items = [await queue.get()]
    while not queue.empty() and len(items) < _PAGE:
        items.append(queue.get_nowait())
    return items
