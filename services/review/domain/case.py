"""A case 审核案件: an application under review in one jurisdiction, moving through the stages of a procedure.

    awaited ──► open ◄──► returned
                 ├──► declined
                 ├──► nominated   in a province
                 └──► honoured    where the honour is granted

Awaited is a case of which only half is known, a scorecard or a nomination. Any but an honoured one can be withdrawn.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.criteria import OwnScore, own_score
from services.review.domain.normalising import Yardstick
from services.review.domain.own_fields import Kept
from services.review.domain.stages import ExpertPanel, Stage
from services.review.domain.terms import Rules
from shared.contracts.area import CENTRE, Area
from shared.contracts.cases import CaseNominated, ExpertMark, ReturnedItem, Tally
from shared.contracts.chambers import Chamber, Evidence
from shared.contracts.event import Instant, Sha256
from shared.contracts.scores import Gate, Score
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.state import State

Status = Literal["awaited", "open", "returned", "nominated", "declined", "withdrawn", "honoured"]

STATUS_WORDS: dict[Status, tuple[str, str]] = {
    "awaited": ("待收齐", "awaited"),
    "open": ("审核中", "under review"),
    "returned": ("退回补正中", "returned for correction"),
    "nominated": ("已推荐上报", "nominated"),
    "declined": ("未通过", "declined"),
    "withdrawn": ("已撤回", "withdrawn"),
    "honoured": ("已授予称号", "honoured"),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Nomination(_Part):
    """A province's recommendation: made here, or heard at the centre."""

    rank: int
    """Place on the province's list."""
    quota: int
    """How many it may nominate."""
    points: Decimal
    """Points on which it was ranked."""
    digest: Sha256
    """Digest of the scorecard on which it was ranked."""
    opinion: dict[str, Decimal] = {}
    """The province's own marks of judged items."""

    @classmethod
    def of(cls, event: CaseNominated) -> "Nomination":
        """As it was announced."""
        return cls(
            rank=event.rank,
            quota=event.quota,
            points=event.score.total,
            digest=event.score.digest,
            opinion=event.opinion or {},
        )


class Opinion(_Part):
    """What the federation itself would give 省级初评; it earns no points."""

    marks: dict[str, Decimal]
    """Per judged item."""
    by: Actor
    """Who entered it."""
    at: Instant
    """When."""


class Correction(_Part):
    """A return to the chamber, item by item."""

    stage: str
    """The stage that sent it back, and takes it up again."""
    items: tuple[ReturnedItem, ...]
    """What to correct."""
    revision: int
    """The revision that was sent back; a higher one is the correction."""
    deadline: Instant
    """Until when the chamber may hand in the correction."""
    closes: Instant
    """From when on none is waited for: the deadline and the allowance for messages under way."""


class Decision(_Part):
    """What an officer decided, and for whom."""

    stage: str
    """In which stage."""
    outcome: Literal["pass", "return", "decline"]
    """What."""
    by: Actor
    """Who."""
    on_behalf: bool
    """Whether a covering federation acted in place of the one whose turn it was."""
    at: Instant
    """When."""
    revision: int
    """The revision of the application it was decided on."""
    reason: Text | None = None
    """Why, or a note."""


class OwnValue(_Part):
    """What an officer filled in, in a field of the province's own."""

    value: Kept
    """What."""
    stage: str
    """In which stage."""
    by: Actor
    """Who."""
    at: Instant
    """When."""


class Finding(_Part):
    """What visitors found on one item."""

    item: str
    """Code of the item or gate."""
    agrees: bool
    """Whether it is as it was handed in."""
    text: Text
    """What they found."""


class Visit(_Part):
    """A report from the place. Who went stays in this document."""

    stage: str
    """In which stage."""
    at: Instant
    """When they were there."""
    visitors: tuple[str, ...]
    """Who went, by name."""
    findings: tuple[Finding, ...]
    """What they found."""
    photos: tuple[Sha256, ...]
    """Hashes of the photos, which the federation keeps."""
    reported: Instant
    """When the report came in; it may have been written where there was no network."""
    by: Actor
    """Who sent it."""


class Seat(_Part):
    """An expert's seat at a case. Marks of a recused expert are kept and not counted."""

    expert: str
    """The expert's id."""
    status: Literal["assigned", "marked", "recused", "released"]
    """Where it stands."""
    marks: dict[str, Decimal] = {}
    """Marks per judged item."""
    reasons: dict[str, Text] = {}
    """Why a mark is off the computed or the province's value, per item."""

    @property
    def counts(self) -> bool:
        """Whether this expert's marks are waited for."""
        return self.status in ("assigned", "marked")


class Ending(_Part):
    """Why a case was declined."""

    code: str
    """For programs: `gate`, `gate_turned`, `officer`, `overdue`, `quota`, `vote`, `leadership`, `objection`,
    `merged`."""
    stage: str
    """In which stage."""
    reason: Text
    """For people, with the figures."""
    remedy: Text
    """What the chamber can do now."""


