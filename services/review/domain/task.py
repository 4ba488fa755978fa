"""What the cases before the experts ask of an assignment, as they stand."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.case import Case
from services.review.domain.demand import Demand, Limits, Reviewer, Task
from services.review.domain.expert import Expert
from services.review.domain.stages import ExpertPanel


class Wishes(BaseModel):
    """What the office asks of an assignment."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    seed: str = Field(min_length=1, max_length=1000)
    """What decides between equals: that of a draw, so that nobody chose it for this."""
    capacity: int = Field(ge=1, le=2000)
    """How many cases an expert takes, those they have already counted in."""
    capacities: dict[str, Annotated[int, Field(ge=0, le=2000)]] = Field(default={}, max_length=2000)
    """The same, for single experts."""
    needs: dict[str, Annotated[int, Field(ge=1, le=25)]] = Field(default={}, max_length=20)
    """Of a field, how many in each case must know it; each of these seats has an expert of its own."""
    elsewhere: bool = True
    """Whether an expert must come from another province than the chamber. Our default."""
    waived: tuple[str, ...] = Field(default=(), max_length=5000)
    """Cases in which they need not."""
    experts: tuple[str, ...] | None = Field(default=None, max_length=2000)
    """Who is asked, those drawn, say; left out: everybody in the pool."""


def waiting(cases: Iterable[Case]) -> list[Case]:
    """The cases whose marks are still to be given."""
    return [case for case in cases if case.judged and not case.settled]


def task_of(
    cases: Iterable[Case], experts: Iterable[Expert], stage: ExpertPanel, wishes: Wishes, now: datetime
) -> Task:
    """The task: seats that are still empty, experts who may be invited, with what they have already."""
    rows = waiting(cases)
    pool = {expert.id: expert for expert in experts}
    loads = Counter(seat.expert for case in rows for seat in case.seats if seat.counts)
    return Task(
        demands=tuple(_demand(case, pool, stage, wishes.needs) for case in rows),
        reviewers=tuple(
            Reviewer(
                id=expert.id,
                fields=frozenset(expert.fields),
                area=expert.area,
                ties=expert.ties,
                capacity=wishes.capacities.get(expert.id, wishes.capacity),
                load=loads[expert.id],
            )
            for expert in pool.values()
            if expert.active and (wishes.experts is None or expert.id in wishes.experts)
        ),
        limits=Limits(
            look_back_years=stage.look_back_years, elsewhere=wishes.elsewhere, waived=frozenset(wishes.waived)
        ),
        seed=wishes.seed,
        at=now,
    )


def _demand(case: Case, pool: Mapping[str, Expert], stage: ExpertPanel, needs: Mapping[str, int]) -> Demand:
    """The seats of a case that are empty."""
    here = [seat.expert for seat in case.seats if seat.counts]
    left = _left(needs, [pool[expert].fields for expert in here if expert in pool])
    return Demand(
        case=case.id,
        chamber=case.chamber.code,
        area=case.chamber.area,
        seats=max(stage.experts - len(here), 0),
        needs=left,
        barred=frozenset(seat.expert for seat in case.seats if seat.status != "released"),
    )


def _left(needs: Mapping[str, int], known: Sequence[Sequence[str]]) -> dict[str, int]:
    """The needs that the experts who sit there do not meet, each of them at most one: as few as can be."""
    open_ = [field for field, least in sorted(needs.items()) for _ in range(least)]
    met: dict[int, int] = {}
    for expert in range(len(known)):
        _meet(expert, open_, known, met, set())
    return dict(Counter(field for need, field in enumerate(open_) if need not in met))


def _meet(
    expert: int, needs: Sequence[str], known: Sequence[Sequence[str]], met: dict[int, int], tried: set[int]
) -> bool:
    """Have an expert meet a need; whoever met it before meets another, if they can."""
    for need, field in enumerate(needs):
        if field in known[expert] and need not in tried:
            tried.add(need)
            if need not in met or _meet(met[need], needs, known, met, tried):
                met[need] = expert
                return True
    return False
