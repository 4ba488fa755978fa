"""Panels 评审委员会: convened, attended, closed."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.ballots import as_member_sees
from services.review.api.desk import Body, Desk, RoundQuery, chosen, require_jurisdiction
from services.review.domain import panel as panels
from services.review.domain.minutes import minutes
from services.review.domain.panel import Matter, Panel
from services.review.domain.stages import ExpertPanel
from services.review.store import PANELS
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
Office = Annotated[Actor, allow(officer="own area", operator="any area")]
Member = Annotated[Actor, allow(officer="own area", expert="self", operator="any area")]


class ConveneBody(Body):
    """Convene a committee."""

    round: str
    """Code of the round."""
    jurisdiction: Area = CENTRE
    """Whose committee."""
    number: int = Field(default=1, ge=1, le=99)
    """Which meeting of the round."""
    members: tuple[str, ...] = Field(min_length=1, max_length=99)
    """Experts, by id."""
    cases: tuple[str, ...] | None = None
    """The cases; left out: all that are ready and not before another open meeting."""


class AttendBody(Body):
    """Who is present."""

    present: tuple[str, ...]
    """Members, by id."""


class MinutesView(BaseModel):
    """The minutes, written from the record of the meeting."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    panel: str
    """Id of the meeting."""
    closed: Instant | None
    """When it was closed; null as long as it meets."""
    minutes: Text
    """Attendance, recusals, every vote by name, the counts; Markdown."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/panels", tags=["评审委员会 / panels"])

    @routes.post("", status_code=201, summary="召集 / convene")
    async def convene(body: ConveneBody, by: Officer, key: IdempotencyKey) -> Panel:
        require_jurisdiction(by, body.jurisdiction)
        _, stage = await desk.stage(body.round, body.jurisdiction, ExpertPanel)
        id_ = f"{body.round}@{body.jurisdiction}-{body.number}"
        command = panels.Convene(
            by=by,
            id=id_,
            round=body.round,
            jurisdiction=body.jurisdiction,
            members=tuple(expert.invited() for expert in await desk.store.experts(body.members)),
            asked=body.cases,
            quorum=stage.quorum,
            look_back_years=stage.look_back_years,
            matters=() if await desk.store.get(PANELS, id_) else await matters(body, stage),
        )
        done = await desk.commands.do(PANELS, id_, command, panels.convene, what="convene", by=by, idempotency_key=key)
        return done.state or await desk.store.need(PANELS, id_, "会议", "meeting")

    async def matters(body: ConveneBody, stage: ExpertPanel) -> tuple[Matter, ...]:
        """The cases that can be voted on, as they stand."""
        waiting = await desk.store.cases_in(body.round, body.jurisdiction, stage.id)
        ready = [case for case in waiting if case.ready]
        taken = await desk.store.on_panels([case.id for case in ready])
        available = [case for case in ready if case.id not in taken]
        return tuple(
            Matter(case=case.id, chamber=case.chamber.code, points=case.score.total)
            for case in chosen(body.cases, available)
            if case.score
        )

    @routes.get("", summary="会议列表 / list")
    async def listing(by: Office, page: Annotated[RoundQuery, Query()]) -> Page[Panel]:
        where = {"state.round": page.round} if page.round else {}
        if by.role == "officer":
            where = {**where, "state.jurisdiction": by.area or ""}
        found = await desk.store.page(PANELS, where, limit=page.limit, after=page.after)
        return Page(items=tuple(found), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{panel}", summary="一次会议 / one meeting")
    async def read(panel: str, by: Member) -> Panel:
        found = await desk.store.need(PANELS, panel, "会议", "meeting")
        if by.role == "expert":
            [expert] = await desk.store.experts([by.id])
            return as_member_sees(found, expert.invited(), desk.clock.now())
        require_jurisdiction(by, found.jurisdiction)
        return found

    @routes.get("/{panel}/minutes", summary="会议纪要 / the minutes")
    async def minutes_(panel: str, by: Office) -> MinutesView:
        found = await desk.store.need(PANELS, panel, "会议", "meeting")
        require_jurisdiction(by, found.jurisdiction)
        return MinutesView(panel=panel, closed=found.closed, minutes=minutes(found))

    @routes.put("/{panel}/attendance", summary="登记出席 / attendance")
    async def attendance(panel: str, body: AttendBody, by: Officer, key: IdempotencyKey) -> Panel:
        found = await desk.store.need(PANELS, panel, "会议", "meeting")
        require_jurisdiction(by, found.jurisdiction)
        command = panels.Attend(by=by, present=body.present)
        done = await desk.commands.do(PANELS, panel, command, panels.attend, what="attend", by=by, idempotency_key=key)
        return done.state or found

    @routes.post("/{panel}/close", summary="结束并计票 / close and count")
    async def close(panel: str, by: Officer, key: IdempotencyKey) -> Panel:
        found = await desk.store.need(PANELS, panel, "会议", "meeting")
        require_jurisdiction(by, found.jurisdiction)
        done = await desk.commands.do(
            PANELS, panel, panels.Close(by=by), panels.close, what="close", by=by, idempotency_key=key
        )
        return done.state or found

    return routes