class Case(State):
    """One application in one jurisdiction."""

    id: str
    """`<application>@<jurisdiction>`."""
    application: str
    """Id of the application."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """The area whose federation reviews it here."""
    chamber: Chamber
    """The chamber, as of the newest scorecard."""
    status: Status = "awaited"
    """Where it stands."""
    rules: Rules | None = None
    """What its round lays down; None until it opens."""
    stage: str = ""
    """Id of its stage; the last one once it has ended."""
    entered: Instant | None = None
    """Since when it is in that stage."""
    deadline: Instant | None = None
    """Until when the stage should be done."""
    overdue: bool = False
    """Whether that has passed."""

    score: Score | None = None
    """The newest scorecard in brief."""
    sequence: int = 0
    """Which scoring that was; a higher one counts more."""
    revision: int = 0
    """Which revision of the application was scored."""
    evidence: tuple[Evidence, ...] = ()
    """The manifest of its files."""

    gates_checked: Instant | None = None
    """When its gates were last looked at again, before a notice or an announcement."""
    gates_source: str = ""
    """Where they were looked up then."""

    nomination: Nomination | None = None
    """The province's recommendation."""
    extensions: dict[str, Any] = Field(default_factory=dict)
    """Fields of the province's own that came with its recommendation; carried on and never read."""
    own: dict[str, OwnValue] = Field(default_factory=dict)
    """Fields of this jurisdiction's own, by name."""
    correction: Correction | None = None
    """The last return for correction."""
    decisions: tuple[Decision, ...] = ()
    """What officers decided, oldest first."""
    inspectors: Area | None = None
    """The federation of another city that the province has appointed to look at it."""
    visits: tuple[Visit, ...] = ()
    """Reports from the place, oldest first."""
    opinion: Opinion | None = None
    """The federation's own marks of judged items."""
    seats: tuple[Seat, ...] = ()
    """Its experts."""
    cohort: str = ""
    """The cohort with which its marks settled, where they are normalised."""
    yardstick: Yardstick | None = None
    """How its experts mark beside the others of that cohort."""
    settled: tuple[ExpertMark, ...] = ()
    """The experts' marks, settled."""
    vote: Tally | None = None
    """The committee's vote."""
    ending: Ending | None = None
    """Why it was declined."""
    document: str = ""
    """Number of the document that announced its honour."""

    def due(self) -> datetime | None:
        """When a correction is given up, or the stage becomes overdue."""
        if self.status == "returned" and self.correction:
            return self.correction.closes
        if self.status == "open" and not self.overdue:
            return self.deadline
        return None

    @property
    def direct(self) -> bool:
        """Whether it came straight from the chamber, not through a province's nomination."""
        return self.jurisdiction != CENTRE or self.chamber.level == "national"

    @property
    def complete(self) -> bool:
        """Whether all is known that opens it."""
        return self.score is not None and (self.direct or self.nomination is not None)

    @property
    def current(self) -> Stage | None:
        """Its stage, while it is open."""
        return self.rules.procedure.stage(self.stage) if self.rules and self.status == "open" else None

    @property
    def failed_gates(self) -> tuple[Gate, ...]:
        """Gates that exclude it."""
        return tuple(gate for gate in self.score.gates if gate.result == "not_met") if self.score else ()

    @property
    def doubts(self) -> tuple[Gate, ...]:
        """Gates that an officer has yet to verify."""
        return tuple(gate for gate in self.score.gates if gate.result == "to_be_verified") if self.score else ()

    @property
    def known_items(self) -> frozenset[str]:
        """Items and gates of the scorecard."""
        return (
            frozenset(i.item for i in self.score.items) | {g.item for g in self.score.gates}
            if self.score
            else frozenset()
        )

    @property
    def own_score(self) -> OwnScore | None:
        """The points of the jurisdiction's own criteria, as of what is filled in now; None where it has none."""
        procedure = self.rules.procedure if self.rules else None
        if procedure is None or not procedure.criteria or self.score is None:
            return None
        values = {name: own.value for name, own in self.own.items()}
        return own_score(procedure.id, procedure.criteria, procedure.fields, values, self.score.digest)

    @property
    def look_back_years(self) -> int:
        """Years during which an expert's tie that has ended still counts."""
        stages = self.rules.procedure.stages if self.rules else ()
        return max((stage.look_back_years for stage in stages if isinstance(stage, ExpertPanel)), default=0)

    @property
    def judged(self) -> dict[str, Decimal]:
        """Items that experts have to mark, with the scale of their marks."""
        items = self.score.items if self.score else ()
        return {item.item: item.mark_of for item in items if item.outcome == "pending" and item.mark_of is not None}

    @property
    def ready(self) -> bool:
        """Whether the committee can vote on it: before the panel, with every point known."""
        stage = self.current
        return stage is not None and stage.kind == "expert_panel" and self.score is not None and self.score.pending == 0


def case_id(application: str, jurisdiction: str) -> str:
    """The id of the case about an application in a jurisdiction."""
    return f"{application}@{jurisdiction}"


def jurisdiction_of(case: str) -> str:
    """The jurisdiction a case id names."""
    return case.rpartition("@")[2]
