"""Assignments 分配: who should mark which case, proposed for all at once; then seated, case by case."""

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, act_on_case, require_jurisdiction
from services.review.domain import marking
from services.review.domain.assignment import assign
from services.review.domain.demand import Assignment
from services.review.domain.obstacles import Infeasible
from services.review.domain.stages import ExpertPanel
from services.review.domain.task import Wishes, task_of
from services.review.store import CASES
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

    seats: dict[str, Annotated[tuple[str, ...], Field(max_length=25)]] = Field(min_length=1, max_length=5000)
    """By case, whom to seat: as proposed, or changed by hand."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Proposed(_View):
    """A proposal, or why there is none. Nothing has been written."""

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

    @routes.post("/{round_}/{area}/proposal", summary="试分配，不落库 / propose; nothing is written")
    async def proposal(round_: str, area: Area, body: Wishes, by: Officer) -> Proposed:
        require_jurisdiction(by, area)
        _, stage = await desk.stage(round_, area, ExpertPanel)
        _require_room(body, stage)
        cases = await desk.store.cases_in(round_, area, stage.id)
        task = task_of(cases, await desk.store.pool(), stage, body, desk.clock.now())
        found = await asyncio.to_thread(assign, task)  # seconds, for a whole round: others are served meanwhile
        return Proposed(
            cases=len(task.demands),
            seats=sum(demand.seats for demand in task.demands),
            assignment=found if isinstance(found, Assignment) else None,
            infeasible=found if isinstance(found, Infeasible) else None,
        )

    @routes.post("/{round_}/{area}", summary="按名单安排专家 / seat the experts, case by case")
    async def apply(round_: str, area: Area, body: ApplyBody, by: Officer, key: IdempotencyKey) -> Applied:
        require_jurisdiction(by, area)
        await desk.stage(round_, area, ExpertPanel)
        ids = sorted({expert for row in body.seats.values() for expert in row})
        invited = {expert.id: expert.invited() for expert in await desk.store.experts(ids)}
        turns = asyncio.Semaphore(_AT_ONCE)

        async def seat(case: str, experts: tuple[str, ...]) -> tuple[Problem, ...]:
            """The same act as for a single case; answers what is against it."""
            command = marking.Assign(by=by, experts=tuple(invited[expert] for expert in experts))
            async with turns:
                try:
                    found = await desk.store.need(CASES, case, "案件", "case")
                    _require_of(found.round, found.jurisdiction, round_, area)
                    await act_on_case(desk, case, command, marking.assign, what="assign-experts", key=key)
                except Refused as error:
                    return error.problems
            return ()

        answers = await asyncio.gather(*(seat(case, experts) for case, experts in body.seats.items()))
        done = dict(zip(body.seats, answers, strict=True))
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


def _require_of(case_round: str, jurisdiction: str, round_: str, area: str) -> None:
    if (case_round, jurisdiction) != (round_, area):
        raise refused(
            "cases.not-available",
            "seats",
            rule=(f"该案件不属于周期 {round_}、地区 {area}。", f"The case is not of round {round_} in {area}."),
            remedy=("请核对案件编号。", "Check the case id."),
        )
