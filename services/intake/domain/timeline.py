"""The timeline 时间线: what happened to an application, in the order of time, and the status that follows from it.

Events come in any order and more than once. A step is kept once, by its id, at its own time; the status is a function
of the set of steps and returns alone. So every order, with any repeats, comes to the same end.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.intake.domain.application import Application, Correction, Status, Step
from services.intake.domain.words import step_of
from shared.contracts import CaseReturned, Event
from shared.kernel.change import Change

_RANK: dict[Status, int] = {
    "draft": 0,
    "late": 1,
    "submitted": 2,
    "under_review": 3,
    "nominated": 4,
    "on_notice": 5,
    "declined": 6,
    "withdrawn": 7,
    "honoured": 8,
    "withheld": 8,
    "suspended": 8,
    "superseded": 8,
    "ended": 8,
    "expired": 8,
    "revoked": 8,
}
"""How far along a status is: the farthest counts, and among equals the latest. (`returned` interrupts, see below.)"""


@dataclass(frozen=True)
class Told:
    """An event that concerns an application, with what travelled beside it."""

    id: str
    """Id of the event."""
    at: datetime
    """When it happened."""
    event: Event
    """What happened."""


def hear(state: Application | None, told: Told, now: datetime) -> Change[Application] | None:
    """Put an event on the timeline. An application that did not come through here has none."""
    del now
    if state is None or any(step.id == told.id for step in state.steps):
        return None
    at = told.at.astimezone(UTC)
    corrections = state.corrections
    if isinstance(told.event, CaseReturned):
        new = Correction(
            id=told.id,
            at=at,
            jurisdiction=told.event.jurisdiction,
            items=told.event.items,
            deadline=told.event.deadline,
            revision=told.event.revision,
        )
        corrections = tuple(sorted((*corrections, new), key=lambda c: (c.revision or 0, c.at, c.id)))
    return Change(with_step(state.but(corrections=corrections), step_of(told.event, told.id, at)))


def with_step(state: Application, step: Step) -> Application:
    """The application with one more step, and the status that follows."""
    after = state.but(steps=tuple(sorted((*state.steps, step), key=_order)))
    return after.but(status=_status(after))


def _order(step: Step) -> tuple[datetime, bool, str]:
    """By time; of one instant, the chamber's own act came before what it caused."""
    return step.at, step.stage != "apply", step.id


def over(state: Application) -> bool:
    """Whether it is past the point of withdrawing: on public notice, declined, or with a result."""
    return state.status not in ("returned", "withdrawn") and _RANK[state.status] >= _RANK["on_notice"]


def _status(state: Application) -> Status:
    farthest: Status = "draft"
    taken_up = [step for step in state.steps if step.status == "under_review"]
    for step in state.steps:
        if step.status == "declined" and any(_reopens(step, other) for other in taken_up):
            continue  # a correction that was held up
        if step.status and _RANK[step.status] >= _RANK[farthest]:
            farthest = step.status
    returned = state.correction is not None and _RANK[farthest] < _RANK["on_notice"]
    return "returned" if returned else farthest


def _reopens(declined: Step, taken_up: Step) -> bool:
    """Whether the case was taken up after it was declined: on a later scoring, or by time where none is named."""
    if declined.sequence is None or taken_up.sequence is None:
        return declined.at < taken_up.at
    return declined.sequence < taken_up.sequence
