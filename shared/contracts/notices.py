"""Facts about public notices 公示, objections 异议 and rulings 裁定."""

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.chambers import Chamber
from shared.contracts.event import Event, Instant, Part, Sha256
from shared.contracts.text import Text


class Candidate(Part):
    """A chamber on public notice."""

    case: str
    """Id of the case."""
    chamber: Chamber
    """The chamber."""
    points: Decimal
    """Final points."""


class NoticeEvent(Event):
    """What every fact about a notice says."""

    source: ClassVar[str] = "review"

    notice: str
    """Id of the notice."""
    round: str
    """Code of the round."""

    @property
    def subject(self) -> str:
        """The notice's id."""
        return self.notice


class NoticeOpened(NoticeEvent):
    """A list of candidates is on public notice; anyone may object until it closes."""

    name: ClassVar[str] = "notice.opened"

    title: Text
    """Its title."""
    opens: Instant
    """From when."""
    closes: Instant
    """Until when."""
    candidates: tuple[Candidate, ...]
    """Who is on it."""


class NoticeCorrected(NoticeEvent):
    """A notice was corrected while it was open; this version takes the place of the one before."""

    name: ClassVar[str] = "notice.corrected"

    number: int = Field(ge=2)
    """Which version this is; 1 is what was opened."""
    title: Text
    """Its title."""
    opens: Instant
    """From when."""
    closes: Instant
    """Until when."""
    candidates: tuple[Candidate, ...]
    """Who is on it."""
    reason: Text
    """Why it was corrected."""
    at: Instant
    """When it was published."""


class ObjectionFiled(NoticeEvent):
    """Someone objected. Who did is protected and never leaves the review service."""

    name: ClassVar[str] = "objection.filed"

    number: int = Field(ge=1)
    """Its number on this notice."""
    case: str
    """The candidate objected to."""
    chamber: Chamber
    """The candidate's chamber."""
    at: Instant
    """When it was filed."""


class ObjectionRuled(NoticeEvent):
    """An objection was ruled on, with reasons."""

    name: ClassVar[str] = "objection.ruled"

    number: int = Field(ge=1)
    """Its number on this notice."""
    case: str
    """The candidate objected to."""
    chamber: Chamber
    """The candidate's chamber."""
    outcome: Literal["upheld", "dismissed"]
    """成立 or 不成立."""
    reason: Text
    """Why."""


class NoticeClosed(NoticeEvent):
    """The window has passed and every objection is ruled on."""

    name: ClassVar[str] = "notice.closed"

    cleared: tuple[str, ...]
    """Cases against which nothing stands."""
    excluded: tuple[str, ...]
    """Cases excluded by an upheld objection."""
    objections: int = Field(ge=0)
    """How many objections were filed."""


class Decisions(Part):
    """Everything that was decided, in one hash: the root of a Merkle tree over all cases (RFC 6962 §2.1)."""

    root: Sha256
    """The root."""
    size: int = Field(ge=1)
    """How many cases it stands for."""


class DistinctionEntry(Part):
    """A chamber in the ranking of a distinction."""

    case: str
    """Id of the case."""
    points: Decimal
    """Final points."""
    rank: int = Field(ge=1)
    """Its place."""
    distinguished: bool
    """Whether it bears the distinction."""
    why: Text
    """Why it stands there, with the figures."""


class Distinction(Part):
    """A further honour for the best of those announced, such as 十佳, with its whole ranking."""

    line: str
    """Its honour line, e.g. `xiamen-sihao-top10`."""
    title: Text
    """What it is called."""
    quota: int = Field(ge=0)
    """How many could bear it."""
    entries: tuple[DistinctionEntry, ...]
    """In the order of rank."""


class AnnouncementMade(Event):
    """The result of a round is announced 通报, with the number of its document."""

    name: ClassVar[str] = "announcement.made"
    source: ClassVar[str] = "review"

    announcement: str
    """Id of the announcement."""
    round: str
    """Code of the round."""
    document: str
    """Number of the official document."""
    title: Text
    """Its title."""
    cases: tuple[str, ...]
    """Cases that are granted the honour."""
    decisions: Decisions | None = None
    """What every case of the round came to here, for anyone to check their own against; absent before there was one."""
    distinction: Distinction | None = None
    """The best of them, if the procedure distinguishes any."""

    @property
    def subject(self) -> str:
        """The announcement's id."""
        return self.announcement
