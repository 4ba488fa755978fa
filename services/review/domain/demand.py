"""What an assignment of experts has to reckon with: cases that want experts, experts who have time, and the rules."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from services.review.domain.recusal import Tie, must_stand_aside
from shared.contracts.area import Area, province_of
from shared.contracts.event import CreditCode, Instant, Sha256
from shared.kernel.canonical import digest

Names = Annotated[frozenset[str], PlainSerializer(sorted, return_type=list[str])]
"""A set of names, written in their order."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Demand(_Part):
    """A case that wants experts."""

    case: str
    """Id of the case."""
    chamber: CreditCode
    """Credit code of the chamber."""
    area: Area
    """Where the chamber is."""
    seats: int = Field(ge=0)
    """How many experts it wants."""
    needs: dict[str, int] = {}
    """Of a field, how many of them must know it. Each of these seats has an expert of its own."""
    barred: Names = frozenset()
    """Experts who sit there already, or have stood aside."""

    @property
    def wanted(self) -> int:
        """How many experts have to be found; where the fields ask for more than are missing, so many."""
        return max(self.seats, sum(self.needs.values()))


class Reviewer(_Part):
    """An expert who may be asked."""

    id: str
    """Id of the expert."""
    fields: Names
    """What they know."""
    area: Area
    """Where they come from."""
    ties: tuple[Tie, ...] = ()
    """To which chambers they are tied."""
    capacity: int = Field(ge=0)
    """How many cases they may have, those they have already counted in."""
    load: int = Field(default=0, ge=0)
    """How many cases they have already."""


class Limits(_Part):
    """What holds for all cases."""

    look_back_years: int
    """Years during which a tie that has ended still counts."""
    elsewhere: bool = True
    """Whether an expert must come from another province than the chamber; the centre counts as a province. Ours."""
    waived: Names = frozenset()
    """Cases for which they need not."""


class Task(_Part):
    """All that an assignment follows from; in whatever order its parts are given, the answer is the same."""

    demands: tuple[Demand, ...]
    """The cases, each once."""
    reviewers: tuple[Reviewer, ...]
    """The experts, each once."""
    limits: Limits
    """The rules."""
    seed: str
    """What decides between equals."""
    at: Instant
    """As of when ties are looked at."""

    @property
    def digest(self) -> Sha256:
        """SHA-256 over the canonical JSON of all of it, cases and experts by id: the same inputs, the same digest."""
        written = self.model_dump(mode="json")
        written["demands"].sort(key=lambda demand: demand["case"])
        written["reviewers"].sort(key=lambda reviewer: reviewer["id"])
        return digest(written)


class Seated(_Part):
    """An expert's seat in a proposal."""

    expert: str
    """Id of the expert."""
    need: str | None
    """The field they are seated for; None: any."""


class Assignment(_Part):
    """Every seat has an expert."""

    seats: dict[str, tuple[Seated, ...]]
    """By case."""
    loads: dict[str, int]
    """By expert, how many cases they have with it."""
    digest: Sha256
    """SHA-256 over the canonical JSON of `seats`: two proposals are the same if it is."""


def conflicted(reviewer: Reviewer, demand: Demand, task: Task) -> bool:
    """Whether the expert has to stand aside in this case."""
    return must_stand_aside(reviewer.ties, demand.chamber, task.at, task.limits.look_back_years)


def too_near(area: str, demand: Demand, limits: Limits) -> bool:
    """Whether an expert from this area is from the chamber's province, and this matters."""
    if not limits.elsewhere or demand.case in limits.waived:
        return False
    return province_of(area) == province_of(demand.area)
