"""The committee of experts 评审委员会: convened for some cases, present and voting by name, closed with a tally each.

A case without quorum is not decided: it stays before the experts until another meeting.
"""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.marking import conflict
from services.review.domain.recusal import Invited, must_stand_aside
from services.review.domain.tally import Vote, count, has_quorum, is_elected
from shared.contracts.area import Area
from shared.contracts.cases import PanelDecided, PanelResult
from shared.contracts.event import Instant
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, exists, missing, refused
from shared.kernel.state import State


class Matter(BaseModel):
    """A case before the committee."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    case: str
    """Id of the case."""
    chamber: str
    """Credit code of the chamber."""
    points: Decimal
    """Final points."""
    recused: tuple[str, ...] = ()
    """Members who stand aside."""
    votes: dict[str, Vote] = {}
    """By member."""


class Panel(State):
    """One meeting of the committee."""

    id: str
    """`<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose committee it is."""
    quorum: str
    """Share of all members who must be present."""
    look_back_years: int
    """For recusal."""
    members: tuple[str, ...]
    """Experts, by id; none where only what was announced is known, after the store was lost."""
    present: tuple[str, ...] = ()
    """Who is present."""
    matters: tuple[Matter, ...]
    """The cases."""
    status: Literal["open", "closed"] = "open"
    """Whether it still meets."""
    convened: Instant
    """When it was convened."""
    closed: Instant | None = None
    """When it was closed."""
    results: tuple[PanelResult, ...] = ()
    """What it decided."""
    undecided: tuple[str, ...] = ()
    """Cases for which there was no quorum."""


class Convene(Command):
    """Call the committee together for these cases."""

    id: str
    round: str
    jurisdiction: Area
    members: tuple[Invited, ...] = Field(min_length=1)
    asked: tuple[str, ...] | None = None
    """The cases that were named; None for all that are ready."""
    quorum: str = Field(exclude=True)
    look_back_years: int = Field(exclude=True)
    matters: tuple[Matter, ...] = Field(exclude=True)


class Attend(Command):
    """Who is present; may be corrected until the meeting is closed."""

    present: tuple[str, ...]


class Ballots(Command):
    """A member's votes, by case; may be changed until the meeting is closed."""

    member: Invited
    votes: dict[str, Vote] = Field(min_length=1)


class Close(Command):
    """Count."""


def convene(panel: Panel | None, command: Convene, now: datetime) -> Change[Panel]:
    """Convene the committee; who has to stand aside, and where, is computed from the ties of its members."""
    if panel is not None:
        raise exists("panel", panel.id, "会议", "meeting")
    if not command.matters:
        raise refused(
            "panel.empty",
            "cases",
            rule=("没有评分已经完成、可供表决的案件。", "No case has all its points and awaits a vote."),
            remedy=("请等待专家评分汇总，或核对所列案件。", "Wait for the marks to settle, or check the cases named."),
        )
    ids = tuple(member.expert for member in command.members)
    unfit = [member.expert for member in command.members if not member.active]
    if unfit or len(set(ids)) < len(ids):
        raise refused(
            "panel.members",
            "members",
            rule=("委员须在可邀请之列，且不得重复。", "Members must be active experts, each named once."),
            remedy=(f"请核对：{'、'.join(unfit or ids)}。", f"Check: {', '.join(unfit or ids)}."),
        )
    matters = tuple(
        matter.model_copy(
            update={
                "recused": tuple(
                    member.expert
                    for member in command.members
                    if must_stand_aside(member.ties, matter.chamber, now, command.look_back_years)
                )
            }
        )
        for matter in command.matters
    )
    return Change(
        Panel(
            id=command.id,
            round=command.round,
            jurisdiction=command.jurisdiction,
            quorum=command.quorum,
            look_back_years=command.look_back_years,
            members=ids,
            matters=matters,
            convened=now,
        )
    )


def attend(panel: Panel | None, command: Attend, _now: datetime) -> Change[Panel] | None:
    """Record who is present."""
    panel = _meeting(panel)
    if strangers := sorted(set(command.present) - set(panel.members)):
        raise refused(
            "panel.not-a-member",
            "present",
            rule=(f"不是本次会议的委员：{'、'.join(strangers)}。", f"Not members here: {', '.join(strangers)}."),
            remedy=("只登记委员的出席情况。", "Record members only."),
        )
    present = tuple(member for member in panel.members if member in command.present)
    return None if present == panel.present else Change(panel.but(present=present))


def vote(panel: Panel | None, command: Ballots, now: datetime) -> Change[Panel] | None:
    """Take a member's votes: all, or none. A tie that has become known recuses the member there and takes none.

    Raises:
        Refused: not a member, not present, a case not before this committee, or recused for one of them.
    """
    panel = _meeting(panel)
    member = command.member.expert
    if member not in panel.present:
        raise refused(
            "panel.not-present",
            "member",
            rule=(f"委员 {member} 未登记出席。", f"Member {member} is not recorded as present."),
            remedy=("请先登记出席，再行表决。", "Record the attendance first."),
        )
    if strange := sorted(set(command.votes) - {matter.case for matter in panel.matters}):
        raise refused(
            "panel.unknown-case",
            f"votes.{strange[0]}",
            rule=(f"本次会议不审议 {strange[0]}。", f"{strange[0]} is not before this committee."),
            remedy=("请核对案件编号。", "Check the case id."),
        )
    voted = [matter for matter in panel.matters if matter.case in command.votes]
    if barred := [matter for matter in voted if member in matter.recused]:
        raise Refused(*(conflict(member, matter.case) for matter in barred))
    found = {
        matter.case
        for matter in voted
        if must_stand_aside(command.member.ties, matter.chamber, now, panel.look_back_years)
    }
    if found:
        return Change(panel.but(matters=tuple(_recuse(m, member) if m.case in found else m for m in panel.matters)))
    matters = tuple(
        m.model_copy(update={"votes": {**m.votes, member: command.votes[m.case]}}) if m.case in command.votes else m
        for m in panel.matters
    )
    return None if matters == panel.matters else Change(panel.but(matters=matters))


def close(panel: Panel | None, _command: Close, now: datetime) -> Change[Panel]:
    """Count every case; what has no quorum stays undecided."""
    panel = _meeting(panel)
    results, undecided = [], []
    for matter in panel.matters:
        tally = count(
            frozenset(panel.members),
            frozenset(panel.present),
            frozenset(matter.recused),
            matter.votes,
            Fraction(panel.quorum),
        )
        if has_quorum(tally):
            outcome: Literal["elected", "not_elected"] = "elected" if is_elected(tally) else "not_elected"
            results.append(PanelResult(case=matter.case, outcome=outcome, points=matter.points, tally=tally))
        else:
            undecided.append(matter.case)
    closed = panel.but(status="closed", closed=now, results=tuple(results), undecided=tuple(undecided))
    fact = PanelDecided(area=panel.jurisdiction, panel=panel.id, round=panel.round, results=tuple(results))
    return Change(closed, (fact,) if results else ())


def _recuse(matter: Matter, member: str) -> Matter:
    votes = {voter: given for voter, given in matter.votes.items() if voter != member}
    return matter.model_copy(update={"recused": (*matter.recused, member), "votes": votes})


def _meeting(panel: Panel | None) -> Panel:
    if panel is None:
        raise missing("panel", "", "该会议", "such meeting")
    if panel.status == "closed":
        raise refused(
            "panel.closed",
            "status",
            rule=("会议已经结束，表决不再变动。", "The meeting is closed and its votes do not change."),
            remedy=("未达法定人数的案件请另行召集会议。", "Convene another meeting for cases without quorum."),
        )
    return panel
