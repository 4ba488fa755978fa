"""The leaders' meeting 主席办公会议: takes the committee's list, or departs from it with a reason for every case.

It meets outside the platform; what it decided is entered here with the number of its document. It may not approve what
the committee did not elect: whoever was not elected is not before it.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.area import Area
from shared.contracts.cases import Departure, LeadershipDecided
from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.calendar import time_words
from shared.kernel.change import Change
from shared.kernel.command import Command, exists, refused
from shared.kernel.state import State


class Leadership(State):
    """A decision of the leaders' meeting."""

    id: str
    """`<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose leaders."""
    document: str
    """Number of the meeting's document."""
    held: Instant
    """When it was held."""
    approved: tuple[str, ...]
    """Cases it approved."""
    departures: tuple[Departure, ...]
    """Cases it did not approve."""
    at: Instant
    """When it was entered."""
    by: Actor
    """Who entered it."""


class Refusal(BaseModel):
    """A case that is not approved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: str
    reason: Text


class Resolve(Command):
    """Enter what the meeting decided."""

    id: str
    round: str
    jurisdiction: Area
    document: str = Field(min_length=1, max_length=100)
    held: Instant
    not_approved: tuple[Refusal, ...] = ()
    standing: tuple[str, ...] = Field(exclude=True)
    """Cases before the meeting: the committee's list."""


def resolve(leadership: Leadership | None, command: Resolve, now: datetime) -> Change[Leadership]:
    """Enter the decision; it is entered once and does not change.

    Raises:
        Refused: entered before, held in the future, no case before it, or one that is not before it is named.
    """
    _check(leadership, command, now)
    refusals = {refusal.case: refusal.reason for refusal in command.not_approved}
    decided = Leadership(
        id=command.id,
        round=command.round,
        jurisdiction=command.jurisdiction,
        document=command.document,
        held=command.held,
        approved=tuple(case for case in command.standing if case not in refusals),
        departures=tuple(Departure(case=c, reason=refusals[c]) for c in command.standing if c in refusals),
        at=now,
        by=command.by,
    )
    fact = LeadershipDecided(
        area=decided.jurisdiction,
        decision=decided.id,
        round=decided.round,
        document=decided.document,
        held=decided.held,
        approved=decided.approved,
        departures=decided.departures,
    )
    return Change(decided, (fact,))


def _check(leadership: Leadership | None, command: Resolve, now: datetime) -> None:
    if leadership is not None:
        raise exists("leadership", leadership.id, "审议", "decision of the leaders")
    if command.held > now:
        raise refused(
            "leadership.not-held",
            "held",
            rule=(
                f"会议时间 {time_words(command.held).zh} 尚未到。",
                f"The meeting on {time_words(command.held).en} has not been held.",
            ),
            remedy=("请在会议之后登记结果。", "Enter the result after the meeting."),
        )
    if not command.standing:
        raise refused(
            "leadership.empty",
            "cases",
            rule=("没有待审议的案件。", "No case is before the leaders' meeting."),
            remedy=("请先完成评审委员会表决。", "Finish the committee's vote first."),
        )
    named = [refusal.case for refusal in command.not_approved]
    if strange := [case for case in named if case not in command.standing or named.count(case) > 1]:
        raise refused(
            "leadership.not-before-it",
            "not_approved",
            rule=(
                f"案件 {strange[0]} 不在审议名单中，或写了两次。",
                f"Case {strange[0]} is not before the meeting, or named twice.",
            ),
            remedy=("请以评审委员会的入选名单为准。", "Start from the committee's list."),
        )
