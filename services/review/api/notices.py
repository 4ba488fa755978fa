"""Public notices 公示: open to all, anyone may object, the office rules.

What an objector wrote and how to reach them is shown to the office alone.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, RoundQuery, Words, chosen, require_going_on, require_jurisdiction
from services.review.domain import notice as notices
from services.review.domain.gates import require_checked
from services.review.domain.notice import Notice
from services.review.domain.objection import Heard, Objection
from services.review.domain.stages import PublicNotice
from services.review.store import NOTICES
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.notices import Candidate
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import allow, public
from shared.runtime.http import MAX_PUBLIC_BODY, IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
Anyone = Annotated[Actor, public("公示向社会公开 / a public notice is public")]
Objector = Annotated[Actor, public("任何人均可提出异议 / anyone may object")]


class OpenBody(Body):
    """Open a notice."""

    round: str
    """Code of the round."""
    jurisdiction: Area = CENTRE
    """Whose notice."""
    number: int = Field(default=1, ge=1, le=99)
    """Which notice of the round."""
    title: Words | None = None
    """Its title; left out: made from the round's."""
    cases: tuple[str, ...] | None = None
    """The cases; left out: all that were elected and are on no notice yet."""


class ObjectBody(Body):
    """Object."""

    case: str
    """The candidate's case, as on the notice."""
    text: str = Field(min_length=1, max_length=4000)
    """What there is to say; seen by the office only."""
    contact: str | None = Field(default=None, max_length=200)
    """How the office may ask back; seen by the office only."""


class RulingBody(Body):
    """Rule on an objection."""

    outcome: Literal["upheld", "dismissed"]
    """成立 or 不成立."""
    reason: Words
    """Why; public."""


class HearingBody(Body):
    """A hearing was held on an objection."""

    held: Instant
    """When."""
    heard: tuple[Heard, ...] = Field(min_length=1, max_length=4)
    """Who was heard; public, as roles."""
    record: str = Field(min_length=1, max_length=20_000)
    """What was said; for the office only."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Filed(_View):
    """The objector's receipt."""

    notice: str
    """Id of the notice."""
    number: int
    """The objection's number."""
    at: Instant
    """When it was taken."""


class PublicObjection(_View):
    """An objection as anyone sees it."""

    number: int
    """Its number."""
    case: str
    """Against whom."""
    at: Instant
    """When it was filed."""
    heard: tuple[Heard, ...]
    """Who was heard on it, if there was a hearing."""
    outcome: Literal["upheld", "dismissed"] | None
    """How it was ruled on; null: not yet."""
    reason: Text | None
    """Why."""


