"""How a case is shown: to officers whole, to experts only what they need to judge it. One projection per role.

Experts' marks stay hidden from everybody until all are in and settled.
"""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.review.domain.case import (
    Case,
    Correction,
    Decision,
    Ending,
    Nomination,
    Opinion,
    OwnValue,
    Seat,
    Status,
    Visit,
)
from services.review.domain.criteria import OwnScore
from services.review.domain.line import Line
from services.review.domain.normalising import Yardstick
from services.review.domain.own_fields import OwnField
from services.review.domain.reference import Reference, references
from services.review.domain.settling import as_counted
from services.review.domain.spread import Spread, spread
from services.review.domain.stages import OfficersTurn
from shared.contracts.area import Area, Level
from shared.contracts.cases import ExpertMark, Tally
from shared.contracts.chambers import Chamber, ChamberType, Evidence
from shared.contracts.event import Instant
from shared.contracts.scores import Score
from shared.contracts.text import Text
from shared.kernel.history import Break, Entry


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class CaseRow(_View):
    """A case in a list."""

    id: str
    """`<application>@<jurisdiction>`."""
    application: str
    """Id of the application."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Where it is reviewed."""
    chamber: Chamber
    """The chamber."""
    status: Status
    """Where it stands."""
    stage: str
    """Id of its stage."""
    points: Decimal | None
    """Points so far, of 100."""
    pending: Decimal | None
    """Points that experts may still add."""
    doubts: int
    """Gates that an officer has to verify."""
    deadline: Instant | None
    """Until when the stage should be done."""
    overdue: bool
    """Whether that has passed."""
    ready: bool
    """Whether the committee can vote on it."""


class SeatView(_View):
    """An expert's seat."""

    expert: str
    """The expert's id."""
    status: Literal["assigned", "marked", "recused", "released"]
    """Where it stands."""
    marks: dict[str, Decimal] | None
    """Marks per item; null until the marks are settled."""
    counted: dict[str, Decimal] | None
    """The same as they counted: normalised, where the procedure asks for it and the expert has marked enough cases."""
    reasons: dict[str, Text] | None
    """Why a mark is off the computed or the province's value; null until the marks are settled."""


class StageView(_View):
    """A stage of the case's procedure."""

    id: str
    """Its id."""
    kind: str
    """Its kind."""
    title: Text
    """Its title."""
    here: bool
    """Whether the case is in it."""
    fields: tuple[OwnField, ...]
    """Fields of the jurisdiction's own that are filled in when it is passed."""


class OfficerCase(CaseRow):
    """A case as its office sees it."""

    view: Literal["officer"] = "officer"
    procedure: str | None
    """Id of the procedure."""
    stages: tuple[StageView, ...]
    """Its stages."""
    entered: Instant | None
    """Since when it is in its stage."""
    revision: int
    """Revision of the application."""
    score: Score | None
    """The scorecard in brief."""
    evidence: tuple[Evidence, ...]
    """The manifest of its files."""
    gates_checked: Instant | None
    """When its gates were last looked at again."""
    gates_source: str
    """Where they were looked up then."""
    nomination: Nomination | None
    """The province's recommendation."""
    opinion: Opinion | None
    """What the federation itself would give."""
    own: dict[str, OwnValue]
    """Fields of the jurisdiction's own, as they are filled in."""
    own_score: OwnScore | None
    """The points of its own criteria, beside the score and not in it."""
    correction: Correction | None
    """The last return for correction."""
    decisions: tuple[Decision, ...]
    """What officers decided."""
    inspectors: Area | None
    """The federation of another city that was appointed to look at it."""
    visits: tuple[Visit, ...]
    """Reports from the place."""
    references: dict[str, tuple[Reference, ...]]
    """What marks are held against, by item: the computed and the province's value."""
    seats: tuple[SeatView, ...]
    """Its experts."""
    cohort: str
    """The cohort with which the marks settled, where they are normalised."""
    yardstick: Yardstick | None
    """How its experts mark beside the others of the cohort, and whose marks are not normalised and why."""
    settled: tuple[ExpertMark, ...]
    """The experts' marks, settled."""
    spread: tuple[Spread, ...]
    """How far the marks of each item lie apart, and whose are outliers; once they are settled."""
    vote: Tally | None
    """The committee's vote."""
    ending: Ending | None
    """Why it was declined."""
    document: str
    """Number of the document that announced its honour."""


