"""Letters 通知: one per (event, person, channel), frozen when created, tried until delivered or failed.

queued ──sent──→ delivered
  │ ▲ later (4xx, no connection)
  │ └── again after a growing pause
  ├──rejected (5xx), or the last pause is over──→ failed ──retry by an officer──→ queued
(inbox letters are born delivered)
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.notify.domain.recipient import Channel, Language
from shared.contracts import Area, LetterDelivered, LetterFailed, Text
from shared.kernel.change import Change, NotFound, Refused
from shared.kernel.problem import problem
from shared.kernel.state import State

Status = Literal["queued", "delivered", "failed"]
"""待发 · 已送达 · 未送达."""

LEASE = timedelta(minutes=10)
"""How long a letter in transmission is left alone by other postmen; after a crash it is taken up again then."""
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 480, 720, 1440, 1440, 1440))
"""Pause before each further attempt; together four days, the least RFC 5321 §4.5.4.1 advises before giving up."""


class Further(BaseModel):
    """The same letter in a further language."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    language: str
    """Its tag."""
    dir: Literal["ltr", "rtl"]
    """In which direction it is written."""
    subject: str
    """Subject line."""
    body: str
    """Text."""


class Draft(BaseModel):
    """A letter to be: what an event means for one person on one channel, already worded."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    to: str
    """Id of the person; name and address stay with the recipient."""
    channel: Channel
    """How it travels."""
    language: Language
    """Language of the mail, as wished when it was written."""
    area: Area
    """The person's area: whose officers may see the letter's fate."""
    template: str
    """Name of the template."""
    event: str
    """Wire name of the event."""
    because: str
    """Id of the event."""
    about: str
    """Subject of the event."""
    subject: Text
    """Subject line."""
    body: Text
    """Text."""
    further: Further | None = None
    """The same in the language that the person wishes beside, if this deployment has the words."""

    @property
    def key(self) -> str:
        """The letter's id, made of (event, person, channel): the same letter cannot exist twice."""
        return letter_key(self.because, self.to, self.channel)


class Letter(State):
    """One letter. Its words never change after creation."""

    id: str
    """Hash of (event id, person, channel)."""
    draft: Draft
    """To whom, about what, in which words."""
    at: datetime
    """When it was written; whole seconds, UTC."""
    status: Status
    """Where it stands."""
    attempts: int = 0
    """Transmissions begun since it was last queued."""
    next_try: datetime | None = None
    """For a queued letter: not before this instant (whole seconds, UTC)."""
    reason: str = ""
    """What the mail server last said, without the address."""
    read: bool = False
    """For the inbox: whether the person has read it."""
    read_at: datetime | None = None
    """… and when."""


class Take(BaseModel):
    """Command: a postman takes the letter up for one transmission."""

    model_config = ConfigDict(frozen=True)


class Sent(BaseModel):
    """Outcome: the mail server has accepted it."""

    model_config = ConfigDict(frozen=True)


class Deferred(BaseModel):
    """Outcome: not now (4xx, no connection, timeout)."""

    model_config = ConfigDict(frozen=True)

    reason: str
    """What was said, without the address."""


class Rejected(BaseModel):
    """Outcome: never (5xx, or no address is known)."""

    model_config = ConfigDict(frozen=True)

    reason: str
    """What was said, without the address."""


Outcome = Sent | Deferred | Rejected


class Retry(BaseModel):
    """Command: an officer queues a failed letter again, say after the address was corrected."""

    model_config = ConfigDict(frozen=True)


class MarkRead(BaseModel):
    """Command: the person has read an inbox letter."""

    model_config = ConfigDict(frozen=True)

    by: str
    """Id of the reader."""


def letter_key(event: str, person: str, channel: str) -> str:
    """The id of the letter for (event id, person, channel)."""
    return hashlib.sha256(f"{event}\n{person}\n{channel}".encode()).hexdigest()[:32]


