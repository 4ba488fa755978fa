"""Announcements 通报: the result of a round, with the number of its document."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.decided import frozen
from services.review.api.desk import Body, Desk, RoundQuery, Words, chosen, require_going_on, require_jurisdiction
from services.review.api.turns import turn
from services.review.domain import announcement as announcements
from services.review.domain import distinction as distinctions
from services.review.domain import stages
from services.review.domain.announcement import Announced
from services.review.domain.gates import require_checked
from services.review.domain.ranking import contender_of
from services.review.store import ANNOUNCEMENTS
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.notices import Decisions, Distinction
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import allow, public
from shared.runtime.http import IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
Anyone = Annotated[Actor, public("通报向社会公开 / an announcement is public")]


class AnnounceBody(Body):
    """Announce."""

    round: str
    """Code of the round."""
    jurisdiction: Area = CENTRE
    """Who announces."""
    number: int = Field(default=1, ge=1, le=99)
    """Which announcement of the round."""
    document: str = Field(min_length=1, max_length=100)
    """Number of the official document."""
    title: Words
    """Its title."""
    cases: tuple[str, ...] | None = None
    """The cases; left out: all that were cleared by a public notice."""


class AnnouncedView(BaseModel):
    """An announcement as anyone sees it."""

    model_config = ConfigDict(frozen=True)

    id: str
    round: str
    jurisdiction: Area
    document: str
    title: Text
    cases: tuple[str, ...]
    decisions: Decisions | None
    distinction: Distinction | None
    at: Instant


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/announcements", tags=["通报 / announcements"])

    @routes.post("", status_code=201, summary="发布通报 / announce")
    async def announce(body: AnnounceBody, by: Officer, key: IdempotencyKey) -> AnnouncedView:
        require_jurisdiction(by, body.jurisdiction)
        terms, stage = await desk.stage(body.round, body.jurisdiction, stages.Announcement)
        id_ = f"{body.round}@{body.jurisdiction}-{body.number}"
        async with turn(desk, "announce", f"{body.round}@{body.jurisdiction}", by, key):  # a quota is used up
            made = await announced(body, terms.round.honour, stage, by, id_)
            done = await desk.commands.do(
                ANNOUNCEMENTS, id_, made, announcements.announce, what="announce", by=by, idempotency_key=key
            )
        return _public(done.state or await desk.store.need(ANNOUNCEMENTS, id_, "通报", "announcement"))

    async def announced(
        body: AnnounceBody, honour: str, stage: stages.Announcement, by: Actor, id_: str
    ) -> announcements.Announce:
        """What is announced: of those who were cleared, who was not on an earlier announcement of the round."""
        earlier = await desk.store.announced(body.round, body.jurisdiction)
        known = any(one.id == id_ for one in earlier)
        waiting = [] if known else await desk.store.cases_in(body.round, body.jurisdiction, stage.id)
        granted_before = {case for one in earlier for case in one.cases}
        cleared = [] if known else chosen(body.cases, [case for case in waiting if case.id not in granted_before])
        await require_going_on(desk, cleared)
        if stage.gates_again:
            require_checked(cleared)
        granted = tuple(case.id for case in cleared)
        distinction = None
        if stage.distinction and granted:
            given = [one.distinction for one in earlier if one.distinction]
            distinction = distinctions.rank(honour, stage.distinction, list(map(contender_of, cleared)), given)
        return announcements.Announce(
            by=by,
            id=id_,
            round=body.round,
            jurisdiction=body.jurisdiction,
            document=body.document,
            title=body.title.text(),
            asked=body.cases,
            cases=granted,
            decisions=await frozen(desk, by, body.round, body.jurisdiction, granted) if granted else None,
            distinction=distinction,
        )

    @routes.get("", summary="通报列表 / list")
    async def listing(_by: Anyone, page: Annotated[RoundQuery, Query()]) -> Page[AnnouncedView]:
        where = {"state.round": page.round} if page.round else {}
        found = await desk.store.page(ANNOUNCEMENTS, where, limit=page.limit, after=page.after)
        return Page(items=tuple(map(_public, found)), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{announcement}", summary="一份通报 / one of them")
    async def read(announcement: str, _by: Anyone) -> AnnouncedView:
        return _public(await desk.store.need(ANNOUNCEMENTS, announcement, "通报", "announcement"))

    return routes


def _public(made: Announced) -> AnnouncedView:
    """All but who entered it, and what the distinction was computed from."""
    plain = made.model_dump(exclude={"by", "distinction"})
    return AnnouncedView(**plain, distinction=made.distinction.public() if made.distinction else None)