class ExpertChamber(_View):
    """What an expert sees of a chamber."""

    name: str
    """Name."""
    type: ChamberType
    """Type."""
    level: Level
    """Level."""
    area: Area
    """Area."""


class ExpertCase(_View):
    """A case as an expert sees it: what there is to judge, and their own marks."""

    view: Literal["expert"] = "expert"
    id: str
    """Id of the case."""
    round: str
    """Code of the round."""
    chamber: ExpertChamber
    """The chamber."""
    score: Score | None
    """The scorecard in brief."""
    evidence: tuple[Evidence, ...]
    """The manifest of its files."""
    judged: dict[str, Decimal]
    """Items to mark, with the points possible."""
    references: dict[str, tuple[Reference, ...]]
    """The computed and the province's value, by item; whoever is far off says why."""
    marks: dict[str, Decimal]
    """Their own marks."""
    reasons: dict[str, Text]
    """Their own reasons."""
    settled: tuple[ExpertMark, ...]
    """The settled marks, once all are in."""


class History(_View):
    """What happened to a document, and whether the record is whole."""

    entries: tuple[Entry, ...]
    """Oldest first, each hashed over the one before."""
    intact: bool
    """Whether every hash holds, up to the present state."""
    broken: Break | None
    """The first place where one does not."""


def row(line: Line) -> CaseRow:
    """A case in a list."""
    return CaseRow.model_validate(
        {
            **line.stored,
            "points": line.score.get("total"),
            "pending": line.score.get("pending"),
            "doubts": len(line.gates("to_be_verified")),
            "ready": line.ready,
        }
    )


def for_officer(case: Case) -> OfficerCase:
    """A case as its office sees it."""
    procedure = case.rules.procedure if case.rules else None
    stages = [
        StageView(
            id=s.id,
            kind=s.kind,
            title=s.title,
            here=s.id == case.stage,
            fields=s.fields if isinstance(s, OfficersTurn) else (),
        )
        for s in (procedure.stages if procedure else ())
        if s.applies_to in ("all", "direct" if case.direct else "nominated")
    ]
    shown = (
        "entered",
        "revision",
        "score",
        "evidence",
        "gates_checked",
        "gates_source",
        "nomination",
        "opinion",
        "own",
        "own_score",
        "correction",
        "decisions",
        "inspectors",
        "visits",
        "cohort",
        "yardstick",
        "settled",
        "vote",
    )
    return OfficerCase.model_validate(
        {
            **_row(case),
            **{name: getattr(case, name) for name in (*shown, "ending", "document")},
            "procedure": procedure.id if procedure else None,
            "stages": stages,
            "references": references(case),
            "seats": [_seat(case, seat) for seat in case.seats],
            "spread": spread(case),
        }
    )


def _seat(case: Case, seat: Seat) -> SeatView:
    """A seat; what was marked there only once it is settled."""
    if not case.settled:
        return SeatView(expert=seat.expert, status=seat.status, marks=None, counted=None, reasons=None)
    scales = {mark.item: mark.of for mark in case.settled}
    counted = as_counted(seat, scales, case.yardstick) if seat.counts else None
    return SeatView(
        expert=seat.expert,
        status=seat.status,
        marks=seat.marks,
        counted=dict(counted) if counted is not None else None,
        reasons=seat.reasons,
    )


def for_expert(case: Case, expert: str) -> ExpertCase:
    """A case as this expert sees it."""
    chamber = case.chamber
    own = next((seat for seat in case.seats if seat.expert == expert), None)
    return ExpertCase(
        id=case.id,
        round=case.round,
        chamber=ExpertChamber(name=chamber.name, type=chamber.type, level=chamber.level, area=chamber.area),
        score=case.score,
        evidence=case.evidence,
        judged=case.judged,
        references=references(case),
        marks=own.marks if own else {},
        reasons=own.reasons if own else {},
        settled=case.settled,
    )


def _row(case: Case) -> dict[str, object]:
    named = ("id", "application", "round", "jurisdiction", "chamber", "status", "stage", "deadline", "overdue", "ready")
    return {
        **{name: getattr(case, name) for name in named},
        "points": case.score.total if case.score else None,
        "pending": case.score.pending if case.score else None,
        "doubts": len(case.doubts),
    }
