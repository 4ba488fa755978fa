"""A case as it stands in a list: what lists and exports read of it, without the rest of the document."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from services.review.domain.case import Status
from shared.contracts.area import CENTRE
from shared.contracts.chambers import Chamber
from shared.contracts.scores import GateResult
from shared.contracts.text import Text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LineGate(_Part):
    """A gate: which, and how it came out."""

    item: str
    result: GateResult


class LineScore(_Part):
    """The scorecard in figures."""

    total: Decimal
    pending: Decimal
    dimensions: dict[str, Decimal]
    gates: tuple[LineGate, ...]
    rubric: str
    digest: str


class LineStage(_Part):
    """A stage of its procedure."""

    id: str
    kind: str
    title: Text
    look_back_years: int = 0


class LineProcedure(_Part):
    """Its procedure."""

    id: str
    stages: tuple[LineStage, ...]


class LineRules(_Part):
    """What its round lays down."""

    procedure: LineProcedure


class LineRank(_Part):
    """Its place on the province's list."""

    rank: int


class LineEnding(_Part):
    """Why it was declined."""

    reason: Text


class Line(_Part):
    """One case in a list."""

    id: str
    application: str
    round: str
    jurisdiction: str
    chamber: Chamber
    status: Status
    stage: str
    entered: datetime | None
    deadline: datetime | None
    overdue: bool
    revision: int
    document: str
    score: LineScore | None = None
    rules: LineRules | None = None
    nomination: LineRank | None = None
    ending: LineEnding | None = None

    @property
    def current(self) -> LineStage | None:
        """Its stage; the last one once it has ended."""
        stages = self.rules.procedure.stages if self.rules else ()
        return next((stage for stage in stages if stage.id == self.stage), None)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Gates that an officer has yet to verify."""
        return self._gates("to_be_verified")

    @property
    def failed_gates(self) -> tuple[str, ...]:
        """Gates that exclude it."""
        return self._gates("not_met")

    @property
    def ready(self) -> bool:
        """Whether the committee can vote on it: before the panel, with every point known."""
        stage = self.current
        before = self.status == "open" and stage is not None and stage.kind == "expert_panel"
        return before and self.score is not None and self.score.pending == 0

    @property
    def look_back_years(self) -> int:
        """Years during which an expert's tie that has ended still counts."""
        stages = self.rules.procedure.stages if self.rules else ()
        return max((stage.look_back_years for stage in stages), default=0)

    def _gates(self, result: GateResult) -> tuple[str, ...]:
        return tuple(gate.item for gate in self.score.gates if gate.result == result) if self.score else ()


FIELDS = (
    *("id", "application", "round", "jurisdiction", "chamber", "status", "stage", "entered", "deadline", "overdue"),
    *("revision", "nomination.rank", "ending.reason", "document", "rules.procedure.id"),
    *(f"rules.procedure.stages.{name}" for name in ("id", "kind", "title", "look_back_years")),
    *(f"score.{name}" for name in ("total", "pending", "dimensions", "rubric", "digest", "gates.item", "gates.result")),
)
"""What is read of a case, as stored."""


def where_to_go_on(line: Line) -> str:
    """What continues a list after this case: lists are in the order of areas, within an area of ids."""
    return f"{line.chamber.area}/{line.id}"


def place_of(after: str) -> tuple[str, str]:
    """Area and id, as `where_to_go_on` wrote them; a bare area or what nobody wrote is a place in the order, too."""
    area, _, id_ = after.partition("/")
    return area or CENTRE, id_
