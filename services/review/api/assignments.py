"""Assignments 分配: who should mark which case, proposed for all at once and kept; then seated, case by case."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, Words, act_on_case, require_jurisdiction, text_or_none
from services.review.api.turns import turn
from services.review.domain import marking
from services.review.domain.assignment import assign
from services.review.domain.case import Case
from services.review.domain.demand import Assignment
from services.review.domain.expert import Expert
from services.review.domain.obstacles import Infeasible
from services.review.domain.proposal import Apply, Proposal, Propose, Seats, apply, proposal_id, propose, to_seat
from services.review.domain.recusal import Invited
from services.review.domain.stages import ExpertPanel
from services.review.domain.task import Wishes, task_of, waiting
from services.review.store import EXPERTS, PROPOSALS
from shared.contracts.area import Area
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.command import refused
from shared.kernel.problem import Problem
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]
_AT_ONCE = 50
"""Cases that are seated at the same time."""


class ApplyBody(Body):
    """Seat experts."""

    proposal: str
    """Id of the proposal."""
    changes: dict[str, Annotated[tuple[str, ...], Field(max_length=25)]] = Field(default_factory=dict, max_length=5000)
    """By case, whom to seat in place of those proposed; an empty list seats nobody there."""
    reason: Words | None = None
    """Why it is changed; required then."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Proposed(_View):
    """A proposal, or why there is none. Nobody has been seated."""

    proposal: str | None
    """Its id, by which it is applied and can be computed again; null: there is none."""
    cases: int
    """How many cases want experts."""
    seats: int
    """How many seats are empty."""
    assignment: Assignment | None
    """Who should sit where; null: not every seat can have an expert."""
    infeasible: Infeasible | None
    """Why not, and what would cure it."""


class Applied(_View):
    """What was done."""

    seated: tuple[str, ...]
    """Cases whose experts are seated."""
    refused: dict[str, tuple[Problem, ...]]
    """Cases in which nobody was seated, and why."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/assignments", tags=["专家分配 / assignments"])

    @routes.post("/{round_}/{area}/proposal", summary="试分配，方案留存 / propose; the proposal is kept")
    async def proposal(round_: str, area: Area, body: Wishes, by: Officer, key: IdempotencyKey) -> Proposed:
        require_jurisdiction(by, area)
        _, stage = await desk.stage(round_, area, ExpertPanel)
        _require_room(body, stage)
        cases = await desk.store.cases_in(round_, area, stage.id)
        task = task_of(cases, await concerned(cases, body), stage, body, desk.clock.now())
        found = await asyncio.to_thread(assign, task)  # seconds, for a whole round: others are served meanwhile
        id_ = proposal_id(round_, area, task)
        if isinstance(found, Assignment):
            command = Propose(by=by, id=id_, round=round_, jurisdiction=area, task=task, assignment=found)
            await desk.commands.do(PROPOSALS, id_, command, propose, what="propose", by=by, idempotency_key=key)
        return Proposed(
            proposal=id_ if isinstance(found, Assignment) else None,
            cases=len(task.demands),
            seats=sum(demand.wanted for demand in task.demands),
            assignment=found if isinstance(found, Assignment) else None,
            infeasible=found if isinstance(found, Infeasible) else None,
        )

    async def concerned(cases: Sequence[Case], wishes: Wishes) -> list[Expert]:
        """Who may be invited, who is asked by name, and who sits there already.

        Raises:
            NotFound: somebody who is asked is not in the pool.
        """
        here = sorted({seat.expert for case in cases for seat in case.seats})
        asked = await desk.store.experts(wishes.experts or ())
        return [*await desk.store.pool(), *asked, *await desk.store.these(EXPERTS, here)]

    @routes.post("/{round_}/{area}", summary="按方案安排专家 / seat the experts of a proposal, case by case")
    async def apply_(round_: str, area: Area, body: ApplyBody, by: Officer, key: IdempotencyKey) -> Applied:
        require_jurisdiction(by, area)
        _, stage = await desk.stage(round_, area, ExpertPanel)
        found = await desk.store.need(PROPOSALS, body.proposal, "分配方案", "proposal")
        _require_of(found, round_, area)
        seats = to_seat(found, body.changes)
        ids = sorted({expert for row in seats.values() for expert in row})
        invited = {expert.id: expert.invited() for expert in await desk.store.experts(ids)}
        async with turn(
            desk, "assign", f"{round_}@{area}", by, key
        ):  # what experts have already is counted, and added to
            cases = waiting(await desk.store.cases_in(round_, area, stage.id))
            command = Apply(
                by=by,
                changes=body.changes,
                reason=text_or_none(body.reason),
                waiting={case.id: tuple(seat.expert for seat in case.seats if seat.counts) for case in cases},
                pool=tuple(invited.values()),
            )
            await desk.commands.do(PROPOSALS, found.id, command, apply, what="apply", by=by, idempotency_key=key)
            return await seated(seats, invited, by, key)

    async def seated(seats: Seats, invited: Mapping[str, Invited], by: Actor, key: str) -> Applied:
        """Seat them, some cases at a time."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def seat(case: str, experts: tuple[str, ...]) -> tuple[Problem, ...]:
            """The same act as for a single case; answers what is against it."""
            command = marking.Assign(by=by, experts=tuple(invited[expert] for expert in experts))
            async with turns:
                try:
                    await act_on_case(desk, case, command, marking.assign, what="assign-experts", key=key)
                except Refused as error:
                    return error.problems
            return ()

        answers = await asyncio.gather(*(seat(case, experts) for case, experts in seats.items()))
        done = dict(zip(seats, answers, strict=True))
        return Applied(
            seated=tuple(case for case, problems in done.items() if not problems),
            refused={case: problems for case, problems in done.items() if problems},
        )

    return routes


def _require_room(wishes: Wishes, stage: ExpertPanel) -> None:
    if (wanted := sum(wishes.needs.values())) > stage.experts:
        raise refused(
            "assignment.needs",
            "needs",
            rule=(
                f"每案 {stage.experts} 名专家，专业要求合计 {wanted} 名。",
                f"A case has {stage.experts} experts; the fields ask for {wanted}.",
            ),
            remedy=("请减少专业要求。", "Ask for fewer fields."),
        )


def _require_of(found: Proposal, round_: str, area: str) -> None:
    if (found.round, found.jurisdiction) != (round_, area):
        raise refused(
            "proposal.elsewhere",
            "proposal",
            rule=(f"该方案不属于周期 {round_}、地区 {area}。", f"The proposal is not of round {round_} in {area}."),
            remedy=("请核对方案编号。", "Check the proposal's id."),
        )
