"""What the HTTP endpoints for people and officers take and give."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.letter import Further, Letter, Status
from services.notify.domain.recipient import Channel, Profile, Recipient, RecipientRole, known
from shared.contracts import CENTRE, Area, Instant, Text
from shared.runtime.http import Page, PageRequest

PersonId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
"""The subject of a token."""


class Listed(Profile):
    """A person, with the id."""

    id: PersonId
    """The token's subject."""


class InboxLetter(BaseModel):
    """A letter as its addressee reads it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """Id of the letter."""
    subject: Text
    """Subject."""
    body: Text
    """Text."""
    further: Further | None
    """The same in a further language, where one was wished and there are words."""
    event: str
    """Wire name of the event that caused it."""
    about: str
    """What that event is about: an application, a case, a notice …"""
    at: Instant
    """When it was written."""
    read_at: Instant | None
    """When it was first read; null: unread."""


class Inbox(Page[InboxLetter]):
    """One's own letters, unread first, then newest first."""

    unread: int
    """How many are unread."""


class LetterLine(BaseModel):
    """What became of a letter: neither its words nor an address."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """Id of the letter."""
    recipient: str
    """Id of the person."""
    channel: Channel
    """How it travels."""
    status: Status
    """Where it stands."""
    attempts: int
    """Transmissions so far."""
    next_try: Instant | None
    """When it is tried next."""
    reason: str
    """What the mail server last said, without the address."""
    event: str
    """Wire name of the event that caused it."""
    about: str
    """What that event is about."""
    area: Area
    """The person's area."""
    at: Instant
    """When it was written."""


class LetterPage(Page[LetterLine]):
    """Letters, newest first, and how many there are of each status."""

    counts: dict[Status, int]
    """All letters of the area, per status."""


class PeopleQuery(PageRequest):
    """Which people."""

    role: RecipientRole | None = None
    """Only this role."""
    area: Area = CENTRE
    """Only this area and below."""


class LettersQuery(PageRequest):
    """Which letters."""

    area: Area = CENTRE
    """Only to people of this area and below."""
    status: Status | None = None
    """Only these."""
    channel: Channel | None = None
    """Only these."""
    about: str | None = Field(default=None, max_length=200)
    """Only about this application, case, notice …"""


def listed(person: str, recipient: Recipient | None) -> Listed:
    """A person, as told to those who may know."""
    return Listed(id=person, **known(recipient).model_dump())


def inbox_letter(letter: Letter) -> InboxLetter:
    """A letter, as its addressee reads it."""
    draft = letter.draft
    return InboxLetter(
        id=letter.id,
        subject=draft.subject,
        body=draft.body,
        further=draft.further,
        event=draft.event,
        about=draft.about,
        at=letter.at,
        read_at=letter.read_at,
    )


def line(letter: Letter) -> LetterLine:
    """A letter, as an office sees it."""
    draft = letter.draft
    return LetterLine(
        id=letter.id,
        recipient=draft.to,
        channel=draft.channel,
        status=letter.status,
        attempts=letter.attempts,
        next_try=letter.next_try,
        reason=letter.reason,
        event=draft.event,
        about=draft.about,
        area=draft.area,
        at=letter.at,
    )
