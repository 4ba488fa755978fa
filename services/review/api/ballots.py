"""Ballots 记名表决: a member votes, or an officer enters the vote; and what a member sees of a panel."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.review.api.desk import Body, Desk, require_jurisdiction
from services.review.domain import panel as panels
from services.review.domain.marking import conflict
from services.review.domain.panel import Panel
from services.review.domain.recusal import Invited, must_stand_aside
from services.review.domain.tally import Vote
from services.review.store import PANELS
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.command import missing, refused
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Voter = Annotated[Actor, allow(officer="own area", expert="self")]


class BallotsBody(Body):
    """A member's votes."""

    member: str | None = None
    """Whose; an expert leaves it out."""
    votes: dict[str, Vote] = Field(min_length=1)
    """By case."""


def router(desk: Desk) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(prefix="/panels", tags=["评审委员会 / panels"])

    @routes.post("/{panel}/ballots", summary="记名表决 / votes by name")
    async def ballots(panel: str, body: BallotsBody, by: Voter, key: IdempotencyKey) -> Panel:
        found = await desk.store.need(PANELS, panel, "会议", "meeting")
        require_jurisdiction(by, found.jurisdiction)
        member = by.id if by.role == "expert" else body.member
        if member is None or (by.role == "expert" and body.member not in (None, by.id)):
            raise _whose()
        if by.role == "expert" and member not in found.members:
            raise missing("panels", panel, "会议", "meeting")
        [expert] = await desk.store.experts([member])
        command = panels.Ballots(by=by, member=expert.invited(), votes=body.votes)
        done = await desk.commands.do(PANELS, panel, command, panels.vote, what="vote", by=by, idempotency_key=key)
        after = done.state or found
        if barred := [m.case for m in after.matters if m.case in body.votes and member in m.recused]:
            raise Refused(*(conflict(member, case) for case in barred))
        return as_member_sees(after, expert.invited(), desk.clock.now()) if by.role == "expert" else after

    return routes


def as_member_sees(panel: Panel, invited: Invited, now: datetime) -> Panel:
    """What a member sees: nothing of cases they stand aside from, and until the count only their own votes.

    A tie counts from when it is known, though the panel hears of it only at the vote.
    """
    member = invited.expert
    if member not in panel.members:
        raise missing("panels", panel.id, "会议", "meeting")
    seen = tuple(
        matter.model_copy(update={"votes": {m: v for m, v in matter.votes.items() if m == member}})
        if panel.status == "open"
        else matter
        for matter in panel.matters
        if member not in matter.recused
        and not must_stand_aside(invited.ties, matter.chamber, now, panel.look_back_years)
    )
    cases = {matter.case for matter in seen}
    return panel.but(
        matters=seen,
        results=tuple(result for result in panel.results if result.case in cases),
        undecided=tuple(case for case in panel.undecided if case in cases),
    )


def _whose() -> Refused:
    return refused(
        "ballots.member",
        "member",
        rule=(
            "专家只能为本人投票；工作人员代录须写明委员。",
            "Experts vote for themselves; an officer names the member.",
        ),
        remedy=("专家请不填 member，工作人员请填写委员编号。", "Leave `member` out, or, as an officer, fill it in."),
    )
