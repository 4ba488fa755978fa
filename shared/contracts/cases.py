"""Facts about cases 审核案件: an application under review in one jurisdiction."""

from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.area import Area
from shared.contracts.chambers import Chamber, Evidence
from shared.contracts.event import Event, Instant, Part
from shared.contracts.extensions import extensions_of
from shared.contracts.scores import Score
from shared.contracts.text import Text


class CaseEvent(Event):
    """What every fact about a case says. `area` is the chamber's; `jurisdiction` is where the case is reviewed."""

    model_config = ConfigDict(extra="allow")

    source: ClassVar[str] = "review"

    case: str
    """Id of the case: `<application>@<jurisdiction>`."""
    application: str
    """Id of the application."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """The federation's area in whose review the case is: a province, or `CN`."""
    chamber: Chamber
    """The chamber."""
    revision: int | None = Field(default=None, ge=1)
    """The newest revision of the application that the case knew."""
    sequence: int | None = Field(default=None, ge=1)
    """Which scoring of the application it rests on; what rests on a later one supersedes it, whatever clocks say."""

    @model_validator(mode="after")
    def _keep_only_extensions(self) -> Self:
        unknown = self.__pydantic_extra__
        if unknown:
            own = extensions_of(unknown, self.area)
            unknown.clear()
            unknown.update(own)
        return self

    @property
    def extensions(self) -> dict[str, Any]:
        """The province's own fields, as they came."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def subject(self) -> str:
        """The case's id."""
        return self.case


class CaseOpened(CaseEvent):
    """A jurisdiction took an application under review."""

    name: ClassVar[str] = "case.opened"

    procedure: str
    """Id of the procedure it follows."""
    stage: str
    """Id of its first stage."""
    stage_title: Text
    """… in words."""


class CaseAdvanced(CaseEvent):
    """A case passed a stage and entered the next."""

    name: ClassVar[str] = "case.advanced"

    passed: str
    """Id of the stage it passed."""
    stage: str
    """Id of the stage it is in now."""
    stage_title: Text
    """… in words."""


class ReturnedItem(Part):
    """One item to correct."""

    item: str
    """Code of the rubric item."""
    reason: Text
    """What is wrong, and what is expected."""


class CaseReturned(CaseEvent):
    """A case was sent back to the applicant for correction 退回补正, item by item."""

    name: ClassVar[str] = "case.returned"

    items: tuple[ReturnedItem, ...] = Field(min_length=1)
    """What to correct."""
    deadline: Instant
    """Until when; after it the case is declined."""


class CaseDeclined(CaseEvent):
    """A case ended without the honour: at a gate, by an officer, outside the quota, not elected, or overdue."""

    name: ClassVar[str] = "case.declined"

    stage: str
    """Id of the stage it ended in."""
    code: str
    """Why, for programs: `gate`, `officer`, `late`, `quota`, `overdue`, `vote`, `objection` …"""
    reason: Text
    """Why, for people, with the figures."""
    remedy: Text
    """What the chamber can do now."""


class CaseWithdrawn(CaseEvent):
    """A case ended because its application was withdrawn."""

    name: ClassVar[str] = "case.withdrawn"


class CaseNominated(CaseEvent):
    """A province recommends a case to the centre 推荐上报, ranked within its quota."""

    name: ClassVar[str] = "case.nominated"

    rank: int = Field(ge=1)
    """Its place on the province's list."""
    quota: int = Field(ge=1)
    """How many the province may nominate."""
    score: Score
    """The score on which it was ranked."""
    evidence: tuple[Evidence, ...] = ()
    """The manifest of its files."""
    opinion: dict[str, Decimal] | None = None
    """What the province itself would give judged items 省级初评, if it said so. It earns no points; an expert far off
    says why."""


class ExpertMark(Part):
    """How one judged item was settled from the experts' marks."""

    item: str
    """Code of the rubric item."""
    points: Decimal
    """The settled mark."""
    of: Decimal
    """Points possible."""
    marks: int = Field(ge=1)
    """How many experts marked it."""
    dropped: int = Field(ge=0)
    """How many marks the trimmed mean left out."""
    lowest: Decimal
    """Lowest mark given, before any was normalised."""
    highest: Decimal
    """Highest mark given, before any was normalised."""


class MarksSettled(CaseEvent):
    """All assigned experts have marked a case; its judged items have their points."""

    name: ClassVar[str] = "marks.settled"

    revision: int = Field(ge=1)
    """The revision of the application that was marked."""
    marks: tuple[ExpertMark, ...]
    """One per judged item."""
    cohort: str | None = None
    """The cohort by which the marks were normalised; None where the procedure does not ask for it."""
    normalised: Text | None = None
    """Of such marks: whose were normalised, and whose were not and why."""


