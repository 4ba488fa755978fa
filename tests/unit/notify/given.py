"""Invented people and events, and what stands in for the store and the mail server."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar, cast

import shared.contracts
from services.notify.domain import letter as letters
from services.notify.domain.entry import Entry, said
from services.notify.domain.letter import Draft, Letter, Outcome, Sent, Take
from services.notify.domain.recipient import Profile, Recipient
from services.notify.mail import Unreachable
from services.notify.settings import NotifySettings
from shared.contracts import EVENTS, Chamber, Event, text
from shared.kernel.change import Change

E = TypeVar("E", bound=Event)
EXAMPLES = Path(shared.contracts.__file__).parent / "examples"
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def example(event: type[E], variant: str = "", **changes: object) -> E:
    """The golden example of an event, with some fields replaced."""
    body = (EXAMPLES / f"{event.wire()}{variant}.json").read_text("utf-8")
    return event.model_validate_json(body).model_copy(update=changes)


def examples(wire: str) -> list[Event]:
    """Both golden examples of an event."""
    return [example(EVENTS[wire]), example(EVENTS[wire], ".minimal")]


def chamber(code: str = "51350200MJB00102XM", area: str = "3502", name: str = "厦门市云帆商会（虚构）") -> Chamber:
    """An invented chamber."""
    return Chamber(code=code, name=name, type="industry", level="city", area=area)


def profile(role: str = "secretary", area: str = "3502", **changes: Any) -> Profile:
    """An invented person."""
    values = {"role": role, "name": "林一", "mail": "lin@chamber.example", "area": area} | changes
    if role == "secretary":
        values.setdefault("chamber", "51350200MJB00102XM")
    return Profile.model_validate(values)


def draft(to: str = "sec-1", channel: str = "mail", because: str = "event-1", **changes: Any) -> Draft:
    """A worded letter."""
    values = {
        "to": to,
        "channel": channel,
        "language": "both",
        "area": "3502",
        "template": "case.opened",
        "event": "case.opened.v1",
        "because": because,
        "about": "case-1",
        "subject": text("申报进入审核", "Application under review"),
        "body": text("贵会的申报已受理。\n", "Your application is under review.\n"),
    }
    return Draft.model_validate(values | changes)


def settings(**changes: Any) -> NotifySettings:
    """Settings of a notify that connects to nothing."""
    values: dict[str, Any] = {
        "amqp_url": "amqp://nowhere",
        "mongo_url": "mongodb://nowhere",
        "database": "notify",
        "oidc_issuer": "https://issuer.example",
        "oidc_jwks_url": "https://issuer.example/jwks.json",
        "smtp_host": "nowhere",
        "sender": "notice@sihao.example",
        "public_url": "https://sihao.example",
    }
    return NotifySettings(**(values | changes))


def hear(
    decide: Callable[..., Change[Any] | None], entry: Entry | None, event: Event, at: datetime
) -> Change[Any] | None:
    """What a decider of the bulletin makes of an event."""
    return decide(entry, said(event, at), NOW)


class TurnedClock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        """The time it was turned to."""
        return self.at

    def turn(self, by: timedelta) -> None:
        """Turn it."""
        self.at += by


class Office:
    """Letters and people in memory, changed by the real deciders: the postman's queue, directory and desk in one."""

    def __init__(self, clock: TurnedClock) -> None:
        self.clock = clock
        self.letters: dict[str, Letter] = {}
        self.people: dict[str, Recipient] = {}
        self.facts: list[Event] = []
        self.forgets_reports = False

    def write(self, *drafts: Draft) -> None:
        """Have letters written."""
        for one in drafts:
            self._apply(one.key, letters.create(self.letters.get(one.key), one, self.clock.now()))

    def know(self, person: str, known: Profile | None) -> None:
        """Register a person."""
        self.people[person] = Recipient(id=person, profile=known)

    async def due(self, now: datetime, limit: int) -> list[Letter]:
        """Letters whose turn it is."""
        waiting = [one for one in self.letters.values() if one.status == "queued"]
        return [one for one in waiting if one.next_try and one.next_try <= now][:limit]

    async def get(self, person: str) -> Recipient | None:
        """One person."""
        return self.people.get(person)

    async def take(self, letter: str) -> Letter | None:
        """Take a letter out."""
        change = letters.take(self.letters[letter], Take(), self.clock.now())
        self._apply(letter, change)
        return change.state if change else None

    async def report(self, letter: str, outcome: Outcome) -> None:
        """Report on a letter; a process that died before it could is `forgets_reports`."""
        if not self.forgets_reports:
            self._apply(letter, letters.record(self.letters[letter], outcome, self.clock.now()))

    def _apply(self, key: str, change: Change[Letter] | None) -> None:
        if change:
            self.letters[key] = change.state
            self.facts += change.facts


class FakeServer:
    """A mail server in memory: answers what it was told to answer, and keeps what it accepted."""

    def __init__(self, answers: Sequence[Outcome | None] = ()) -> None:
        self.answers = list(answers)
        self.mails: list[EmailMessage] = []
        self.asked = 0
        self.rests = 0

    async def send(self, message: EmailMessage) -> Outcome:
        """The next answer, or acceptance; None is no connection at all."""
        self.asked += 1
        outcome = self.answers.pop(0) if self.answers else Sent()
        if outcome is None:
            raise Unreachable("ConnectionRefusedError")
        if isinstance(outcome, Sent):
            self.mails.append(message)
        return cast("Outcome", outcome)

    async def rest(self) -> None:
        """Nothing more to send for now."""
        self.rests += 1
