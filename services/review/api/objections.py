"""Objections 异议: anyone objects, the office rules; it alone may see who objected, and that it looked is kept."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, Words, require_jurisdiction
from services.review.api.notices import PublicView, shown
from services.review.domain import objecting
from services.review.domain.notice import Notice
from services.review.domain.objection import Heard, Hearing, Looked, Objection, Ruling
from services.review.store import NOTICES
from shared.contracts.event import Instant
from shared.kernel.actor import Actor
from shared.runtime.access import allow, public
from shared.runtime.http import MAX_PUBLIC_BODY, IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]
Objector = Annotated[Actor, public("任何人均可提出异议 / anyone may object")]


class ObjectBody(Body):
    """Object."""

    case: str
    """The candidate's case, as on the notice."""
    text: str = Field(min_length=1, max_length=4000)
    """What there is to say; seen by the office only."""
    name: str | None = Field(default=None, min_length=2, max_length=100)
    """Who you are; left out: the objection is anonymous, if the notice takes such. Seen by the deciding office only."""
    contact: str | None = Field(default=None, min_length=2, max_length=200)
    """How the office may ask back; seen by the deciding office only."""
    withhold: bool = True
    """Whether the chamber concerned must not learn who you are. The public never does."""


class RulingBody(Body):
    """Rule on an objection."""

    outcome: Literal["upheld", "dismissed"]
    """成立 or 不成立."""
    reason: Words
    """Why; public, and without the name of an objector who is withheld."""


class HearingBody(Body):
    """A hearing was held on an objection."""

    held: Instant
    """When."""
    heard: tuple[Heard, ...] = Field(min_length=1, max_length=4)
    """Who was heard; public, as roles."""
    record: str = Field(min_length=1, max_length=20_000)
    """What was said; for the office only."""


class IdentityBody(Body):
    """See who objected."""

    reason: str = Field(min_length=1, max_length=500)
    """Why it is needed; goes on record with who asked and when."""


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


class Identity(_View):
    """Who objected."""

    name: str | None
    """As they gave it; null: they gave none."""
    contact: str | None
    """How to reach them; null: they did not say."""
    withheld: bool
    """Whether the chamber concerned must not learn it."""


class OfficeObjection(_View):
    """An objection as the office sees it: what was said, not by whom."""

    number: int
    """Its number on this notice."""
    case: str
    """The candidate objected to."""
    text: str
    """What was said."""
    at: Instant
    """When it was filed."""
    rule_by: Instant
    """Until when the office has to rule."""
    anonymous: bool
    """Whether there is nothing to tell who objected."""
    withheld: bool
    """Whether the chamber concerned must not learn who objected."""
    looks: tuple[Looked, ...]
    """Who of the office has seen who objected, when and why."""
    hearing: Hearing | None
    """The hearing, if there was one."""
    ruling: Ruling | None
    """The answer."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/notices/{notice}/objections", tags=["异议 / objections"])

    @routes.post("", status_code=201, max_body_size=MAX_PUBLIC_BODY, summary="提出异议 / object")
    async def object_(notice: str, body: ObjectBody, by: Objector, key: IdempotencyKey) -> Filed:
        await desk.store.need(NOTICES, notice, "公示", "notice")
        command = objecting.Object(by=by, **dict(body))
        done = await desk.commands.do(
            NOTICES, notice, command, objecting.object_, what="object", by=by, idempotency_key=key
        )
        state = done.state or await desk.store.need(NOTICES, notice, "公示", "notice")
        mine = next(o for o in reversed(state.objections) if _is(o, body))
        return Filed(notice=notice, number=mine.number, at=mine.at)

    @routes.get("", summary="异议内容（主办工商联） / what was said, for the office in charge")
    async def objections(notice: str, by: Officer) -> tuple[OfficeObjection, ...]:
        return tuple(_for_office(objection) for objection in (await ours(notice, by)).objections)

    @routes.post("/{number}/identity", summary="查看异议人身份（留痕） / see who objected; it is recorded")
    async def identity(notice: str, number: int, body: IdentityBody, by: Officer, key: IdempotencyKey) -> Identity:
        found = await ours(notice, by)
        command = objecting.Look(by=by, number=number, reason=body.reason)
        done = await desk.commands.do(
            NOTICES, notice, command, objecting.look, what="see-objector", by=by, idempotency_key=key
        )
        one = next(o for o in (done.state or found).objections if o.number == number)
        return Identity(name=one.name, contact=one.contact, withheld=one.withheld)

    @routes.post("/{number}/hearing", summary="登记听证 / enter a hearing")
    async def hear(notice: str, number: int, body: HearingBody, by: Officer, key: IdempotencyKey) -> PublicView:
        found = await ours(notice, by)
        command = objecting.Hear(by=by, number=number, held=body.held, heard=body.heard, record=body.record)
        done = await desk.commands.do(NOTICES, notice, command, objecting.hear, what="hear", by=by, idempotency_key=key)
        return shown(done.state or found)

    @routes.post("/{number}/ruling", summary="裁定 / rule")
    async def rule(notice: str, number: int, body: RulingBody, by: Officer, key: IdempotencyKey) -> PublicView:
        found = await ours(notice, by)
        command = objecting.Rule(by=by, number=number, outcome=body.outcome, reason=body.reason.text())
        done = await desk.commands.do(NOTICES, notice, command, objecting.rule, what="rule", by=by, idempotency_key=key)
        return shown(done.state or found)

    async def ours(notice: str, by: Actor) -> Notice:
        """The notice, if it is the caller's federation that decides."""
        found = await desk.store.need(NOTICES, notice, "公示", "notice")
        require_jurisdiction(by, found.jurisdiction)
        return found

    return routes


def _is(objection: Objection, body: ObjectBody) -> bool:
    said = (objection.case, objection.text, objection.name, objection.contact)
    return said == (body.case, body.text, body.name, body.contact)


def _for_office(objection: Objection) -> OfficeObjection:
    return OfficeObjection(
        number=objection.number,
        case=objection.case,
        text=objection.text,
        at=objection.at,
        rule_by=objection.rule_by,
        anonymous=objection.anonymous,
        withheld=objection.withheld,
        looks=objection.looks,
        hearing=objection.hearing,
        ruling=objection.ruling,
    )