class CohortFrozen(Event):
    """The marking of a round was closed 评分截止, and by what its marks are normalised is frozen."""

    name: ClassVar[str] = "cohort.frozen"
    source: ClassVar[str] = "review"

    cohort: str
    """Its id: `<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    cases: tuple[str, ...] = Field(min_length=1)
    """Its cases, by id."""
    min_cases: int = Field(ge=2)
    """Cases an expert must have marked for their marks to be normalised."""
    experts: int = Field(ge=1)
    """How many experts marked these cases."""
    normalised: int = Field(ge=0)
    """How many of them have their marks normalised."""
    mean: Decimal | None = None
    """Their mean share of what is possible, 0 to 1; None if nobody is normalised."""
    deviation: Decimal | None = None
    """Standard deviation of these shares."""

    @property
    def subject(self) -> str:
        """The cohort's id."""
        return self.cohort


class Tally(Part):
    """The vote on one case: the proof that it was taken by a quorum and a majority."""

    members: int = Field(ge=1)
    """All members of the committee."""
    present: int = Field(ge=0)
    """Members present and not recused for this case."""
    recused: int = Field(ge=0)
    """Members recused for this case."""
    quorum: int = Field(ge=1)
    """Members who must be present."""
    yes: int = Field(ge=0)
    """Votes in favour."""
    no: int = Field(ge=0)
    """Votes against."""
    abstain: int = Field(ge=0)
    """Abstentions."""
    majority: int = Field(ge=1)
    """Votes in favour that are needed."""


class PanelResult(Part):
    """What the committee decided on one case."""

    case: str
    """Id of the case."""
    outcome: Literal["elected", "not_elected"]
    """入选 or 未入选."""
    points: Decimal
    """Final points."""
    tally: Tally
    """The vote."""

    @model_validator(mode="after")
    def _is_what_the_vote_says(self) -> Self:
        tally = self.tally
        if tally.present < tally.quorum:
            raise ValueError("未达法定人数，不能作出决定 / without a quorum nothing is decided")
        if tally.yes + tally.no + tally.abstain != tally.present:
            raise ValueError("票数与到会人数不符 / the votes are not as many as those present")
        if (self.outcome == "elected") != (tally.yes >= tally.majority):
            raise ValueError("结果与票数不符 / the outcome is not what the votes say")
        return self


class PanelDecided(Event):
    """A committee of experts has voted 综合认定; every result carries its proof of quorum."""

    name: ClassVar[str] = "panel.decided"
    source: ClassVar[str] = "review"

    panel: str
    """Id of the panel."""
    round: str
    """Code of the round."""
    results: tuple[PanelResult, ...]
    """One per case."""

    @property
    def subject(self) -> str:
        """The panel's id."""
        return self.panel


class Departure(Part):
    """A case in which the leaders departed from the committee's list."""

    case: str
    """Id of the case."""
    reason: Text
    """Why it was not approved."""


class LeadershipDecided(Event):
    """The leaders' meeting has decided on the committee's list 主席办公会议审议."""

    name: ClassVar[str] = "leadership.decided"
    source: ClassVar[str] = "review"

    decision: str
    """Its id: `<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    document: str
    """Number of the meeting's document."""
    held: Instant
    """When the meeting was held."""
    approved: tuple[str, ...]
    """Cases that it approved, by id."""
    departures: tuple[Departure, ...]
    """Cases that the committee had elected and it did not approve, each with its reason."""

    @property
    def subject(self) -> str:
        """The decision's id."""
        return self.decision


class ShortlistEntry(Part):
    """One place on a ranked list."""

    case: str
    """Id of the case."""
    points: Decimal
    """Points at sealing."""
    rank: int = Field(ge=1)
    """Place on the list."""
    nominated: bool
    """Whether it is within the quota."""
    why: Text | None = None
    """Why it stands there, with the figures."""


class ShortlistSealed(Event):
    """A province sealed its ranked list under its quota 把关排序."""

    name: ClassVar[str] = "shortlist.sealed"
    source: ClassVar[str] = "review"

    shortlist: str
    """Id of the list: `<round>@<area>`."""
    round: str
    """Code of the round."""
    quota: int = Field(ge=0)
    """How many it may nominate."""
    entries: tuple[ShortlistEntry, ...]
    """In the order of rank."""

    @property
    def subject(self) -> str:
        """The list's id."""
        return self.shortlist