class PublicView(_View):
    """A notice as anyone sees it."""

    id: str
    """Its id."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose notice."""
    title: Text
    """Its title."""
    opens: Instant
    """From when."""
    closes: Instant
    """Until when."""
    status: Literal["open", "ruling", "closed"]
    """Where it stands."""
    candidates: tuple[Candidate, ...]
    """Who is on it."""
    objections: tuple[PublicObjection, ...]
    """Objections, by number."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/notices", tags=["公示 / public notices"])

    @routes.post("", status_code=201, summary="发布公示 / open a notice")
    async def open_(body: OpenBody, by: Officer, key: IdempotencyKey) -> PublicView:
        require_jurisdiction(by, body.jurisdiction)
        terms, stage = await desk.stage(body.round, body.jurisdiction, PublicNotice)
        id_ = f"{body.round}@{body.jurisdiction}-{body.number}"
        title = terms.round.title
        command = notices.Open(
            by=by,
            id=id_,
            round=body.round,
            jurisdiction=body.jurisdiction,
            title=body.title.text()
            if body.title
            else Text(zh=f"{title.zh}拟认定名单公示", en=f"{title.en}: public notice of candidates"),
            asked=body.cases,
            window_days=stage.window_days,
            ruling_days=stage.ruling_days,
            hearing=stage.hearing,
            candidates=() if await desk.store.get(NOTICES, id_) else await candidates(body, stage),
        )
        done = await desk.commands.do(
            NOTICES, id_, command, notices.open_, what="open-notice", by=by, idempotency_key=key
        )
        return _public(done.state or await desk.store.need(NOTICES, id_, "公示", "notice"))

    async def candidates(body: OpenBody, stage: PublicNotice) -> tuple[Candidate, ...]:
        """Elected cases that are on no notice yet."""
        elected = await desk.store.cases_in(body.round, body.jurisdiction, stage.id)
        taken = await desk.store.on_notices([case.id for case in elected])
        available = chosen(body.cases, [case for case in elected if case.id not in taken])
        await require_going_on(desk, available)
        if stage.gates_again:
            require_checked(available)
        return tuple(
            Candidate(case=case.id, chamber=case.chamber, points=case.score.total) for case in available if case.score
        )

    @routes.get("", summary="公示列表 / list")
    async def listing(_by: Anyone, page: Annotated[RoundQuery, Query()]) -> Page[PublicView]:
        where = {"state.round": page.round} if page.round else {}
        found = await desk.store.page(NOTICES, where, limit=page.limit, after=page.after)
        return Page(items=tuple(map(_public, found)), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{notice}", summary="一份公示 / one notice")
    async def read(notice: str, _by: Anyone) -> PublicView:
        return _public(await desk.store.need(NOTICES, notice, "公示", "notice"))

    @routes.post("/{notice}/objections", status_code=201, max_body_size=MAX_PUBLIC_BODY, summary="提出异议 / object")
    async def object_(notice: str, body: ObjectBody, by: Objector, key: IdempotencyKey) -> Filed:
        await desk.store.need(NOTICES, notice, "公示", "notice")
        command = notices.Object(by=by, case=body.case, text=body.text, contact=body.contact)
        done = await desk.commands.do(
            NOTICES, notice, command, notices.object_, what="object", by=by, idempotency_key=key
        )
        state = done.state or await desk.store.need(NOTICES, notice, "公示", "notice")
        mine = next(
            o for o in reversed(state.objections) if (o.case, o.text, o.contact) == (body.case, body.text, body.contact)
        )
        return Filed(notice=notice, number=mine.number, at=mine.at)

    @routes.get("/{notice}/objections", summary="异议全文（工作人员） / objections in full, for the office")
    async def objections(notice: str, by: Officer) -> tuple[Objection, ...]:
        found = await desk.store.need(NOTICES, notice, "公示", "notice")
        require_jurisdiction(by, found.jurisdiction)
        return found.objections

    @routes.post("/{notice}/objections/{number}/hearing", summary="登记听证 / enter a hearing")
    async def hear(notice: str, number: int, body: HearingBody, by: Officer, key: IdempotencyKey) -> PublicView:
        found = await desk.store.need(NOTICES, notice, "公示", "notice")
        require_jurisdiction(by, found.jurisdiction)
        command = notices.Hear(by=by, number=number, held=body.held, heard=body.heard, record=body.record)
        done = await desk.commands.do(NOTICES, notice, command, notices.hear, what="hear", by=by, idempotency_key=key)
        return _public(done.state or found)

    @routes.post("/{notice}/objections/{number}/ruling", summary="裁定 / rule")
    async def rule(notice: str, number: int, body: RulingBody, by: Officer, key: IdempotencyKey) -> PublicView:
        found = await desk.store.need(NOTICES, notice, "公示", "notice")
        require_jurisdiction(by, found.jurisdiction)
        command = notices.Rule(by=by, number=number, outcome=body.outcome, reason=body.reason.text())
        done = await desk.commands.do(NOTICES, notice, command, notices.rule, what="rule", by=by, idempotency_key=key)
        return _public(done.state or found)

    return routes


def _public(notice: Notice) -> PublicView:
    objections = tuple(
        PublicObjection(
            number=o.number,
            case=o.case,
            at=o.at,
            heard=o.hearing.heard if o.hearing else (),
            outcome=o.ruling.outcome if o.ruling else None,
            reason=o.ruling.reason if o.ruling else None,
        )
        for o in notice.objections
    )
    return PublicView(
        id=notice.id,
        round=notice.round,
        jurisdiction=notice.jurisdiction,
        title=notice.title,
        opens=notice.opens,
        closes=notice.closes,
        status=notice.status,
        candidates=notice.candidates,
        objections=objections,
    )
