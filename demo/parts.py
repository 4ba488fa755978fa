"""What the scenario is made of: stories and their acts, shortcomings, experts, applications, expected outcomes."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts import Chamber, FactValue, Text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Objection(_Part):
    """What somebody objects, and how it is ruled."""

    text: str
    outcome: Literal["upheld", "dismissed"]
    reason: Text


class Conflict(_Part):
    """A tie between an expert and the chamber."""

    expert: str
    when: Literal["assignment", "marking"]
    """Known when experts are assigned, or found out when the expert marks."""
    kind: str


class ReturnItem(_Part):
    """One item sent back."""

    item: str
    reason: Text


class Acts(_Part):
    """What is done differently about one application."""

    withdraw: Literal["draft", "submitted", "under_review", "nominated"] | None = None
    """When the chamber withdraws."""
    late: bool = False
    """It hands in after the deadline."""
    returns: tuple[ReturnItem, ...] = ()
    """What its officer sends back."""
    correct: dict[str, dict[str, FactValue]] | None = None
    """What the chamber corrects; nothing: it lets the deadline pass."""
    decline: Text | None = None
    """Why its officer declines it."""
    decline_at: Literal["own_level", "shortlist"] = "own_level"
    """Who declines it: the officer of its own level, or the province's."""
    votes: dict[Literal["no", "abstain"], tuple[str, ...]] = {}
    """Members who do not vote in favour."""
    objection: Objection | None = None
    """An objection during the public notice."""
    conflict: Conflict | None = None
    """An expert who has to stand aside."""
    holder: str = ""
    """The name under which it holds the last round's honour, if it does."""
    stays_away: bool = False
    """It is registered and does not apply."""


class Story(_Part):
    """One application that takes a branch of its own."""

    key: str
    name: str
    former_names: tuple[str, ...] = ()
    chamber: dict[str, str]
    tier: Literal["in", "out", "none"]
    lacks: tuple[str, ...] | None = None
    figures: dict[str, tuple[int, ...]] = {}
    facts: dict[str, dict[str, FactValue]] = {}
    acts: Acts = Acts()
    outcome: str
    reason: str = ""
    note: Text


class Loss(_Part):
    """A way to fall short; without facts it lies in the chamber's figures."""

    costs: Decimal
    facts: dict[str, dict[str, FactValue]] = {}


class Expert(_Part):
    """A member of the committee."""

    id: str
    fields: tuple[str, ...]
    area: str
    share: Decimal
    """What it gives of every maximum."""


class Committee(_Part):
    """Who judges."""

    members: tuple[Expert, ...]
    per_case: int
    absent: tuple[str, ...]


class Term(_Part):
    """An honour of the last round, and what becomes of it."""

    code: str
    name: str
    area: str
    level: str
    type: str
    becomes: Literal["superseded", "expired"]


class Expected(_Part):
    """What must come of an application."""

    application: str
    name: str
    outcome: str
    reason: str


class Application(_Part):
    """A row of `applications.csv`: one chamber's own figures and shortcomings, with its story if it has one."""

    chamber: Chamber
    story: Story | None
    figures: dict[str, tuple[int, ...]]
    lacks: tuple[str, ...]

    @property
    def acts(self) -> Acts:
        """What is done differently."""
        return self.story.acts if self.story else Acts()

    @property
    def key(self) -> str:
        """The story's key, empty for one of the many."""
        return self.story.key if self.story else ""
