"""A public notice, brought to what its own facts say: opened, corrected, objected to, ruled on, closed.

What an objector wrote and who they are is in no event, and gone. Their objection stands, and has to be ruled on.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.review.domain.notice import Notice
from services.review.domain.objection import Objection, Ruling
from services.review.domain.recall.unknown import OBJECTION_LOST, UNKNOWN
from services.review.domain.stages import PublicNotice
from shared.contracts.notices import (
    NoticeClosed,
    NoticeCorrected,
    NoticeEvent,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
)
from shared.kernel.calendar import end_of
from shared.kernel.change import Change, NotYet


class Opened(BaseModel):
    """A notice was opened, under this rule of the procedure."""

    model_config = ConfigDict(frozen=True)

    event: NoticeOpened
    stage: PublicNotice


def opened(known: Notice | None, message: Opened, _: datetime) -> Change[Notice] | None:
    """The notice as it was published first."""
    if known is not None:
        return None
    event, stage = message.event, message.stage
    return Change(
        Notice(
            id=event.notice,
            round=event.round,
            jurisdiction=event.area,
            title=event.title,
            opens=event.opens,
            closes=event.closes,
            ruling_days=stage.ruling_days,
            hearing=stage.hearing,
            anonymous=stage.anonymous,
            candidates=event.candidates,
        )
    )


def corrected(notice: Notice | None, event: NoticeCorrected, _: datetime) -> Change[Notice] | None:
    """The next version."""
    here = _open(notice, event)
    if here is None or len(here.versions) >= event.number:
        return None
    if len(here.versions) < event.number - 1:
        raise _too_early(event)
    return Change(
        here.but(
            title=event.title,
            closes=event.closes,
            candidates=event.candidates,
            earlier=here.versions,
            corrected=event.at,
            correction=event.reason,
            corrected_by=UNKNOWN,
        )
    )


def objected(notice: Notice | None, event: ObjectionFiled, _: datetime) -> Change[Notice] | None:
    """An objection, without its text and without a name."""
    here = _open(notice, event)
    if here is None or len(here.objections) >= event.number:
        return None
    if len(here.objections) < event.number - 1:
        raise _too_early(event)
    objection = Objection(
        number=event.number,
        case=event.case,
        text=OBJECTION_LOST,
        contact=None,
        at=event.at,
        rule_by=end_of(event.at, here.ruling_days),
    )
    return Change(here.but(objections=(*here.objections, objection)))


def ruled(notice: Notice | None, event: ObjectionRuled, now: datetime) -> Change[Notice] | None:
    """The ruling on an objection."""
    here = _open(notice, event)
    if here is None:
        return None
    if len(here.objections) < event.number:
        raise _too_early(event)
    if here.objections[event.number - 1].ruling is not None:
        return None
    ruling = Ruling(outcome=event.outcome, reason=event.reason, by=UNKNOWN, at=now)
    objections = tuple(
        one.model_copy(update={"ruling": ruling}) if one.number == event.number else one for one in here.objections
    )
    return Change(here.but(objections=objections, overdue=False))


def closed(notice: Notice | None, event: NoticeClosed, _: datetime) -> Change[Notice] | None:
    """Closed, once every objection that was counted then is here with its ruling."""
    here = _open(notice, event)
    if here is None:
        return None
    if sum(one.ruling is not None for one in here.objections) < event.objections:
        raise _too_early(event)
    return Change(here.but(status="closed", overdue=False))


def _open(notice: Notice | None, event: NoticeEvent) -> Notice | None:
    """The notice; None if it is closed, so that nothing is left to be said.

    Raises:
        NotYet: it is not here yet.
    """
    if notice is None:
        raise NotYet(event.notice)
    return None if notice.status == "closed" else notice


def _too_early(event: NoticeEvent) -> NotYet:
    """What it rests on is not here yet."""
    return NotYet(f"{event.notice}: {event.wire()}")
