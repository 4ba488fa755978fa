"""How it stands with a province's backlog: what waits, how old it is, when it will be gone, is the line up. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.text import Text, text
from shared.runtime.estimate import Trend


class Line(StrEnum):
    """The line between the province and the centre."""

    UP = "up"
    """It is connected, and its queues are consumed."""
    IDLE = "idle"
    """It is connected, and nobody consumes: its service does not run, or not yet."""
    DOWN = "down"
    """Nothing is connected."""


class Standing(BaseModel):
    """A province at one moment."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    area: str
    """The province."""
    line: Line
    """The line to the centre."""
    since: datetime | None = None
    """If it is up: since when. If it is down: it was at the latest when the oldest message came. None: unknown."""
    waiting: int
    """Messages that wait for it."""
    queues: dict[str, int] = {}
    """Those queues that are not empty."""
    oldest: datetime | None = None
    """Of when the oldest is; None if nothing waits, or nobody can tell."""
    rate: float | None = None
    """How many fewer wait every second; None: not known yet."""
    ends: datetime | None = None
    """When nothing will wait any more; None: that cannot be said."""
    trend: Trend
    """How it goes."""
    going_up: int | None = None
    """Messages that wait to go up to the centre; None where that is not to be seen."""
    dead: int | None = None
    """Dead letters that wait for a person; None: unknown."""
    behind: str | None = None
    """Why its service says that it is behind; None if it does not, or was not asked."""

    @property
    def abreast(self) -> bool:
        """Whether nothing waits and the line is up."""
        return self.line is Line.UP and not self.waiting and not self.going_up and not self.behind

    @property
    def concerns(self) -> list[Text]:
        """What somebody should look at."""
        found = []
        if self.line is Line.DOWN:
            found.append(text("未连接", "not connected"))
        elif self.line is Line.IDLE:
            found.append(text("无人收取，服务未运行？", "nobody consumes; does its service run?"))
        elif self.trend == "not-falling":
            found.append(text("积压没有减少", "the backlog is not getting less"))
        if self.dead:
            found.append(text(f"{self.dead} 条死信待处理", f"{self.dead} dead letters wait for a person"))
        return found

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        told = self.model_dump(mode="json")
        return {**told, "abreast": self.abreast, "concerns": [one.model_dump(mode="json") for one in self.concerns]}
