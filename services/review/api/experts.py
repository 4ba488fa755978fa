"""Experts 专家: the pool, kept by the office; an expert declares ties themselves."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from services.review.api.desk import Body, Desk, require_jurisdiction
from services.review.domain.expert import Declare, Enrol, Expert, JudgeTie, declare, enrol, judge_tie
from services.review.domain.recusal import Tie, TieKind, TieState
from services.review.store import EXPERTS
from shared.contracts.area import Area
from shared.contracts.event import CreditCode
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey, Page, PageRequest

Officer = Annotated[Actor, allow(officer="own area")]
Either = Annotated[Actor, allow(officer="own area", expert="self")]


class ExpertQuery(PageRequest):
    """Which experts."""

    field: str | None = None
    """What they know."""
    active: bool | None = None
    """Whether they may be invited."""


class ExpertBody(Body):
    """An entry in the pool."""

    fields: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = Field(min_length=1, max_length=20)
    """What they know."""
    area: Area
    """Where they come from."""
    ties: tuple[Tie, ...] = Field(default=(), max_length=200)
    """To which chambers they are tied, by credit code."""
    active: bool = True
    """Whether they may be invited."""


class TieBody(Body):
    """What is known of a tie."""

    code: CreditCode
    """The chamber's credit code."""
    kind: TieKind
    """Which tie to it."""
    state: TieState
    """Confirmed, pinned, dismissed or unknown; only a dismissed one lets the expert judge."""
    reason: str | None = Field(default=None, min_length=1, max_length=1000)
    """Why; required to dismiss or to pin."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/experts", tags=["专家 / experts"])

    def require_office(by: Actor) -> None:
        """An officer must be of a federation whose review this is."""
        if by.area not in desk.jurisdictions:
            require_jurisdiction(by, desk.jurisdictions[0])

    @routes.get("", summary="专家库 / the pool")
    async def listing(by: Officer, page: Annotated[ExpertQuery, Query()]) -> Page[Expert]:
        require_office(by)
        given = {"state.fields": page.field, "state.active": page.active}
        where = {name: value for name, value in given.items() if value is not None}
        found = await desk.store.page(EXPERTS, where, limit=page.limit, after=page.after)
        return Page(items=tuple(found), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{expert}", summary="一位专家 / one of them")
    async def read(expert: str, by: Either) -> Expert:
        _self(by, expert)
        require_office(by)
        return await desk.store.need(EXPERTS, expert, "专家", "expert")

    @routes.put("/{expert}", summary="入库或更新 / enrol or change")
    async def put(expert: str, body: ExpertBody, by: Officer, key: IdempotencyKey) -> Expert:
        require_office(by)
        command = Enrol(by=by, id=expert, fields=body.fields, area=body.area, ties=body.ties, active=body.active)
        done = await desk.commands.do(EXPERTS, expert, command, enrol, what="enrol", by=by, idempotency_key=key)
        return done.state or await desk.store.need(EXPERTS, expert, "专家", "expert")

    @routes.post("/{expert}/ties", summary="申报关联 / declare a tie")
    async def ties(expert: str, body: Tie, by: Either, key: IdempotencyKey) -> Expert:
        _self(by, expert)
        require_office(by)
        if by.role == "expert":  # what it is worth, the office finds out
            body = body.model_copy(update={"state": "unknown", "reason": None})
        done = await desk.commands.do(
            EXPERTS, expert, Declare(by=by, tie=body), declare, what="declare-tie", by=by, idempotency_key=key
        )
        return done.state or await desk.store.need(EXPERTS, expert, "专家", "expert")

    @routes.put("/{expert}/ties", summary="核实关联 / say what is known of a tie")
    async def judge(expert: str, body: TieBody, by: Officer, key: IdempotencyKey) -> Expert:
        require_office(by)
        command = JudgeTie(by=by, code=body.code, kind=body.kind, state=body.state, reason=body.reason)
        done = await desk.commands.do(EXPERTS, expert, command, judge_tie, what="judge-tie", by=by, idempotency_key=key)
        return done.state or await desk.store.need(EXPERTS, expert, "专家", "expert")

    return routes


def _self(by: Actor, expert: str) -> None:
    """An expert sees their own entry only; for any other there is none."""
    if by.role == "expert" and by.id != expert:
        raise missing("experts", expert, "专家", "expert")
