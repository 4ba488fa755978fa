"""Shortlists 推荐名单: the preview says who would be in, who out and why; the seal makes it final."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, Words, require_jurisdiction, text_or_none
from services.review.domain import ranking, stages
from services.review.domain.case import Case
from services.review.domain.ranking import Bounds, contender_of
from services.review.domain.shortlist import Seal, Shortlist, seal
from services.review.domain.terms import Terms
from services.review.domain.what_if import Mover, what_if
from services.review.store import CASES, SHORTLISTS
from shared.contracts.area import Area
from shared.contracts.chambers import Chamber
from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]
Office = Annotated[Actor, allow(officer="own area", operator="any area")]
Dimension = Annotated[str, Field(pattern="^[A-D]$")]


class SealBody(Body):
    """Seal the list."""

    order: tuple[str, ...] | None = None
    """Another order than the rule's: every case once, best first."""
    reason: Words | None = None
    """Why the order differs; required then."""
    leave_undecided: Words | None = None
    """Why the list is sealed although cases are undecided; required then."""


class WhatIfBody(Body):
    """What to try; what is left out stays as it is."""

    quota: int | None = Field(default=None, ge=0, le=10_000)
    """Another quota."""
    floor: Decimal | None = Field(default=None, ge=0, le=100)
    """Another floor, in points."""
    reserves: int | None = Field(default=None, ge=0, le=100)
    """Another number of reserves."""
    caps: tuple[stages.Cap, ...] | None = Field(default=None, max_length=50)
    """Other caps."""
    weights: dict[Dimension, Annotated[Decimal, Field(ge=0, le=10)]] = Field(default_factory=dict)
    """What the points of a dimension would count for; 1 where nothing is said."""


class Line(BaseModel):
    """One place."""

    model_config = ConfigDict(frozen=True)

    case: str
    chamber: Chamber | None
    points: str
    rank: int
    nominated: bool
    reserve: int | None
    doubts: int
    why: Text


class ShortlistView(BaseModel):
    """The list: a preview until it is sealed."""

    model_config = ConfigDict(frozen=True)

    shortlist: str
    round: str
    area: Area
    quota: int
    sealed_at: Instant | None
    reason: Text | None
    entries: tuple[Line, ...]
    undecided: tuple[str, ...]


class WhatIfView(BaseModel):
    """The list as it would be. Nothing is written."""

    model_config = ConfigDict(frozen=True)

    quota: int
    entries: tuple[Line, ...]
    movers: tuple[Mover, ...]


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/shortlists", tags=["推荐名单 / shortlists"])

    @routes.get("/{round_}/{area}", summary="预览或查看名单 / the list")
    async def read(round_: str, area: Area, by: Office) -> ShortlistView:
        require_jurisdiction(by, area)
        sealed = await desk.store.get(SHORTLISTS, f"{round_}@{area}")
        return await (shown(sealed) if sealed else preview(round_, area))

    @routes.post("/{round_}/{area}/seal", summary="封存名单并上报 / seal and nominate")
    async def seal_(round_: str, area: Area, body: SealBody, by: Officer, key: IdempotencyKey) -> ShortlistView:
        require_jurisdiction(by, area)
        terms, stage, cases = await standing(round_, area)
        undecided = await desk.store.undecided(round_, area, stage.id)
        command = Seal(
            by=by,
            id=f"{round_}@{area}",
            round=round_,
            area=area,
            bounds=_bounds(stage, terms.quota(area)),
            ties=stage.ties,
            until=terms.round.calendar.nominate_until,
            contenders=tuple(contender_of(case, own=True) for case in cases),
            undecided=tuple(undecided),
            order=body.order,
            reason=text_or_none(body.reason),
            leave_undecided=text_or_none(body.leave_undecided),
        )
        done = await desk.commands.do(SHORTLISTS, command.id, command, seal, what="seal", by=by, idempotency_key=key)
        return await (shown(done.state) if done.state else preview(round_, area))

    @routes.post("/{round_}/{area}/what-if", summary="试算：谁进谁出 / try another quota or weight; nothing is written")
    async def try_(round_: str, area: Area, body: WhatIfBody, by: Officer) -> WhatIfView:
        require_jurisdiction(by, area)
        terms, stage, cases = await standing(round_, area)
        now = _bounds(stage, terms.quota(area))
        tried = body.model_dump(exclude={"weights"}, exclude_none=True)
        then = Bounds.model_validate(now.model_dump() | tried)
        found, movers = what_if([contender_of(case, own=True) for case in cases], stage.ties, now, then, body.weights)
        return WhatIfView(
            quota=then.quota, entries=_lines(found, {case.id: case for case in cases}), movers=tuple(movers)
        )

    async def standing(round_: str, area: str) -> tuple[Terms, stages.Shortlist, list[Case]]:
        """What the list is made from: the round, the stage, the cases in it."""
        terms, stage = await desk.stage(round_, area, stages.Shortlist)
        return terms, stage, await desk.store.cases_in(round_, area, stage.id)

    async def preview(round_: str, area: str) -> ShortlistView:
        terms, stage, cases = await standing(round_, area)
        ordered = ranking.order([contender_of(case, own=True) for case in cases], stage.ties)
        found = ranking.places(ordered, stage.ties, _bounds(stage, terms.quota(area)))
        return ShortlistView(
            shortlist=f"{round_}@{area}",
            round=round_,
            area=area,
            quota=terms.quota(area),
            sealed_at=None,
            reason=None,
            entries=_lines(found, {case.id: case for case in cases}),
            undecided=tuple(await desk.store.undecided(round_, area, stage.id)),
        )

    async def shown(sealed: Shortlist) -> ShortlistView:
        cases = {case.id: case for case in await desk.store.these(CASES, [place.case for place in sealed.places])}
        return ShortlistView(
            shortlist=sealed.id,
            round=sealed.round,
            area=sealed.area,
            quota=sealed.quota,
            sealed_at=sealed.sealed_at,
            reason=sealed.reason,
            entries=_lines(list(sealed.places), cases),
            undecided=sealed.undecided,
        )

    return routes


def _bounds(stage: stages.Shortlist, quota: int) -> Bounds:
    return Bounds(quota=quota, floor=stage.floor, reserves=stage.reserves, caps=stage.caps)


def _lines(found: list[ranking.Place], cases: dict[str, Case]) -> tuple[Line, ...]:
    return tuple(
        Line(
            case=place.case,
            chamber=cases[place.case].chamber if place.case in cases else None,
            points=str(place.points),
            rank=place.rank,
            nominated=place.nominated,
            reserve=place.reserve,
            doubts=len(cases[place.case].doubts) if place.case in cases else 0,
            why=place.why,
        )
        for place in found
    )
