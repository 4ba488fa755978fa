"""The leaders' meeting 主席办公会议: what it decided on the committee's list, with the number of its document."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from services.review.api.desk import Body, Desk, RoundQuery, Words, require_jurisdiction
from services.review.domain.leadership import Leadership, Refusal, Resolve, resolve
from services.review.domain.stages import LeadershipDecision
from services.review.store import LEADERSHIPS
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.kernel.actor import Actor
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
Office = Annotated[Actor, allow(officer="own area", operator="any area")]


class RefusalBody(Body):
    """A case that was not approved."""

    case: str
    """Id of the case."""
    reason: Words
    """Why; the chamber reads it."""


class ResolveBody(Body):
    """What the meeting decided; whatever is not named was approved."""

    round: str
    """Code of the round."""
    jurisdiction: Area = CENTRE
    """Whose leaders."""
    number: int = Field(default=1, ge=1, le=99)
    """Which meeting of the round."""
    document: str = Field(min_length=1, max_length=100)
    """Number of the meeting's document."""
    held: Instant
    """When it was held."""
    not_approved: tuple[RefusalBody, ...] = Field(default=(), max_length=5000)
    """Every departure from the committee's list, with its reason."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/leadership-decisions", tags=["主席办公会议 / leaders' meeting"])

    @routes.post("", status_code=201, summary="登记审议结果 / enter a decision")
    async def enter(body: ResolveBody, by: Officer, key: IdempotencyKey) -> Leadership:
        require_jurisdiction(by, body.jurisdiction)
        _, stage = await desk.stage(body.round, body.jurisdiction, LeadershipDecision)
        id_ = f"{body.round}@{body.jurisdiction}-{body.number}"
        known = await desk.store.get(LEADERSHIPS, id_)
        standing = await desk.store.cases_in(body.round, body.jurisdiction, stage.id)
        command = Resolve(
            by=by,
            id=id_,
            round=body.round,
            jurisdiction=body.jurisdiction,
            document=body.document,
            held=body.held,
            not_approved=tuple(Refusal(case=one.case, reason=one.reason.text()) for one in body.not_approved),
            standing=() if known else tuple(case.id for case in standing),
        )
        done = await desk.commands.do(LEADERSHIPS, id_, command, resolve, what="resolve", by=by, idempotency_key=key)
        return done.state or await desk.store.need(LEADERSHIPS, id_, "审议结果", "decision")

    @routes.get("", summary="审议结果列表 / list")
    async def listing(by: Office, page: Annotated[RoundQuery, Query()]) -> Page[Leadership]:
        where = {"state.round": page.round} if page.round else {}
        if by.role == "officer":
            where = {**where, "state.jurisdiction": by.area or ""}
        found = await desk.store.page(LEADERSHIPS, where, limit=page.limit, after=page.after)
        return Page(items=tuple(found), next=found[-1].id if len(found) == page.limit else None)

    return routes
