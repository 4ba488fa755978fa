"""Cases 审核案件: lists, one case, its history."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.review.api import views
from services.review.api.desk import Body, Desk, require_case
from services.review.domain.case import Case, Status
from services.review.domain.expert import Expert
from services.review.domain.line import Line, where_to_go_on
from services.review.domain.recusal import must_stand_aside
from services.review.store import CASES, case_filter, seen_by_officer
from shared.contracts.area import Area
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.kernel.history import verify
from shared.runtime.access import allow
from shared.runtime.http import Page, PageRequest

Reader = Annotated[Actor, allow(officer="own area", expert="self", operator="any area")]
Office = Annotated[Actor, allow(officer="own area", operator="any area")]


class CaseQuery(PageRequest):
    """Which cases."""

    round: str | None = None
    """Code of the round."""
    jurisdiction: Area | None = None
    """Where they are reviewed."""
    stage: str | None = None
    """Id of their stage."""
    status: Status | None = None
    """Where they stand; left out: all that were opened."""
    overdue: bool | None = None
    """Whether their stage takes too long."""
    inspecting: bool = False
    """For an officer: those that their federation was appointed to inspect, instead of their own area's."""


class CountQuery(Body):
    """Which cases to count."""

    round: str | None = None
    """Code of the round."""
    jurisdiction: Area | None = None
    """Where they are reviewed."""


class Counts(BaseModel):
    """How many cases stand where."""

    statuses: dict[str, int]
    """By status."""
    stages: dict[str, int]
    """Open ones, by stage."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/cases", tags=["审核案件 / cases"])

    @routes.get("", summary="案件列表 / list")
    async def listing(by: Reader, query: Annotated[CaseQuery, Query()]) -> Page[views.CaseRow]:
        asked = query.model_dump(include={"jurisdiction", "stage", "status", "overdue"})
        where = [case_filter(round_=query.round, **asked)]
        if by.role == "officer" and not query.inspecting:
            where.append(seen_by_officer(by.area or ""))
        inspectors = by.area if by.role == "officer" and query.inspecting else None
        seen, more = await _visible(desk, {"$and": where}, query, await _myself(desk, by), inspectors)
        return Page(items=tuple(map(views.row, seen)), next=where_to_go_on(seen[-1]) if more else None)

    @routes.get("/counts", summary="按环节与状态计数 / how many stand where")
    async def counts(by: Office, query: Annotated[CountQuery, Query()]) -> Counts:
        where = [case_filter(round_=query.round, jurisdiction=query.jurisdiction)]
        if by.role == "officer":
            where.append(seen_by_officer(by.area or ""))
        return Counts(
            statuses=await desk.store.counts("status", {"$and": where}),
            stages=await desk.store.counts("stage", {"$and": [*where, {"state.status": "open"}]}),
        )

    @routes.get("/{case}", summary="一个案件 / one case")
    async def read(case: str, by: Reader) -> views.OfficerCase | views.ExpertCase:
        found = await desk.store.need(CASES, case, "案件", "case")
        if expert := await _myself(desk, by):
            return _own(desk, found, expert)
        require_case(by, found)
        return views.for_officer(found)

    @routes.get("/{case}/history", summary="案件记录与校验 / its record, verified")
    async def history(case: str, by: Office) -> views.History:
        found, entries = await desk.store.record(CASES, case)
        if found is None:
            raise missing("cases", case, "案件", "case")
        require_case(by, found)
        broken = verify(entries, found.model_dump(mode="json"))
        return views.History(entries=tuple(entries), intact=broken is None, broken=broken)

    return routes


async def _visible(
    desk: Desk,
    where: Mapping[str, Any],
    query: PageRequest,
    expert: Expert | None,
    inspectors: str | None = None,
) -> tuple[list[Line], bool]:
    """A full page of what the caller may see, and whether there may be more; no case that is hidden leaves a trace."""
    seen: list[Line] = []
    who, after = expert.id if expert else None, query.after
    while True:
        found = await desk.store.lines(where, limit=query.limit, after=after, expert=who, inspectors=inspectors)
        seen += [
            line
            for line in found
            if not (expert and _conflicted(desk, line.chamber["code"], line.look_back_years, expert))
        ]
        if len(seen) >= query.limit or len(found) < query.limit:
            return seen[: query.limit], len(seen) >= query.limit
        after = where_to_go_on(found[-1])


async def _myself(desk: Desk, by: Actor) -> Expert | None:
    """The caller's entry in the pool, if an expert calls."""
    return (await desk.store.experts([by.id]))[0] if by.role == "expert" else None


def _own(desk: Desk, case: Case, expert: Expert) -> views.ExpertCase:
    """The expert's view of a case they are seated at; for any other there is no such case."""
    seated = any(seat.expert == expert.id and seat.counts for seat in case.seats)
    if not seated or _conflicted(desk, case.chamber.code, case.look_back_years, expert):
        raise missing("cases", case.id, "案件", "case")
    return views.for_expert(case, expert.id)


def _conflicted(desk: Desk, chamber: str, look_back_years: int, expert: Expert) -> bool:
    """Whether the expert has to stand aside, by what is known now."""
    return must_stand_aside(expert.ties, chamber, desk.clock.now(), look_back_years)
