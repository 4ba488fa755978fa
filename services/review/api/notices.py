"""Public notices 公示: open to all, with every version that was published."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import (
    Body,
    Desk,
    RoundQuery,
    Words,
    chosen,
    require_going_on,
    require_jurisdiction,
    text_or_none,
)
from services.review.domain import correcting
from services.review.domain import notice as notices
from services.review.domain.gates import require_checked
from services.review.domain.notice import Notice
from services.review.domain.objection import Heard
from services.review.domain.stages import PublicNotice
from services.review.store import CASES, NOTICES
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.notices import Candidate
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.runtime.access import allow, public
from shared.runtime.http import IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
Anyone = Annotated[Actor, public("公示向社会公开 / a public notice is public")]
_ENDED = ("declined", "withdrawn")


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


class CorrectBody(Body):
    """Correct a notice while it is open; the version before stays, for anyone to read."""

    reason: Words
    """Why; public."""
    title: Words | None = None
    """Its title from now on."""
    strike: tuple[str, ...] = Field(default=(), max_length=5000)
    """Cases to be struck off: withdrawn, or ended by a gate that was looked at again."""
    restart: bool = False
    """Whether the window begins anew, in full."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


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


class VersionLine(_View):
    """That a version was published."""

    number: int
    """Which, from 1; the highest stands."""
    at: Instant
    """When it was published."""
    reason: Text | None
    """Why it took the place of the one before; null for the first."""
    candidates: int
    """How many were on it."""


class VersionView(_View):
    """A version of a notice, as it was published."""

    notice: str
    """Id of the notice."""
    number: int
    """Which version, from 1."""
    current: bool
    """Whether it stands."""
    at: Instant
    """When it was published."""
    reason: Text | None
    """Why it took the place of the one before; null for the first."""
    title: Text
    """Its title."""
    closes: Instant
    """Until when."""
    candidates: tuple[Candidate, ...]
    """Who was on it."""


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
    anonymous: bool
    """Whether an objection without a name is taken."""
    candidates: tuple[Candidate, ...]
    """Who is on it."""
    version: int
    """Which version this is, from 1."""
    versions: tuple[VersionLine, ...]
    """What was published when, oldest first."""
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
            anonymous=stage.anonymous,
            candidates=() if await desk.store.get(NOTICES, id_) else await candidates(body, stage),
        )
        done = await desk.commands.do(
            NOTICES, id_, command, notices.open_, what="open-notice", by=by, idempotency_key=key
        )
        return shown(done.state or await desk.store.need(NOTICES, id_, "公示", "notice"))

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
        return Page(items=tuple(map(shown, found)), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{notice}", summary="一份公示 / one notice")
    async def read(notice: str, _by: Anyone) -> PublicView:
        return shown(await desk.store.need(NOTICES, notice, "公示", "notice"))

    @routes.get("/{notice}/versions/{number}", summary="公示的一个版本 / one version")
    async def version(notice: str, number: int, _by: Anyone) -> VersionView:
        found = await desk.store.need(NOTICES, notice, "公示", "notice")
        if not 1 <= number <= len(found.versions):
            raise missing("versions", str(number), "公示版本", "version of the notice")
        one = found.versions[number - 1]
        return VersionView(
            notice=notice,
            number=number,
            current=number == len(found.versions),
            at=one.at,
            reason=one.reason,
            title=one.title,
            closes=one.closes,
            candidates=one.candidates,
        )

    @routes.post("/{notice}/corrections", status_code=201, summary="更正公示 / correct a notice")
    async def correct(notice: str, body: CorrectBody, by: Officer, key: IdempotencyKey) -> PublicView:
        found = await desk.store.need(NOTICES, notice, "公示", "notice")
        require_jurisdiction(by, found.jurisdiction)
        _, stage = await desk.stage(found.round, found.jurisdiction, PublicNotice)
        struck = await desk.store.these(CASES, body.strike)
        command = correcting.Correct(
            by=by,
            reason=body.reason.text(),
            title=text_or_none(body.title),
            strike=body.strike,
            restart=body.restart,
            window_days=stage.window_days,
            ended=tuple(case.id for case in struck if case.status in _ENDED),
        )
        done = await desk.commands.do(
            NOTICES, notice, command, correcting.correct, what="correct-notice", by=by, idempotency_key=key
        )
        return shown(done.state or found)

    return routes


def shown(notice: Notice) -> PublicView:
    """A notice as anyone sees it: nothing of what objectors wrote or who they are."""
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
        anonymous=notice.anonymous,
        candidates=notice.candidates,
        version=len(notice.versions),
        versions=tuple(
            VersionLine(number=n, at=one.at, reason=one.reason, candidates=len(one.candidates))
            for n, one in enumerate(notice.versions, start=1)
        ),
        objections=objections,
    )