def create(letter: Letter | None, draft: Draft, now: datetime) -> Change[Letter] | None:
    """Write the letter, once; an inbox letter is delivered by being written."""
    if letter is not None:
        return None
    fresh = Letter(id=draft.key, draft=draft, at=whole(now), status="queued", next_try=whole(now))
    if draft.channel == "mail":
        return Change(fresh)
    return _delivered(fresh.but(attempts=1))


def take(letter: Letter | None, _command: Take, now: datetime) -> Change[Letter] | None:
    """Begin one transmission; None if it is not this letter's turn (another postman has it, or it is done)."""
    if letter is None or letter.status != "queued" or letter.next_try is None or letter.next_try > now:
        return None
    return Change(letter.but(attempts=letter.attempts + 1, next_try=whole(now + LEASE)))


def record(letter: Letter | None, outcome: Outcome, now: datetime) -> Change[Letter] | None:
    """Take note of how a transmission ended; a late report on a letter that is done changes nothing."""
    if letter is None or letter.status != "queued":
        return None
    if isinstance(outcome, Sent):
        return _delivered(letter.but(reason=""))
    if isinstance(outcome, Deferred) and letter.attempts <= len(PAUSES):
        pause = PAUSES[max(letter.attempts, 1) - 1]
        return Change(letter.but(next_try=whole(now + pause), reason=outcome.reason))
    failed = letter.but(status="failed", next_try=None, reason=outcome.reason)
    fact = LetterFailed(**_about(failed), attempts=max(letter.attempts, 1), reason=outcome.reason)
    return Change(failed, (fact,))


def recall(letter: Letter | None, event: LetterDelivered | LetterFailed, now: datetime) -> Change[Letter] | None:
    """A store that was restored learns from the archive how a transmission ended which it has forgotten.

    Nothing is announced: it was.
    """
    del now
    status: Status = "delivered" if isinstance(event, LetterDelivered) else "failed"
    if letter is None or letter.status in ("delivered", status):
        return None
    reason = "" if isinstance(event, LetterDelivered) else event.reason
    return Change(letter.but(status=status, next_try=None, attempts=event.attempts, reason=reason))


def retry(letter: Letter | None, _command: Retry, now: datetime) -> Change[Letter] | None:
    """Queue a failed letter again.

    Raises:
        NotFound: no such letter.
        Refused: it has not failed.
    """
    if letter is None:
        raise unknown()
    if letter.status != "failed":
        raise Refused(
            problem(
                "letter.not-failed",
                "status",
                rule=(
                    "只有未送达的通知可以重发",
                    f"only a failed letter can be sent again; this one is {letter.status}",
                ),
                remedy=("待发通知会自动重试，无需操作", "a queued letter is tried again by itself; nothing to do"),
            )
        )
    return Change(letter.but(status="queued", attempts=0, next_try=whole(now)))


def mark_read(letter: Letter | None, command: MarkRead, now: datetime) -> Change[Letter] | None:
    """Note that its addressee has read an inbox letter; the first reading counts.

    Raises:
        NotFound: no such letter in this person's inbox; another's letter is not told from a missing one.
    """
    if letter is None or letter.draft.to != command.by or letter.draft.channel != "inbox":
        raise unknown()
    return None if letter.read else Change(letter.but(read=True, read_at=now))


def unknown() -> NotFound:
    """There is no such letter, as far as the caller may know."""
    return NotFound(
        problem(
            "letter.unknown",
            "id",
            rule=("没有这封通知", "no such letter"),
            remedy=("请从收件箱或通知列表中选取编号", "take the id from the inbox or the list of letters"),
        )
    )


def whole(instant: datetime) -> datetime:
    """Cut to whole seconds in UTC, so that instants sort as they are written."""
    return instant.astimezone(UTC).replace(microsecond=0)


def _delivered(letter: Letter) -> Change[Letter]:
    done = letter.but(status="delivered", next_try=None)
    return Change(done, (LetterDelivered(**_about(done), attempts=max(done.attempts, 1)),))


def _about(letter: Letter) -> dict[str, str]:
    draft = letter.draft
    return {
        "area": draft.area,
        "letter": letter.id,
        "because": draft.because,
        "about": draft.about,
        "channel": draft.channel,
        "recipient": draft.to,
    }
