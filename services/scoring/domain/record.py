"""What scoring keeps: a round's terms, a published rubric, and of every application what its scorecard is made from."""

from decimal import Decimal

from pydantic import Field

from shared.contracts.applications import ApplicationSubmitted
from shared.contracts.area import Area
from shared.contracts.event import Sha256
from shared.contracts.rounds import Round
from shared.contracts.scores import RubricPublished
from shared.kernel.state import State


class Terms(State):
    """The terms of a round: rubric version and parameters."""

    round: Round
    """The round, frozen."""


class Publication(State):
    """A rubric version that was announced."""

    announced: RubricPublished
    """The fact."""


class Record(State):
    """One application, as scored: everything from which its scorecard can be computed again."""

    application: str
    """Its id."""
    area: Area
    """The chamber's area."""
    submission: ApplicationSubmitted | None = None
    """What was handed in last; None if it was withdrawn before it arrived here."""
    marks: dict[str, Decimal] = Field(default_factory=dict)
    """Experts' settled marks by item, for this revision."""
    sequence: int = 0
    """How often it was scored."""
    digest: Sha256 | None = None
    """Digest of the last scorecard."""
    withdrawn: bool = False
    """Whether the chamber took it back."""
