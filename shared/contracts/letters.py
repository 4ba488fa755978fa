"""Facts about letters 通知 and the public bulletin 通报."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Event
from shared.contracts.text import Text


class LetterEvent(Event):
    """What every fact about a letter says: about whom it is told by id, never by name or address."""

    source: ClassVar[str] = "notify"
    may_go_unheard: ClassVar[bool] = True

    letter: str
    """Id of the letter: one per (event, person, channel)."""
    because: str
    """Id of the event that caused it."""
    about: str
    """What that event is about (its subject)."""
    channel: Literal["mail", "inbox"]
    """How it travels."""
    recipient: str
    """Id of the person."""

    @property
    def subject(self) -> str:
        """The letter's id."""
        return self.letter


class LetterDelivered(LetterEvent):
    """A letter was handed over: accepted by the mail server, or put in the inbox."""

    name: ClassVar[str] = "letter.delivered"

    attempts: int = Field(ge=1)
    """How many attempts it took."""


class LetterFailed(LetterEvent):
    """A letter could not be delivered and will not be tried again."""

    name: ClassVar[str] = "letter.failed"

    attempts: int = Field(ge=1)
    """How many attempts were made."""
    reason: str
    """What the mail server said, without the address."""


class BulletinPublished(Event):
    """An entry appeared in the public bulletin."""

    name: ClassVar[str] = "bulletin.published"
    source: ClassVar[str] = "notify"
    may_go_unheard: ClassVar[bool] = True

    entry: str
    """Id of the entry."""
    kind: Literal["round", "notice", "objection", "ruling", "closing", "announcement", "honour"]
    """What it tells of."""
    title: Text
    """Its title."""

    @property
    def subject(self) -> str:
        """The entry's id."""
        return self.entry
