"""Improvement plans 改进方案: officers draw them up and follow them, secretaries read theirs and report."""

from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from services.scoring.api.desk import Body, Desk, Words
from services.scoring.domain.drawing_up import DrawUp, Entry, draw_up
from services.scoring.domain.following import Amend, Close, ReportDone, Rescore, amend, close, report, rescore
from services.scoring.domain.plan import Name, Plan, Status, plan_id
from services.scoring.domain.standing import standing_of
from services.scoring.store import PLANS, plan_filter
from shared.contracts.event import CreditCode, Sha256
from shared.kernel.actor import Actor
from shared.kernel.change import Decider
from shared.kernel.command import Command
from shared.runtime.access import allow, require_area, require_chamber
from shared.runtime.http import IdempotencyKey, Page, PageRequest

C = TypeVar("C", bound=Command)
Officer = Annotated[Actor, allow(officer="own area")]
Either = Annotated[Actor, allow(secretary="own chamber", officer="own area")]


Said = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
"""What a person says; blanks alone say nothing."""


class PlanQuery(PageRequest):
    """Which plans."""

    chamber: CreditCode | None = None
    """Of this chamber."""
    status: Status | None = None
    """Where they stand."""


class EntryBody(Body):
    """One item of a plan."""

    item: str = Field(max_length=40)
    """Code of an item that fell short, or of a gate that keeps out."""
    guide: Name
    """Who helps, by name; seen only by the federation and the chamber."""
    target: date
    """By when."""
    proof: Words
    """The proof that is wanted."""
    cause: Words | None = None
    """Why it falls short, if the officer knows better than the scorecard."""
    remedy: Words | None = None
    """What is to be done, if it is more than the scorecard says."""

    def entry(self) -> Entry:
        """As the decider reads it."""
        return Entry(
            item=self.item,
            guide=self.guide,
            target=self.target,
            proof=self.proof.text(),
            cause=self.cause.text() if self.cause else None,
            remedy=self.remedy.text() if self.remedy else None,
        )


class PlanBody(Body):
    """A plan to draw up."""

    application: str
    """Id of the application whose scorecard it begins with."""
    digest: Sha256
    """Digest of that scorecard, as it was read."""
    items: tuple[EntryBody, ...] = Field(min_length=1, max_length=200)
    """What is to be improved."""


class ReportBody(Body):
    """What was done on an item."""

    item: str = Field(max_length=40)
    """Code of the item."""
    on: date
    """The day it was done."""
    evidence: tuple[Sha256, ...] = Field(default=(), max_length=50)
    """SHA-256 of the files that prove it."""
    words: Said = ""
    """What was done."""


class AmendBody(Body):
    """Guide and date of an item, as they are to be."""

    guide: Name
    """Who helps, by name."""
    target: date
    """By when."""


class CloseBody(Body):
    """The end of a plan."""

    words: Said = ""
    """What came of it; needed if something is left undone."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/plans", tags=["改进方案 / improvement plans"])

    async def readable(plan: str, by: Actor) -> Plan:
        found = await desk.store.need(PLANS, plan, "改进方案", "plan")
        require_area(by, found.chamber.area)
        require_chamber(by, found.chamber.code)
        return found

    async def act(plan: Plan, command: C, decide: Decider[Plan, C], *, what: str, key: str) -> Plan:
        done = await desk.commands.do(PLANS, plan.id, command, decide, what=what, by=command.by, idempotency_key=key)
        return done.state or plan

    @routes.get("", summary="改进方案 / plans")
    async def listing(by: Either, query: Annotated[PlanQuery, Query()]) -> Page[Plan]:
        """The plans of one's chamber, or of the chambers of one's area, by id."""
        where = plan_filter(by, chamber=query.chamber, status=query.status)
        found = await desk.store.plans(where, limit=query.limit, after=query.after)
        return Page(items=tuple(found), next=found[-1].id if len(found) == query.limit else None)

    @routes.post("", status_code=201, summary="制定方案 / draw up")
    async def draw(body: PlanBody, by: Officer, key: IdempotencyKey) -> Plan:
        """A plan from a scorecard: cause, remedy, guide, date and proof for each item."""
        record = await desk.readable(body.application, by)
        standing = standing_of(record, await desk.measured(record))
        entries = tuple(item.entry() for item in body.items)
        command = DrawUp(by=by, application=body.application, digest=body.digest, entries=entries, standing=standing)
        id_ = plan_id(body.application, body.digest)
        done = await desk.commands.do(PLANS, id_, command, draw_up, what="draw-up", by=by, idempotency_key=key)
        return done.state or await desk.store.need(PLANS, id_, "改进方案", "plan")

    @routes.get("/{plan}", summary="一份方案 / one of them")
    async def read(plan: str, by: Either) -> Plan:
        return await readable(plan, by)

    @routes.post("/{plan}/reports", summary="报告进展 / report progress")
    async def report_(plan: str, body: ReportBody, by: Either, key: IdempotencyKey) -> Plan:
        command = ReportDone(by=by, **dict(body))
        return await act(await readable(plan, by), command, report, what="report", key=key)

    @routes.put("/{plan}/items/{item}", summary="更换指导人或期限 / another guide or date")
    async def amend_(plan: str, item: str, body: AmendBody, by: Officer, key: IdempotencyKey) -> Plan:
        command = Amend(by=by, item=item, guide=body.guide, target=body.target)
        return await act(await readable(plan, by), command, amend, what="amend", key=key)

    @routes.post("/{plan}/rescore", summary="重新评分对比 / compare with the newest scorecard")
    async def rescore_(plan: str, by: Officer, key: IdempotencyKey) -> Plan:
        """Points then and now, item by item, by the chamber's newest scorecard."""
        found = await readable(plan, by)
        record = await desk.store.newest(found.chamber.code)
        newest = standing_of(record, await desk.measured(record))
        return await act(found, Rescore(by=by, newest=newest), rescore, what="rescore", key=key)

    @routes.post("/{plan}/close", summary="结案 / close")
    async def close_(plan: str, body: CloseBody, by: Officer, key: IdempotencyKey) -> Plan:
        return await act(await readable(plan, by), Close(by=by, words=body.words), close, what="close", key=key)

    return routes
