"""Whether a service is abreast of the others, or why not: what has been said and not heard yet may answer a deadline.

    starting ─┐
    cut-off   ├── calm for a while ──→ abreast ── any reason ──→ behind
    link-down │
    backlog  ─┘

Behind is also who cannot know: at the start, and until a line that was down has brought what waited on its other side.
Pure: the caller tells the time, in seconds of any clock that only goes forward.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.contracts.text import Text, text

Reason = Literal["starting", "cut-off", "link-down", "backlog"]

REASONS: dict[Reason, Text] = {
    "starting": text("刚启动，尚不知有无积压", "just started: what waits is not known yet"),
    "cut-off": text("与消息队列断开", "cut off from the broker"),
    "link-down": text("与中央的转发中断", "the link to the centre is down"),
    "backlog": text("正在补齐积压", "catching up on a backlog"),
}
"""Why a service is behind, for people."""


class Look(NamedTuple):
    """What is seen at one moment."""

    consuming: bool
    """Whether its queues are consumed."""
    linked: bool
    """Whether the link to the centre is up; true where there is none."""
    waiting: int
    """Messages that have not been handled."""
    oldest: float | None
    """Age in seconds of the oldest that was handled since the last look; None if none was."""


class Abreast:
    """One service, looked at again and again."""

    def __init__(self, now: float, *, late: float, settle: float) -> None:
        """Seconds: older messages than `late` are a backlog; `settle` is how long it must be calm."""
        self._late = late
        self._settle = settle
        self._calm: float | None = None
        self.behind: Reason | None = "starting"
        """Why it is behind; None if it is not."""
        self.since = now
        """Since when it is as it is."""

    def see(self, look: Look, now: float) -> bool:
        """Take a look into account; answers whether it has fallen behind or has caught up with it."""
        reason, before = self._reason(look), self.behind
        if reason:
            self._calm, self.behind = None, reason
        elif self._calm is None:
            self._calm = now
        if self._calm is not None and now - self._calm >= self._settle:
            self.behind = None
        if turned := (before is None) is not (self.behind is None):
            self.since = now
        return turned

    def _reason(self, look: Look) -> Reason | None:
        if not look.consuming:
            return "starting" if self.behind == "starting" else "cut-off"
        if not look.linked:
            return "link-down"
        late = self.behind is not None if look.oldest is None else look.oldest > self._late
        return "backlog" if look.waiting and late else None


def acts_until(now: datetime, *, behind: bool, answerable: bool, held: timedelta) -> datetime:
    """Deadlines that passed until then act now.

    One that a message under way may answer is held back while the service is behind, for so long at the most.
    """
    return now - held if behind and answerable else now
