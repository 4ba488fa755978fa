"""Objections 异议: anyone may object until the window has passed; the office hears, rules, and protects who objected.

What an objector wrote stays with the office and is in no event. Who they are is shown to the deciding office alone, one
objection at a time, and it is on record who looked and why. No ruling may name them if they asked to be withheld.
An objection without a name is examined like any other, where the procedure takes it; its outcome is told on the notice.

Sources: a report is verified and ruled on, and the reporter told (Order 39, art. 20-24). That identities are withheld
unless the reporter says otherwise, and that looking is recorded, is our default.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import Field

from services.review.domain.notice import Notice, all_ruled, close, known
from services.review.domain.objection import Heard, Hearing, Looked, Objection, Ruling
from shared.contracts.event import Instant
from shared.contracts.notices import Candidate, ObjectionFiled, ObjectionRuled
from shared.contracts.text import Text
from shared.kernel.calendar import end_of, time_words, until_words
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, missing, refused

MOST_OBJECTIONS = 2000
MOST_WRITTEN = 3_000_000
MOST_LOOKS = 4000
"""Objections, characters in all of them, and looks at who objected that fit one notice: it is one document, and the
store takes 16 MB. Our limits, far above what any round has seen."""


class Object(Command):
    """Object to a candidate."""

    case: str
    text: str = Field(min_length=1, max_length=4000)
    name: str | None = Field(default=None, min_length=2, max_length=100)
    contact: str | None = Field(default=None, min_length=2, max_length=200)
    withhold: bool = True


class Hear(Command):
    """Enter what a hearing brought."""

    number: int
    held: Instant
    heard: tuple[Heard, ...] = Field(min_length=1)
    record: str = Field(min_length=1, max_length=20_000)


class Look(Command):
    """See who objected."""

    number: int
    reason: str = Field(min_length=1, max_length=500)


class Rule(Command):
    """Rule on an objection."""

    number: int
    outcome: Literal["upheld", "dismissed"]
    reason: Text


def object_(notice: Notice | None, command: Object, now: datetime) -> Change[Notice]:
    """Take an objection, numbered; anyone may object until the window has passed."""
    notice = known(notice)
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
    if command.name is None and not notice.anonymous:
        raise refused(
            "objection.anonymous",
            "name",
            rule=("本次公示只受理实名异议。", "This notice takes objections with a name only."),
            remedy=(
                "请填写姓名或单位；身份可要求保密，只有主办工商联可见。",
                "Give your name; it can be withheld from all but the office in charge.",
            ),
        )
    candidate = _candidate(notice.candidates, command.case)
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
        name=command.name,
        contact=command.contact,
        withheld=command.withhold,
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
    notice = known(notice)
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


def look(notice: Notice | None, command: Look, now: datetime) -> Change[Notice]:
    """See who objected: it is on record who looked, when and why.

    Raises:
        Refused: the objection came without a name, or too many have looked.
    """
    notice = known(notice)
    objection = _objection(notice, command.number)
    if objection.anonymous:
        raise refused(
            "objection.nobody-named",
            "number",
            rule=(
                f"第 {command.number} 号异议为匿名提出，没有身份信息。",
                f"Objection {command.number} came without a name; there is nothing to see.",
            ),
            remedy=(
                "请依据所述事实核查，结果在公示页面公布。",
                "Examine what it says; the ruling is told on the notice.",
            ),
        )
    if sum(len(one.looks) for one in notice.objections) >= MOST_LOOKS:
        raise refused(
            "objection.looks",
            "number",
            rule=(f"本次公示的身份查看已达 {MOST_LOOKS} 次。", f"Identities here were looked at {MOST_LOOKS} times."),
            remedy=("请从此前的查看记录中取用。", "Use what was seen before."),
        )
    seen = (*objection.looks, Looked(by=command.by, at=now, reason=command.reason))
    return Change(notice.but(objections=_with(notice, command.number, looks=seen)))


def rule(notice: Notice | None, command: Rule, now: datetime) -> Change[Notice]:
    """Rule on an objection, with reasons; the last ruling after the window closes the notice."""
    notice = known(notice)
    objection = _unruled(notice, command.number)
    if notice.hearing and objection.hearing is None:
        raise refused(
            "objection.not-heard",
            "number",
            rule=(f"第 {command.number} 号异议尚未听证。", f"There was no hearing on objection {command.number} yet."),
            remedy=("请先听证并登记。", "Hold the hearing and enter it first."),
        )
    _check_names_nobody(objection, command.reason)
    ruling = Ruling(outcome=command.outcome, reason=command.reason, by=command.by, at=now)
    ruled = _with(notice, command.number, ruling=ruling)
    fact = ObjectionRuled(
        area=notice.jurisdiction,
        notice=notice.id,
        round=notice.round,
        number=command.number,
        case=objection.case,
        chamber=_candidate(_ever(notice), objection.case).chamber,
        outcome=command.outcome,
        reason=command.reason,
    )
    after = notice.but(objections=ruled, overdue=False)
    if now >= notice.closes and all_ruled(after):
        closed = close(after)
        return Change(closed.state, (fact, *closed.facts))
    return Change(after, (fact,))


def _objection(notice: Notice, number: int) -> Objection:
    found = next((o for o in notice.objections if o.number == number), None)
    if found is None:
        raise missing("objection", str(number), "异议", "objection")
    return found


def _unruled(notice: Notice, number: int) -> Objection:
    objection = _objection(notice, number)
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


def _check_names_nobody(objection: Objection, reason: Text) -> None:
    """A public reason does not name whoever asked to be withheld."""
    told = [word for word in (objection.name, objection.contact) if word and (word in reason.zh or word in reason.en)]
    if objection.withheld and told:
        raise refused(
            "ruling.names-objector",
            "reason",
            rule=(
                "裁定理由将公开，其中出现了要求保密的异议人的姓名或联系方式。",
                "The reason is public, and it names the objector, who asked to be withheld.",
            ),
            remedy=("请改写理由，不出现异议人的身份。", "Write it without saying who objected."),
        )


def _ever(notice: Notice) -> list[Candidate]:
    """Everybody who is or was on the notice; as of the latest version they were in."""
    return [candidate for version in reversed(notice.versions) for candidate in version.candidates]


def _candidate(candidates: Iterable[Candidate], case: str) -> Candidate:
    found = next((candidate for candidate in candidates if candidate.case == case), None)
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
