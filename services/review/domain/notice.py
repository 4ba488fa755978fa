"""Public notice 公示: candidates stand in public, anyone may object, the office rules, and only then does it close.

    open ──(window passes)──► ruling ──(last ruling)──► closed        open ──► closed, if nothing is left to rule on

What anybody may do about a candidate is in `objecting`, what the office may change in `correcting`.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.objection import Objection
from shared.contracts.area import Area
from shared.contracts.event import Instant
from shared.contracts.notices import Candidate, NoticeClosed, NoticeOpened
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.calendar import Term, end_of
from shared.kernel.change import Change, Due
from shared.kernel.command import Command, exists, missing, refused
from shared.kernel.state import State


class Version(BaseModel):
    """The notice as it was published at one time."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    title: Text
    """Its title then."""
    closes: Instant
    """When its window was to close."""
    candidates: tuple[Candidate, ...]
    """Who was on it."""
    at: Instant
    """When it was published."""
    reason: Text | None
    """Why it took the place of the one before; None for the first."""
    by: Actor | None
    """Who corrected the one before; None for the first."""


class Notice(State):
    """A public notice, as it stands, with the versions that were published before."""

    id: str
    """`<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose notice it is."""
    title: Text
    """Its title."""
    opens: Instant
    """From when."""
    closes: Instant
    """Until when anyone may object."""
    ruling_days: Term
    """Days to rule on an objection."""
    hearing: bool = False
    """Whether there must be a hearing before a ruling."""
    anonymous: bool = True
    """Whether an objection without a name is taken."""
    candidates: tuple[Candidate, ...]
    """Who is on it."""
    earlier: tuple[Version, ...] = ()
    """Versions before this one, oldest first."""
    corrected: Instant | None = None
    """Since when it stands as it does; None: since it was opened."""
    correction: Text | None = None
    """Why it was corrected last."""
    corrected_by: Actor | None = None
    """By whom."""
    objections: tuple[Objection, ...] = ()
    """By number."""
    status: Literal["open", "ruling", "closed"] = "open"
    """Where it stands."""
    overdue: bool = False
    """Whether a ruling is late."""

    @property
    def current(self) -> Version:
        """What is published now, as a version."""
        return Version(
            title=self.title,
            closes=self.closes,
            candidates=self.candidates,
            at=self.corrected or self.opens,
            reason=self.correction,
            by=self.corrected_by,
        )

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version that was published, oldest first; the last one is what stands."""
        return (*self.earlier, self.current)

    def due(self) -> datetime | None:
        """When the window passes; then, when a ruling becomes late."""
        if self.status == "open":
            return self.closes
        if self.status == "ruling" and not self.overdue:
            return min((o.rule_by for o in self.objections if o.ruling is None), default=None)
        return None


class Open(Command):
    """Put candidates on public notice."""

    id: str
    round: str
    jurisdiction: Area
    title: Text
    asked: tuple[str, ...] | None = None
    """The cases that were named; None for all that were elected."""
    window_days: Term = Field(exclude=True)
    ruling_days: Term = Field(exclude=True)
    hearing: bool = Field(default=False, exclude=True)
    anonymous: bool = Field(default=True, exclude=True)
    candidates: tuple[Candidate, ...] = Field(exclude=True)


def open_(notice: Notice | None, command: Open, now: datetime) -> Change[Notice]:
    """Open the notice; its window runs to the end of its last day, in China's time."""
    if notice is not None:
        raise exists("notice", notice.id, "公示", "notice")
    if not command.candidates:
        raise refused(
            "notice.empty",
            "cases",
            rule=("没有可供公示的候选商会。", "There is no candidate to put on notice."),
            remedy=("请先完成专家评审。", "Finish the expert stage first."),
        )
    opened = Notice(
        id=command.id,
        round=command.round,
        jurisdiction=command.jurisdiction,
        title=command.title,
        opens=now,
        closes=end_of(now, command.window_days),
        ruling_days=command.ruling_days,
        hearing=command.hearing,
        anonymous=command.anonymous,
        candidates=command.candidates,
    )
    fact = NoticeOpened(
        area=opened.jurisdiction,
        notice=opened.id,
        round=opened.round,
        title=opened.title,
        opens=opened.opens,
        closes=opened.closes,
        candidates=opened.candidates,
    )
    return Change(opened, (fact,))


def on_due(notice: Notice | None, _due: Due, now: datetime) -> Change[Notice] | None:
    """The window has passed: close, or go on ruling; a ruling that is late is flagged."""
    if notice is None or notice.status == "closed" or now < notice.closes:
        return None
    if all_ruled(notice):
        return close(notice)
    late = any(o.ruling is None and now >= o.rule_by for o in notice.objections)
    after = notice.but(status="ruling", overdue=late)
    return None if after == notice else Change(after)


def close(notice: Notice) -> Change[Notice]:
    """Close it: who is cleared, and whom an upheld objection excludes."""
    upheld = {o.case for o in notice.objections if o.ruling and o.ruling.outcome == "upheld"}
    cases = [candidate.case for candidate in notice.candidates]
    fact = NoticeClosed(
        area=notice.jurisdiction,
        notice=notice.id,
        round=notice.round,
        cleared=tuple(case for case in cases if case not in upheld),
        excluded=tuple(case for case in cases if case in upheld),
        objections=len(notice.objections),
    )
    return Change(notice.but(status="closed", overdue=False), (fact,))


def all_ruled(notice: Notice) -> bool:
    """Whether nothing is left to rule on."""
    return all(objection.ruling is not None for objection in notice.objections)


def known(notice: Notice | None) -> Notice:
    """The notice.

    Raises:
        NotFound: there is none.
    """
    if notice is None:
        raise missing("notice", "", "该公示", "such notice")
    return notice
