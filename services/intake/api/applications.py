"""Applications 申报: begin, hand in, withdraw; and read."""

from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Query
from pydantic import Field

from services.intake.api import views
from services.intake.api.access import Reader, Secretary, admitted, existing, permitted, shown, theirs
from services.intake.api.chambers import unknown_chamber
from services.intake.api.rounds import unknown_round
from services.intake.domain import refusals, submitting
from services.intake.domain.application import Application, Status, application_id
from services.intake.domain.receipt import Submission
from services.intake.domain.round import PlannedRound
from services.intake.store import APPLICATIONS, IntakeStore
from shared.contracts import CENTRE, Area, Chamber
from shared.runtime.access import require_area, require_chamber
from shared.runtime.commands import Commands, Done
from shared.runtime.http import IdempotencyKey, Page, PageRequest


class ApplicationQuery(PageRequest):
    """Which applications are asked for."""

    round: str | None = Field(default=None, max_length=40)
    status: Status | None = None
    area: Area | None = None


def router(store: IntakeStore, commands: Commands) -> APIRouter:
    """`/applications`."""
    routes = APIRouter(prefix="/applications", tags=["申报 / applications"])

    @routes.post("", status_code=201, summary="开始申报 / begin")
    async def begin(body: submitting.Start, by: Secretary) -> views.ApplicationView:
        """Begin a draft; one that was begun is answered as it is, one that was withdrawn is not begun again."""
        require_chamber(by, body.chamber)
        planned, chamber = await _context(store, body.round, body.chamber)
        application = application_id(body.round, body.chamber)
        decide = submitting.starting(planned, chamber)
        return shown(await commands.do(APPLICATIONS, application, body, decide, what="begin", by=by))

    @routes.get("", summary="申报列表 / list")
    async def listing(asked: Annotated[ApplicationQuery, Query()], by: Reader) -> Page[views.ApplicationRow]:
        """A secretary's own applications; an officer's area's."""
        within = asked.area or by.area or CENTRE
        require_area(by, within)
        own = (by.chamber or "") if by.role == "secretary" else None
        found = await store.applications(
            area=within,
            chamber=own,
            round_=asked.round,
            status=asked.status,
            limit=asked.limit + 1,
            after=asked.after,
        )
        part = found[: asked.limit]
        more = part[-1][0] if len(found) > asked.limit else None
        return Page(items=tuple(views.row(application) for _, application in part), next=more)

    @routes.get("/{application}", summary="查询申报 / one application")
    async def one(application: str, by: Reader) -> views.ApplicationView:
        """An application as it stands."""
        return views.view(await permitted(store, application, by), private=by.role == "secretary")

    @routes.post("/{application}/submit", status_code=202, summary="提交 / hand in")
    async def submit(
        application: str, body: submitting.Submit, by: Secretary, key: IdempotencyKey
    ) -> views.SubmissionView:
        """Hand in; the answer, with its receipt, comes once the application is durably stored."""
        head = await admitted(store, application, by)
        planned, chamber = await _context(store, head.round, head.chamber.code)
        decide = submitting.submitting(planned, chamber)
        done = await commands.do(APPLICATIONS, application, body, decide, what="submit", by=by, idempotency_key=key)
        after, handed_in = existing(done), _handed_in(done)
        if handed_in is None:
            raise refusals.late(planned.round, cast("datetime", after.late_at))
        return views.SubmissionView(application=application, revision=handed_in.revision, receipt=handed_in.receipt)

    @routes.post("/{application}/withdraw", summary="撤回 / withdraw")
    async def withdraw(
        application: str, body: submitting.Withdraw, by: Secretary, key: IdempotencyKey
    ) -> views.ApplicationView:
        """Take it back, until it is on public notice; for this round that is for good."""
        await admitted(store, application, by)
        return shown(
            await commands.do(
                APPLICATIONS, application, body, submitting.withdraw, what="withdraw", by=by, idempotency_key=key
            )
        )

    @routes.get("/{application}/timeline", summary="时间线 / timeline")
    async def timeline(application: str, by: Reader) -> views.TimelineView:
        """What happened to it, oldest first."""
        return views.timeline(theirs(await store.timeline(application), by))

    @routes.get("/{application}/history", summary="留痕 / history")
    async def history(application: str, by: Reader) -> views.HistoryView:
        """Every change, and whether the chain holds."""
        await admitted(store, application, by)
        return views.history(*await store.recorded(application))

    return routes


async def _context(store: IntakeStore, round_: str, chamber: str) -> tuple[PlannedRound, Chamber]:
    """The round, and the chamber as it is registered now.

    Raises:
        NotFound: there is no such round or chamber.
        Refused: the chamber was merged into another.
    """
    planned = await store.opened(round_)
    if planned is None:
        raise unknown_round(round_)
    registered = await store.chamber(chamber)
    if registered is None:
        raise unknown_chamber(chamber)
    if registered.merged:
        raise refusals.merged(registered.chamber, registered.merged.into, registered.merged.document)
    return planned, registered.chamber


def _handed_in(done: Done[Application]) -> Submission | None:
    """The revision that a submission made, also when it is asked for again; None if it came too late."""
    at = datetime.fromisoformat(done.entry.at) if done.entry else None
    return next((s for s in existing(done).submissions if s.receipt.at == at), None)
