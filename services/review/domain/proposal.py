"""A proposed assignment 分配方案: kept with all it follows from, so that it can be computed again, and then applied.

What an office does not take over as proposed it changes case by case, with a reason. Before anybody is seated all of it
is looked at again as things stand now: who may be invited, who has to stand aside, who would have too many cases.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.demand import Assignment, Demand, Reviewer, Task, too_near
from services.review.domain.marking import conflict, inactive
from services.review.domain.recusal import Invited, must_stand_aside
from shared.contracts.area import Area
from shared.contracts.event import Instant, Sha256
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, missing, refused
from shared.kernel.problem import Problem, problem
from shared.kernel.state import State

Seats = Mapping[str, tuple[str, ...]]
"""By case, the experts who are to sit there."""


class Applied(BaseModel):
    """When it was applied, and what was changed by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    changes: dict[str, tuple[str, ...]]
    """By case, who was to be seated in place of those proposed."""
    reason: Text | None
    """Why."""
    at: Instant
    """When."""
    by: Actor
    """Who."""


class Proposal(State):
    """A proposal, with what it follows from."""

    id: str
    """`<round>@<jurisdiction>-<first twelve digits of inputs>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose cases."""
    task: Task
    """What was asked, with the seed."""
    inputs: Sha256
    """The digest of the task."""
    assignment: Assignment
    """Who should sit where."""
    proposed: Instant
    """When."""
    by: Actor
    """Who asked for it."""
    applied: tuple[Applied, ...] = ()
    """When experts were seated by it."""


class Propose(Command):
    """Keep a proposal that was computed."""

    id: str
    round: str
    jurisdiction: Area
    task: Task = Field(exclude=True)
    assignment: Assignment = Field(exclude=True)


class Apply(Command):
    """Seat the experts as proposed, but for what is changed."""

    changes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    reason: Text | None = None
    waiting: dict[str, tuple[str, ...]] = Field(exclude=True)
    """The cases whose marks are still to be given, with the experts who sit there."""
    pool: tuple[Invited, ...] = Field(exclude=True)
    """The experts concerned, as they are known now."""


def proposal_id(round_: str, jurisdiction: str, task: Task) -> str:
    """The id of the proposal that follows from a task."""
    return f"{round_}@{jurisdiction}-{task.digest[:12]}"


def propose(known: Proposal | None, command: Propose, now: datetime) -> Change[Proposal] | None:
    """Keep it; None if the same inputs were computed before."""
    if known is not None:
        return None
    kept = Proposal(
        id=command.id,
        round=command.round,
        jurisdiction=command.jurisdiction,
        task=command.task,
        inputs=command.task.digest,
        assignment=command.assignment,
        proposed=now,
        by=command.by,
    )
    return Change(kept)


def to_seat(proposal: Proposal, changes: Seats) -> dict[str, tuple[str, ...]]:
    """By case, whom to seat: as proposed, or as changed; cases in which nobody is to be seated are left out."""
    proposed = {case: tuple(one.expert for one in row) for case, row in proposal.assignment.seats.items()}
    return {case: row for case, row in {**proposed, **changes}.items() if row}


def apply(proposal: Proposal | None, command: Apply, now: datetime) -> Change[Proposal]:
    """Note that it is applied; the edge then seats the experts, case by case.

    Raises:
        Refused: something is changed without a reason; or as things stand now, a case does not wait for experts, an
            expert was not asked, may not be invited, has to stand aside, comes from the chamber's province, or would
            have more cases than they take. Every place is named, and nobody is seated.
    """
    if proposal is None:
        raise missing("proposal", "", "该分配方案", "such proposal")
    if command.changes and command.reason is None:
        raise refused(
            "assignment.reason-missing",
            "reason",
            rule=("改动分配方案须说明理由。", "A change to the proposal needs a reason."),
            remedy=("请填写 reason，或按方案安排。", "Give the reason, or seat as proposed."),
        )
    seats = to_seat(proposal, command.changes)
    problems = [*_misplaced(proposal, seats, command, now), *_overloaded(proposal, seats, command.waiting)]
    if problems:
        raise Refused(*problems)
    applied = Applied(changes=command.changes, reason=command.reason, at=now, by=command.by)
    return Change(proposal.but(applied=(*proposal.applied, applied)))


def _misplaced(proposal: Proposal, seats: Seats, command: Apply, now: datetime) -> Iterator[Problem]:
    """What is against single seats."""
    task = proposal.task
    demands = {demand.case: demand for demand in task.demands}
    asked = {reviewer.id: reviewer for reviewer in task.reviewers}
    pool = {invited.expert: invited for invited in command.pool}
    for case, row in sorted({**seats, **command.changes}.items()):
        demand = demands.get(case)
        if demand is None or case not in command.waiting:
            yield _not_waiting(case)
            continue
        for expert in row:
            if expert not in asked or expert not in pool:
                yield _not_asked(case, expert)
            elif not pool[expert].active:
                yield inactive(expert)
            elif _aside(pool[expert], demand, task, now):
                yield conflict(expert, case)
            elif too_near(asked[expert].area, demand, task.limits):
                yield _from_there(case, expert)


def _aside(invited: Invited, demand: Demand, task: Task, now: datetime) -> bool:
    return must_stand_aside(invited.ties, demand.chamber, now, task.limits.look_back_years)


def _overloaded(proposal: Proposal, seats: Seats, waiting: Seats) -> Iterator[Problem]:
    """Who would have more cases than they take, with those they have by now."""
    more = {(expert, case) for case, row in seats.items() for expert in row}
    has = {(expert, case) for case, row in waiting.items() for expert in row}
    loads = Counter(expert for expert, _ in more | has)
    seated = {expert for expert, _ in more - has}
    for reviewer in sorted(proposal.task.reviewers, key=lambda one: one.id):
        if reviewer.id in seated and loads[reviewer.id] > reviewer.capacity:
            yield _too_many(reviewer, loads[reviewer.id])


def _not_waiting(case: str) -> Problem:
    return problem(
        "cases.not-available",
        case,
        rule=(f"案件 {case} 不在方案中，或已不待评分。", f"Case {case} is not in the proposal, or waits for no marks."),
        remedy=("请重新试分配。", "Ask for a new proposal."),
    )


def _not_asked(case: str, expert: str) -> Problem:
    return problem(
        "assignment.not-asked",
        case,
        rule=(f"专家 {expert} 不在该方案的专家之列。", f"Expert {expert} is not among those the proposal asked."),
        remedy=("请改选方案中的专家，或重新试分配。", "Choose one who was asked, or ask for a new proposal."),
    )


def _from_there(case: str, expert: str) -> Problem:
    return problem(
        "assignment.province",
        case,
        rule=(f"专家 {expert} 与案件 {case} 的商会同省。", f"Expert {expert} is from the province of {case}."),
        remedy=("请改选外省专家，或以 waived 重新试分配。", "Choose another, or propose again with the case waived."),
    )


def _too_many(reviewer: Reviewer, load: int) -> Problem:
    return problem(
        "assignment.capacity",
        reviewer.id,
        rule=(
            f"专家 {reviewer.id} 将承担 {load} 件，上限 {reviewer.capacity} 件。",
            f"Expert {reviewer.id} would have {load} cases and takes {reviewer.capacity}.",
        ),
        remedy=("请减少安排，或重新试分配。", "Seat them in fewer, or ask for a new proposal."),
    )
