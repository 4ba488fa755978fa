"""A service that catches up, and says so: how much waits, how old it is, when it will be done, why it is behind.

In the log every half minute while it lasts, as metrics all the time, and at `/readyz` beside the rest.
"""

import asyncio
from datetime import datetime
from time import monotonic

from shared.contracts.text import Text, text
from shared.kernel.calendar import time_words
from shared.runtime import metrics
from shared.runtime.abreast import REASONS, Abreast, Look
from shared.runtime.clock import Clock
from shared.runtime.estimate import Estimate, Progress
from shared.runtime.lane import Lane
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_EVERY = 1.0
"""Seconds between two looks. Our default."""
_TELL_EVERY = 30.0
"""Seconds between two lines in the log while it is behind. Our default."""


class CatchingUp:
    """Watches the backlog of one service."""

    def __init__(self, lane: Lane, clock: Clock, *, late: float, settle: float) -> None:
        """`late` and `settle` in seconds, as of `Abreast`."""
        self._lane = lane
        self._clock = clock
        self._abreast = Abreast(monotonic(), late=late, settle=settle)
        self._progress = Progress()
        self._told = monotonic()
        self._oldest = 0.0
        self._estimate = Estimate(0, None, None)
        self.in_queues = 0
        """Messages in its queues, as the broker last told."""
        self.linked = True
        """Whether the link to the centre was up then."""

    @property
    def behind(self) -> bool:
        """Whether messages may be under way that have not been heard."""
        return self._abreast.behind is not None

    async def run(self) -> None:
        """For ever: look, tell, pause."""
        while True:
            self._look(monotonic())
            await asyncio.sleep(_EVERY)

    def _look(self, now: float) -> None:
        waiting, oldest = self.in_queues + self._lane.waiting, self._lane.take_oldest()
        before = self._abreast.behind
        turned = self._abreast.see(Look(self._lane.consuming, self.linked, waiting, oldest), now)
        if oldest is not None or not waiting:
            self._oldest = oldest or 0.0
        self._lane.paced = self.behind
        if turned:
            self._progress.forget()
        self._progress.see(waiting, now)
        self._estimate = self._progress.estimate(self._clock.now())
        self._measure()
        why = self._abreast.behind
        if turned and before not in (None, "starting"):
            log.info("caught up")
        elif why not in (None, "starting") and (why != before or now - self._told >= _TELL_EVERY):
            self._told = now
            self._tell()

    def _measure(self) -> None:
        estimate = self._estimate
        for reason in REASONS:
            metrics.BEHIND.labels(reason).set(reason == self._abreast.behind)
        metrics.CATCHING_UP_WAITING.set(estimate.waiting if self.behind else 0)
        metrics.CATCHING_UP_OLDEST.set(self._oldest if self.behind else 0)
        left = (estimate.ends - self._clock.now()).total_seconds() if estimate.ends else float("nan")
        metrics.CATCHING_UP_LEFT.set(max(0.0, left) if self.behind else 0)

    def _tell(self) -> None:
        estimate = self._estimate
        log.info(
            "catching up",
            why=self._abreast.behind,
            waiting=estimate.waiting,
            oldest_seconds=round(self._oldest),
            fewer_per_second=None if estimate.rate is None else round(estimate.rate, 1),
            trend=estimate.trend,
            expected_end=estimate.ends.isoformat() if estimate.ends else None,
        )

    async def check(self) -> Text | None:
        """For `/readyz`: None if it is abreast, else why not and how long it will take."""
        if self._abreast.behind is None:
            return None
        why, waiting = REASONS[self._abreast.behind], self._estimate.waiting
        end = ends_words(self._estimate, self._clock.now())
        return text(
            f"{why.zh}；等待 {waiting} 条，{end.zh}；可由在途消息答复的期限暂缓",
            f"{why.en}; {waiting} waiting, {end.en}; deadlines that a message may answer are held back",
        )


def ends_words(estimate: Estimate, now: datetime) -> Text:
    """When a backlog will be gone, for people."""
    match estimate.trend:
        case "done":
            return text("无积压", "nothing waits")
        case "unknown":
            return text("尚不能估计", "no estimate yet")
        case "not-falling":
            return text("没有减少", "not getting less")
    if estimate.ends is None:  # never: what falls has an end
        return text("尚不能估计", "no estimate yet")
    ends = max(estimate.ends, now)
    seconds = round((ends - now).total_seconds())
    at = time_words(ends)
    minutes, rest = divmod(seconds, 60)
    return text(f"预计 {at.zh}（{minutes} 分 {rest} 秒后）完成", f"done by {at.en}, in {minutes} min {rest} s")
