"""Public notice 公示: candidates stand in public, anyone may object, the office rules, and only then does it close.

    open ──(window passes)──► ruling ──(last ruling)──► closed        open ──► closed, if nothing is left to rule on

What an objector wrote, and how to reach them, stays in this document and with the office; it is in no event.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.review.domain.objection import Heard, Hearing, Objection, Ruling
from shared.contracts.area import Area
from shared.contracts.event import Instant
from shared.contracts.notices import Candidate, NoticeClosed, NoticeOpened, ObjectionFiled, ObjectionRuled
from shared.contracts.text import Text
from shared.kernel.calendar import Term, end_of, time_words, until_words
from shared.kernel.change import Change, Due, Refused
from shared.kernel.command import Command, exists, missing, refused
from shared.kernel.state import State

MOST_OBJECTIONS = 2000
MOST_WRITTEN = 3_000_000
"""Objections, and characters in all of them, that fit one notice: it is one document, and the store takes 16 MB. Our
limits, far above what any round has seen."""


class Notice(State):
    """A public notice."""

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
    candidates: tuple[Candidate, ...]
    """Who is on it."""
    objections: tuple[Objection, ...] = ()
    """By number."""
    status: Literal["open", "ruling", "closed"] = "open"
    """Where it stands."""
    overdue: bool = False
    """Whether a ruling is late."""

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
    candidates: tuple[Candidate, ...] = Field(exclude=True)


class Object(Command):
    """Object to a candidate."""

    case: str
    text: str = Field(min_length=1, max_length=4000)
    contact: str | None = Field(default=None, max_length=200)


class Hear(Command):
    """Enter what a hearing brought."""

    number: int
    held: Instant
    heard: tuple[Heard, ...] = Field(min_length=1)
    record: str = Field(min_length=1, max_length=20_000)


class Rule(Command):
    """Rule on an objection."""

    number: int
    outcome: Literal["upheld", "dismissed"]
    reason: Text


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


def object_(notice: Notice | None, command: Object, now: datetime) -> Change[Notice]:
    """Take an objection, numbered; anyone may object until the window has passed."""
    notice = _known(notice)
    if now >= notice.closes:
        raise refused(
            "notice.closed",
            "notice.closes",
            rule=(
                f"公示期已于 {until_words(notice.closes).zh} 结束。",
                f"The window of this notice ended on {until_words(notice.closes).en}.",
            ),
            remedy=("公示期后发现问题，可向主办工商联举报。", "Report later findings to the federation in charge."),
        )
    candidate = _candidate(notice, command.case)
    written = sum(len(objection.text) for objection in notice.objections) + len(command.text)
    if len(notice.objections) >= MOST_OBJECTIONS or written > MOST_WRITTEN:
        filed = len(notice.objections)
        raise refused(
            "notice.full",
            "objections",
            rule=(
                f"本次公示已收到 {filed} 件异议，不能再收。",
                f"This notice has {filed} objections and can take no more.",
            ),
            remedy=("请直接向主办工商联提出。", "Write to the federation in charge."),
        )
    number = len(notice.objections) + 1
    objection = Objection(
        number=number,
        case=command.case,
        text=command.text,
        contact=command.contact,
        at=now,
        rule_by=end_of(now, notice.ruling_days),
    )
    fact = ObjectionFiled(
        area=notice.jurisdiction,
        notice=notice.id,
        round=notice.round,
        number=number,
        case=command.case,
        chamber=candidate.chamber,
        at=now,
    )
    return Change(notice.but(objections=(*notice.objections, objection)), (fact,))


def hear(notice: Notice | None, command: Hear, now: datetime) -> Change[Notice]:
    """Enter a hearing on an objection that is not ruled on yet; another one takes its place.

    Raises:
        Refused: it is ruled on, or the hearing lies in the future or before the objection.
    """
    notice = _known(notice)
    objection = _unruled(notice, command.number)
    if not objection.at <= command.held <= now:
        raise refused(
            "hearing.time",
            "held",
            rule=(
                f"听证时间应在 {time_words(objection.at).zh} 与现在之间。",
                f"The hearing must lie between {time_words(objection.at).en} and now.",
            ),
            remedy=("请填写实际听证的时间。", "Give the time at which it was held."),
        )
    hearing = Hearing(held=command.held, heard=command.heard, record=command.record, by=command.by)
    return Change(notice.but(objections=_with(notice, command.number, hearing=hearing)))


def rule(notice: Notice | None, command: Rule, now: datetime) -> Change[Notice]:
    """Rule on an objection, with reasons; the last ruling after the window closes the notice."""
    notice = _known(notice)
    objection = _unruled(notice, command.number)
    if notice.hearing and objection.hearing is None:
        raise refused(
            "objection.not-heard",
            "number",
            rule=(f"第 {command.number} 号异议尚未听证。", f"There was no hearing on objection {command.number} yet."),
            remedy=("请先听证并登记。", "Hold the hearing and enter it first."),
        )
    ruling = Ruling(outcome=command.outcome, reason=command.reason, by=command.by, at=now)
    ruled = _with(notice, command.number, ruling=ruling)
    fact = ObjectionRuled(
        area=notice.jurisdiction,
        notice=notice.id,
        round=notice.round,
        number=command.number,
        case=objection.case,
        chamber=_candidate(notice, objection.case).chamber,
        outcome=command.outcome,
        reason=command.reason,
    )
    after = notice.but(objections=ruled, overdue=False)
    if now >= notice.closes and _all_ruled(after):
        closed = _close(after)
        return Change(closed.state, (fact, *closed.facts))
    return Change(after, (fact,))


def _unruled(notice: Notice, number: int) -> Objection:
    objection = next((o for o in notice.objections if o.number == number), None)
    if objection is None:
        raise missing("objection", str(number), "异议", "objection")
    if objection.ruling is not None:
        raise refused(
            "objection.ruled",
            "number",
            rule=(f"第 {number} 号异议已经裁定。", f"Objection {number} has been ruled on."),
            remedy=("裁定作出后不再更改。", "A ruling does not change."),
        )
    return objection


def _with(notice: Notice, number: int, **changes: object) -> tuple[Objection, ...]:
    return tuple(o.model_copy(update=changes) if o.number == number else o for o in notice.objections)


def on_due(notice: Notice | None, _due: Due, now: datetime) -> Change[Notice] | None:
    """The window has passed: close, or go on ruling; a ruling that is late is flagged."""
    if notice is None or notice.status == "closed" or now < notice.closes:
        return None
    if _all_ruled(notice):
        return _close(notice)
    late = any(o.ruling is None and now >= o.rule_by for o in notice.objections)
    after = notice.but(status="ruling", overdue=late)
    return None if after == notice else Change(after)


def _close(notice: Notice) -> Change[Notice]:
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


def _all_ruled(notice: Notice) -> bool:
    return all(objection.ruling is not None for objection in notice.objections)


def _known(notice: Notice | None) -> Notice:
    if notice is None:
        raise missing("notice", "", "该公示", "such notice")
    return notice


def _candidate(notice: Notice, case: str) -> Candidate:
    found = next((candidate for candidate in notice.candidates if candidate.case == case), None)
    if found is None:
        raise _not_on_it(case)
    return found


def _not_on_it(case: str) -> Refused:
    return refused(
        "notice.not-a-candidate",
        "case",
        rule=(f"{case} 不在本次公示名单中。", f"{case} is not on this notice."),
        remedy=("请从公示名单中选择。", "Choose from the list of candidates."),
    )
