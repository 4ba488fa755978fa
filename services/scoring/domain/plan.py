"""An improvement plan 改进方案: from shortfalls to help, followed to the end (the practice of Wuzhou, S:001).

    draw up → report, as often as there is news → re-score, after a new scorecard → close
            → amend, if guide or date change

An officer of the federation draws it up with a guide by name for every item (“指派专人跟踪指导”, “一对一指导跟踪落实”).
The guide's name stays in this document: a plan announces nothing.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import StringConstraints

from services.scoring.domain.standing import ItemStanding
from shared.contracts.chambers import Chamber
from shared.contracts.event import Instant, Sha256
from shared.contracts.text import Text
from shared.kernel.calendar import CHINA
from shared.kernel.command import refused
from shared.kernel.state import State

Status = Literal["open", "closed"]
"""进行中 · 已结案."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
"""A person's name."""


class Report(State):
    """What was done on an item, and the proof."""

    on: date
    """The day it was done."""
    evidence: tuple[Sha256, ...]
    """SHA-256 of the files that prove it."""
    words: str
    """What was done, in words; may be empty if files prove it."""
    at: Instant
    """When it was reported."""


class PlanItem(State):
    """One shortfall, and the help for it."""

    item: str
    """Code of the item or gate."""
    text: Text
    """What it demands."""
    lost: Decimal
    """Points lost when the plan was drawn up; 0 for a gate."""
    then: ItemStanding
    """How it stood when the plan was drawn up."""
    now: ItemStanding | None = None
    """How it stood at the last re-scoring; None before that, or under another rubric version."""
    cause: Text
    """Why it falls short."""
    remedy: Text
    """What is to be done."""
    guide: Name
    """Who helps, by name 指导人."""
    target: date
    """By when."""
    proof: Text
    """The proof that is wanted."""
    reports: tuple[Report, ...] = ()
    """What was reported, in order."""

    @property
    def done(self) -> bool:
        """Whether anything was reported done."""
        return bool(self.reports)


class Rescoring(State):
    """A newer scorecard of the chamber, compared with that of the plan."""

    application: str
    """Id of the application that it is of."""
    rubric: str
    """Its rubric version; only under the plan's own are items compared."""
    digest: Sha256
    """Digest of the scorecard."""
    total: Decimal
    """Points in all."""
    at: Instant
    """When it was compared."""


class Closing(State):
    """The end of a plan."""

    words: str
    """What came of it; why, if something is left undone."""
    at: Instant
    """When."""


class Plan(State):
    """The improvement plan of one chamber, from one scorecard."""

    id: str
    """`<application>.<first twelve digits of the scorecard's digest>`."""
    application: str
    """Id of the application it begins with."""
    round: str
    """Code of its round."""
    rubric: str
    """Rubric version."""
    digest: Sha256
    """Digest of the scorecard it begins with."""
    chamber: Chamber
    """The chamber, as it was then."""
    total: Decimal
    """Points in all then."""
    items: tuple[PlanItem, ...]
    """What is to be improved, in the order given."""
    status: Status = "open"
    """Where it stands."""
    rescored: Rescoring | None = None
    """The last re-scoring."""
    closing: Closing | None = None
    """Its end."""


def plan_id(application: str, digest: str) -> str:
    """The id of the plan that begins with this scorecard."""
    return f"{application}.{digest[:12]}"


def today(now: datetime) -> date:
    """The day of an instant, in China."""
    return now.astimezone(CHINA).date()


def require_to_come(target: date, field: str, now: datetime) -> None:
    """A target date must not have passed.

    Raises:
        Refused: it has.
    """
    if target < today(now):
        raise refused(
            "plan.target-past",
            field,
            rule=(f"期限 {target} 已过。", f"{target} has passed."),
            remedy=("请定今天或以后的日期。", "Name today or a later day."),
        )
