"""When an expert has to stand aside 回避.

A tie is known by the chamber's credit code, which survives renames. It holds while it lasts, and for some years after
it ended: 令39 art. 19 asks whoever held a post there and left less than two years ago to stand aside. That every kind
of tie is treated like a post is our default.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.event import CreditCode
from shared.kernel.calendar import CHINA

TieState = Literal["confirmed", "pinned", "dismissed", "unknown"]
"""What is known of a tie: looked up and true; held to for good, however long ago it ended; found not to be one, with a
reason; not looked up yet. Only what was dismissed lets an expert judge. The four states are ours."""
TieKind = Literal["post", "employer", "native_place", "kin", "interest", "declared"]


class Tie(BaseModel):
    """What ties an expert to a chamber."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    code: CreditCode
    """The chamber's credit code."""
    kind: TieKind
    """任职 · 所在单位 · 籍贯地商会 · 亲属 · 利益 · 自行申报."""
    until: date | None = None
    """The day it ended; None while it lasts."""
    state: TieState = "confirmed"
    """What is known of it."""
    reason: str | None = Field(default=None, min_length=1, max_length=1000)
    """Why it was dismissed or pinned; for the office only."""

    @model_validator(mode="after")
    def _is_dismissed_with_a_reason(self) -> Self:
        if self.state in ("dismissed", "pinned") and self.reason is None:
            raise ValueError("排除或固定一项关联须说明理由 / a tie is dismissed or pinned with a reason")
        return self

    def holds(self, day: date, look_back_years: int) -> bool:
        """Whether it makes an expert stand aside on this day."""
        if self.state == "dismissed":
            return False
        return self.state == "pinned" or self.until is None or day < _years_later(self.until, look_back_years)


class Invited(BaseModel):
    """An expert as the act names them: with the ties known at that moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expert: str
    active: bool = Field(default=True, exclude=True)
    ties: tuple[Tie, ...] = Field(default=(), exclude=True)


def must_stand_aside(ties: Iterable[Tie], chamber: str, now: datetime, look_back_years: int) -> bool:
    """Whether one of these ties forbids judging this chamber now."""
    today = now.astimezone(CHINA).date()
    return any(tie.code == chamber and tie.holds(today, look_back_years) for tie in ties)


def _years_later(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
