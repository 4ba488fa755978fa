"""The announcement 通报: the list that is granted the honour, with the number of its document (S:004)."""

from datetime import datetime

from pydantic import Field

from services.review.domain.distinction import Ranked
from shared.contracts.area import Area
from shared.contracts.event import Instant
from shared.contracts.notices import AnnouncementMade, Decisions
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.change import Change
from shared.kernel.command import Command, exists, refused
from shared.kernel.state import State


class Announced(State):
    """An announcement, as it was made."""

    id: str
    """`<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Who announced."""
    document: str
    """Number of the document."""
    title: Text
    """Its title."""
    cases: tuple[str, ...]
    """Cases that are granted the honour."""
    decisions: Decisions | None = None
    """The list of what every case came to, as it was frozen; None for one made before there were such lists."""
    distinction: Ranked | None = None
    """Who of them is distinguished, if the procedure distinguishes any."""
    at: Instant
    """When."""
    by: Actor
    """Who entered it."""


class Announce(Command):
    """Announce the result."""

    id: str
    round: str
    jurisdiction: Area
    document: str = Field(min_length=1, max_length=100)
    title: Text
    asked: tuple[str, ...] | None = None
    """The cases that were named; None for all that are cleared."""
    cases: tuple[str, ...] = Field(exclude=True)
    decisions: Decisions | None = Field(default=None, exclude=True)
    distinction: Ranked | None = Field(default=None, exclude=True)


def announce(announced: Announced | None, command: Announce, now: datetime) -> Change[Announced]:
    """Make the announcement; it is made once and does not change."""
    if announced is not None:
        raise exists("announcement", announced.id, "通报", "announcement")
    if not command.cases:
        raise refused(
            "announcement.empty",
            "cases",
            rule=("没有公示无异议的商会可供通报。", "No case has been cleared by a public notice."),
            remedy=("请先完成公示。", "Finish the public notice first."),
        )
    made = Announced(
        id=command.id,
        round=command.round,
        jurisdiction=command.jurisdiction,
        document=command.document,
        title=command.title,
        cases=command.cases,
        decisions=command.decisions,
        distinction=command.distinction,
        at=now,
        by=command.by,
    )
    fact = AnnouncementMade(
        area=made.jurisdiction,
        announcement=made.id,
        round=made.round,
        document=made.document,
        title=made.title,
        cases=made.cases,
        decisions=made.decisions,
        distinction=made.distinction.public() if made.distinction else None,
    )
    return Change(made, (fact,))
