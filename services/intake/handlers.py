"""What intake hears: rubrics that rounds may use, and everything that has a place on an application's timeline."""

from collections.abc import Sequence

from services.intake.domain import rubric, timeline
from services.intake.domain.application import application_id
from services.intake.domain.words import HEARD
from services.intake.store import APPLICATIONS, RUBRICS
from shared.contracts import (
    ApplicationScored,
    CaseEvent,
    Event,
    HonourEvent,
    NoticeOpened,
    ObjectionRuled,
    RubricPublished,
)
from shared.runtime.handlers import Delivery, HandlerTable, Target
from shared.runtime.ledgers import hear_ledgers
from shared.runtime.trusted import hear_keys


def table() -> HandlerTable:
    """The events, the documents they change, and how."""
    heard = HandlerTable("intake")
    heard.on(RubricPublished, RUBRICS, decide=rubric.hear, key=lambda event: event.rubric)
    for event in HEARD:
        heard.on(event, APPLICATIONS, decide=timeline.hear, targets_with_delivery=_tell)
    hear_keys(heard)
    hear_ledgers(heard)
    return heard


async def _tell(event: Event, delivery: Delivery) -> Sequence[Target]:
    told = timeline.Told(id=delivery.id, at=delivery.time, event=event)
    return [Target(application, told) for application in concerned(event)]


def concerned(event: Event) -> list[str]:
    """The ids of the applications that an event is about."""
    match event:
        case ApplicationScored() | CaseEvent():
            return [event.application]
        case NoticeOpened(candidates=candidates):
            return [_of_case(candidate.case) for candidate in candidates]
        case ObjectionRuled(case=case):
            return [_of_case(case)]
        case HonourEvent(round=round_, chamber=chamber):
            return [application_id(round_, chamber.code)]
    raise TypeError(f"{event.wire()} is about no application")


def _of_case(case: str) -> str:
    """`<application>@<jurisdiction>` → `<application>`."""
    return case.rpartition("@")[0]
