"""An objection 异议 to a candidate on public notice, what was heard about it, and how it was ruled on.

What an objector wrote, who they are, and what was said at a hearing stays with the office; it is in no event.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor

Heard = Literal["objector", "chamber", "expert", "federation"]
"""Who may be heard: 异议人、商会、专家、推荐的工商联."""


class Ruling(BaseModel):
    """The office's answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    outcome: Literal["upheld", "dismissed"]
    """成立 or 不成立."""
    reason: Text
    """Why; public."""
    by: Actor
    """Who ruled."""
    at: Instant
    """When."""


class Hearing(BaseModel):
    """A hearing on an objection 听证: who was heard is public as roles; what was said stays with the office."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    held: Instant
    """When."""
    heard: tuple[Heard, ...]
    """Who was heard."""
    record: str
    """What was said; for the office only."""
    by: Actor
    """Who entered it."""


class Looked(BaseModel):
    """Somebody of the office has seen who objected."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    by: Actor
    """Who."""
    at: Instant
    """When."""
    reason: str
    """Why."""


class Objection(BaseModel):
    """One objection."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    number: int
    """Its number on this notice."""
    case: str
    """The candidate objected to."""
    text: str
    """What was said; for the office only."""
    name: str | None = None
    """Who objected, if they said; for the deciding office only, and on record."""
    contact: str | None
    """How to reach them, if they said; likewise."""
    withheld: bool = True
    """Whether the chamber concerned must not learn who objected. The public never does."""
    looks: tuple[Looked, ...] = ()
    """Who has seen who objected."""
    at: Instant
    """When it was filed."""
    rule_by: Instant
    """Until when the office has to rule."""
    hearing: Hearing | None = None
    """The hearing, if there was one."""
    ruling: Ruling | None = None
    """The answer."""

    @property
    def anonymous(self) -> bool:
        """Whether there is nothing to tell who objected."""
        return self.name is None and self.contact is None
