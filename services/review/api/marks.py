"""Experts at a case: the office assigns them, they mark."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.review.api import views
from services.review.api.desk import Body, Desk, Words, act_on_case, require_jurisdiction
from services.review.domain import marking
from services.review.domain.opinion import Opine, opine
from services.review.store import CASES
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.command import missing
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]
Assigned = Annotated[Actor, allow(expert="self", note="案件须已分配给本人 / the case must be assigned to them")]


class AssignBody(Body):
    """Assign experts."""

    experts: tuple[str, ...] = Field(default=(), max_length=25)
    """Ids of experts to be seated."""
    release: tuple[str, ...] = Field(default=(), max_length=25)
    """Ids of experts who have not marked and shall not."""


class MarksBody(Body):
    """An expert's marks."""

    marks: dict[str, Decimal]
    """Per judged item, 0 to the points possible, two decimals at most."""
    reasons: dict[str, Words] = Field(default_factory=dict, max_length=500)
    """Per item, why the mark is off the computed or the province's value; required where the procedure says so."""


class OpinionBody(Body):
    """What the federation itself would give."""

    marks: dict[str, Decimal] = Field(min_length=1, max_length=500)
    """Per judged item, 0 to the points possible, two decimals at most; items may be left out."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/cases", tags=["审核案件 / cases"])

    @routes.post("/{case}/experts", summary="安排专家 / assign experts")
    async def experts(case: str, body: AssignBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        found = await desk.store.need(CASES, case, "案件", "case")
        require_jurisdiction(by, found.jurisdiction)
        pool = await desk.store.experts(body.experts)
        command = marking.Assign(by=by, experts=tuple(one.invited() for one in pool), release=body.release)
        after = await act_on_case(desk, case, command, marking.assign, what="assign-experts", key=key)
        return views.for_officer(after)

    @routes.post("/{case}/marks", summary="专家评分 / an expert's marks")
    async def marks(case: str, body: MarksBody, by: Assigned, key: IdempotencyKey) -> views.ExpertCase:
        found = await desk.store.need(CASES, case, "案件", "case")
        [expert] = await desk.store.experts([by.id])
        if not any(seat.expert == by.id for seat in found.seats):
            raise missing("cases", case, "案件", "case")
        reasons = {item: words.text() for item, words in body.reasons.items()}
        command = marking.Mark(by=by, expert=expert.invited(), marks=body.marks, reasons=reasons)
        after = await act_on_case(desk, case, command, marking.mark, what="mark", key=key)
        if any(seat.expert == by.id and seat.status == "recused" for seat in after.seats):
            raise Refused(marking.conflict(by.id, case))
        return views.for_expert(after, by.id)

    @routes.put("/{case}/opinion", summary="省级初评 / what the federation itself would give")
    async def opinion(case: str, body: OpinionBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        found = await desk.store.need(CASES, case, "案件", "case")
        require_jurisdiction(by, found.jurisdiction)
        command = Opine(by=by, marks=body.marks)
        return views.for_officer(await act_on_case(desk, case, command, opine, what="opine", key=key))

    return routes
