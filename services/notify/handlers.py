"""What notify hears: an event may change an entry of the bulletin, and may write letters, one reaction per template."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from services.notify.domain import announcement, chamber, honour, letter, notice, rounds
from services.notify.domain.audience import wanted
from services.notify.domain.entry import said
from services.notify.domain.letter import Draft
from services.notify.domain.recipient import Profile
from services.notify.store import ANNOUNCEMENTS, CHAMBERS, HONOURS, LETTERS, NOTICES, ROUNDS, People
from services.notify.wording import Template, Wording
from shared.contracts import (
    EVENTS,
    AnnouncementMade,
    ChamberMerged,
    ChamberRenamed,
    Event,
    HonourCarried,
    HonourEnded,
    HonourExpired,
    HonourGranted,
    HonourRecorded,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
    LetterDelivered,
    LetterFailed,
    NoticeClosed,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
    RoundClosed,
    RoundOpened,
)
from shared.runtime.handlers import Delivery, HandlerTable, Target
from shared.runtime.ledgers import hear_ledgers
from shared.runtime.trusted import hear_keys

E = TypeVar("E", bound=Event)


def table(people: People, wording: Wording) -> HandlerTable:
    """The table of contents."""
    hears = HandlerTable("notify")

    hears.on(RoundOpened, ROUNDS, decide=rounds.on_opened, targets_with_delivery=entry)
    hears.on(RoundClosed, ROUNDS, decide=rounds.on_closed, targets_with_delivery=entry)
    hears.on(NoticeOpened, NOTICES, decide=notice.on_opened, targets_with_delivery=entry)
    hears.on(NoticeCorrected, NOTICES, decide=notice.on_corrected, targets_with_delivery=entry)
    hears.on(ObjectionFiled, NOTICES, decide=notice.on_filed, targets_with_delivery=entry)
    hears.on(ObjectionRuled, NOTICES, decide=notice.on_ruled, targets_with_delivery=entry)
    hears.on(NoticeClosed, NOTICES, decide=notice.on_closed, targets_with_delivery=entry)
    hears.on(AnnouncementMade, ANNOUNCEMENTS, decide=announcement.on_made, targets_with_delivery=entry)
    hears.on(HonourGranted, HONOURS, decide=honour.on_granted, targets_with_delivery=entry)
    hears.on(HonourRecorded, HONOURS, decide=honour.on_recorded, targets_with_delivery=entry)
    hears.on(HonourSuspended, HONOURS, decide=honour.on_suspended, targets_with_delivery=entry)
    hears.on(HonourReinstated, HONOURS, decide=honour.on_reinstated, targets_with_delivery=entry)
    hears.on(HonourSuperseded, HONOURS, decide=honour.on_superseded, targets_with_delivery=entry)
    hears.on(HonourCarried, HONOURS, decide=honour.on_carried, targets_with_delivery=entry)
    hears.on(HonourEnded, HONOURS, decide=honour.on_ended, targets_with_delivery=entry)
    hears.on(HonourExpired, HONOURS, decide=honour.on_expired, targets_with_delivery=entry)
    hears.on(HonourRevoked, HONOURS, decide=honour.on_revoked, targets_with_delivery=entry)

    hears.on(ChamberRenamed, CHAMBERS, decide=chamber.on_renamed, targets_with_delivery=entry)
    hears.on(ChamberMerged, CHAMBERS, decide=chamber.on_merged, targets_with_delivery=entry)

    for template in wording.templates:
        hears.on(
            EVENTS[template.event],
            LETTERS,
            decide=letter.create,
            targets_with_delivery=letters(people, wording, template),
        )
    hear_keys(hears)
    hear_ledgers(hears)
    return hears


def recalled() -> HandlerTable:
    """What a restored store learns from notify's own facts: which letters went out; no event had told the postman."""
    hears = HandlerTable("notify")
    for event in (LetterDelivered, LetterFailed):
        hears.on(event, LETTERS, decide=letter.recall, key=lambda fact: fact.letter)
    return hears


async def entry(event: E, delivery: Delivery) -> Sequence[Target]:
    """The one entry of the bulletin an event is about, with the time at which it happened."""
    return [Target(event.subject, said(event, delivery.time))]


def letters(
    people: People, wording: Wording, template: Template
) -> Callable[[Event, Delivery], Awaitable[Sequence[Target]]]:
    """The letters that an event means by this template: one per person and channel."""

    async def fan_out(event: Event, delivery: Delivery) -> Sequence[Target]:
        if not wording.applies(template, event):
            return []
        reached: dict[str, Profile] = {}
        for rule in template.to:
            reached |= await people.reached_by(wanted(rule, event))
        if not reached:
            return []
        said_so = wording.render(template, event)
        drafts = (
            Draft(
                to=person,
                channel=channel,
                language=profile.language,
                area=profile.area,
                template=template.name,
                event=template.event,
                because=delivery.id,
                about=event.subject,
                subject=said_so.subject,
                body=said_so.body,
                further=wording.further(template, event, profile.further),
            )
            for person, profile in reached.items()
            for channel in profile.channels
        )
        return [Target(draft.key, draft) for draft in drafts]

    return fan_out
