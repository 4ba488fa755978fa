"""A path to a goal, as people read it: the gates, the steps, and where the scorer puts the chamber with them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.scoring.domain.effort import Doer
from services.scoring.domain.fields import Value
from shared.contracts.scores import GateResult
from shared.contracts.text import Text

Points = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=2)]
"""Points as a scorecard shows them."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Goal(_Part):
    """What is to be reached, in points as a scorecard shows them."""

    total: Points = Decimal(0)
    """In all."""
    dimensions: Mapping[str, Points] = Field(default_factory=dict, max_length=26)
    """Per dimension, by code: `{"A": 20}`."""


class Totals(_Part):
    """What the scorer says, in short."""

    total: Decimal
    """Points in all, without what experts may still add."""
    dimensions: dict[str, Decimal]
    """Points per dimension."""
    admitted: bool
    """Whether every gate is met or does not apply."""


class OpenGate(_Part):
    """A gate that keeps the chamber out, or is still to be verified."""

    item: str
    """Its code."""
    text: Text
    """What it demands."""
    result: GateResult
    """How it stands."""
    reason: Text
    """Why."""
    remedy: Text
    """What is to be done."""
    by_step: bool
    """Whether a step of this path meets it."""


class Gain(_Part):
    """What one item would gain, by its own facts."""

    item: str
    """Code of the item."""
    text: Text
    """What it demands."""
    gain: Decimal
    """Points that the total gains if this alone is done; steps of one clause may share a limit."""
    effort: int
    """1 easy … 5 hard: our default."""
    by: Doer
    """Who can do it."""
    cause: Text
    """Why it falls short."""
    remedy: Text
    """What is to be done."""
    facts: dict[str, Value]
    """The facts that would differ, as they would have to be."""


class NotCounted(_Part):
    """An item with open points on which nothing is built."""

    item: str
    """Code of the item."""
    why: Text
    """Why."""


class Gains(_Part):
    """What every item could gain, and what is not counted on."""

    items: tuple[Gain, ...]
    """Costliest shortfall first."""
    not_counted: tuple[NotCounted, ...]
    """What only experts give, what has happened, what must be settled elsewhere first."""


class Path(_Part):
    """The cheapest way to a goal."""

    rubric: str
    """Rubric version."""
    digest: str
    """Digest of the scorecard it starts from."""
    goal: Goal
    """What is to be reached."""
    gates: tuple[OpenGate, ...]
    """First of all: no points help while one of these excludes."""
    steps: tuple[Gain, ...]
    """What to bring to full marks, in the order of the text; none if facts alone cannot reach the goal."""
    effort: int
    """The sum of the steps' efforts; no other choice reaches the goal for less."""
    before: Totals
    """Where the chamber stands."""
    after: Totals
    """Where the scorer puts it with these steps."""
    best: Totals
    """Where the scorer puts it with everything facts can do."""
    reached: bool
    """Whether the goal is reached after these steps, the gates apart."""
    not_counted: tuple[NotCounted, ...]
    """What is not built on."""


def reaches(totals: Totals, goal: Goal) -> bool:
    """Whether the points are enough, in all and in every dimension."""
    return totals.total >= goal.total and all(
        totals.dimensions[code] >= points for code, points in goal.dimensions.items()
    )
