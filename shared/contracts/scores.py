"""Facts about scores 评分."""

from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.chambers import Chamber, Evidence
from shared.contracts.event import Event, Part, Sha256
from shared.contracts.text import Text

GateResult = Literal["met", "not_met", "not_applicable", "to_be_verified"]
"""通过 · 不通过 · 不适用 · 待核."""
ItemOutcome = Literal["full", "partial", "none", "not_applicable", "pending"]
"""满分 · 部分得分 · 不得分 · 不适用 · 待评."""


class Gate(Part):
    """A condition that admits or excludes, and how it came out."""

    item: str
    """Code of the item, e.g. `D1.c`."""
    result: GateResult
    """How it came out."""
    reason: Text
    """Why, with the facts."""


class ItemScore(Part):
    """The points of one item."""

    item: str
    """Code of the item, e.g. `B2.i`."""
    points: Decimal
    """Points given."""
    of: Decimal
    """Points possible; 0 where the item does not apply."""
    outcome: ItemOutcome
    """In a word."""
    mark_of: Decimal | None = None
    """Where experts judge the item: their mark goes from 0 to this."""
    computed: Decimal | None = None
    """Where part of a judged item is counted from facts and its mark is awaited: what would be in proportion to it."""


class Shortfall(Part):
    """An item below full marks 短板: what it lost, why, and what would cure it."""

    item: str
    """Code of the item."""
    lost: Decimal
    """Points lost."""
    cause: Text
    """Why."""
    remedy: Text
    """What would cure it."""


class IgnoredFact(Part):
    """A declared fact that does not fit the rubric and was left out; it earns nothing until it is corrected."""

    field: str
    """Where: `facts.B2.i.visited`."""
    rule: Text
    """What is expected there."""
    remedy: Text
    """What to do."""


class Score(Part):
    """A scorecard in brief; the full one, down to rule and evidence, stands in the scoring service under its digest."""

    admitted: bool
    """Whether every gate is met or does not apply."""
    total: Decimal
    """Points given so far, out of 100."""
    pending: Decimal
    """Points that judged items may still add; 0 once experts have marked them."""
    dimensions: dict[str, Decimal]
    """Points per dimension: `A` 政治引领, `B` 队伍建设, `C` 服务发展, `D` 自律规范."""
    gates: tuple[Gate, ...]
    """The gates."""
    items: tuple[ItemScore, ...]
    """Every item."""
    shortfalls: tuple[Shortfall, ...]
    """The costliest shortfalls, by lost points; at most ten."""
    rubric: str
    """Id of the rubric version."""
    digest: Sha256
    """Digest of the full scorecard: the same facts under the same rubric give the same digest."""


class RubricPublished(Event):
    """A rubric version is available for rounds."""

    name: ClassVar[str] = "rubric.published"
    source: ClassVar[str] = "scoring"

    rubric: str
    """Its id, e.g. `sihao-2019@1`."""
    title: Text
    """Its name."""
    digest: Sha256
    """SHA-256 of its canonical content."""
    items: int = Field(ge=1)
    """How many items it has."""
    parameters: tuple[str, ...]
    """The names a round has to fill in."""

    @property
    def subject(self) -> str:
        """The rubric's id."""
        return self.rubric


class ApplicationScored(Event):
    """An application was scored: after every submission, and again when experts' marks are settled."""

    name: ClassVar[str] = "application.scored"
    source: ClassVar[str] = "scoring"

    application: str
    """Id of the application."""
    round: str
    """Code of the round."""
    revision: int = Field(ge=1)
    """The revision of the application that was scored."""
    sequence: int = Field(ge=1)
    """Counts the scorings of this application; the highest counts."""
    chamber: Chamber
    """The chamber."""
    evidence: tuple[Evidence, ...] = ()
    """The manifest of its files, for those who review."""
    score: Score
    """The scorecard in brief."""
    ignored: tuple[IgnoredFact, ...] = ()
    """Declared facts that do not fit the rubric."""

    @property
    def subject(self) -> str:
        """The application's id."""
        return self.application
