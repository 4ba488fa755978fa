"""Draws 抽签: the seed promised by its hash, the pool frozen; then the seed told, and the result.

Anyone sees what was promised and, once told, the seed. The pool is for the office and for the experts in it.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, RoundQuery, Words, chosen, require_jurisdiction
from services.review.domain import draw as draws
from services.review.domain.draw import Draw
from services.review.domain.expert import Expert, eligible
from services.review.domain.stages import ExpertPanel
from services.review.store import DRAWS
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant, Sha256
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.runtime.access import allow, public
from shared.runtime.http import IdempotencyKey, Page

Officer = Annotated[Actor, allow(officer="own area")]
InPool = Annotated[Actor, allow(officer="own area", expert="self", operator="any area")]
Anyone = Annotated[Actor, public("承诺与种子向社会公开 / promise and seed are public")]


class CommitBody(Body):
    """Promise a seed."""

    round: str
    """Code of the round."""
    jurisdiction: Area = CENTRE
    """Whose draw."""
    number: int = Field(default=1, ge=1, le=99)
    """Which draw of the round."""
    purpose: Words
    """What it is for."""
    commitments: tuple[Sha256, ...] = Field(min_length=1, max_length=9)
    """The SHA-256 of every party's part of the seed, in order; two parties at the least are advised."""
    count: int = Field(ge=1, le=999)
    """How many experts are drawn."""
    strata: dict[Area, Annotated[int, Field(ge=1, le=999)]] = Field(default={}, max_length=40)
    """From which province at least how many."""
    field: str | None = None
    """What they must know; left out: anything."""
    cases: tuple[str, ...] = Field(default=(), max_length=2000)
    """Cases before the experts; who has to stand aside in one of them is not in the pool."""


class RevealBody(Body):
    """Tell the seed."""

    seeds: tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...] = Field(min_length=1, max_length=9)
    """Its parts, in the order of the promises, letter by letter."""


class DrawView(BaseModel):
    """A draw as anyone sees it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    """Its id."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose draw."""
    purpose: Text
    """What it is for."""
    commitments: tuple[Sha256, ...]
    """The SHA-256 of every part of the seed."""
    pool_hash: Sha256
    """The digest of the pool."""
    size: int
    """How many are in the pool."""
    aside: int
    """How many are not, because they have to stand aside."""
    count: int
    """How many are drawn."""
    strata: dict[str, int]
    """From which province at least how many."""
    committed: Instant
    """When the seed was promised and the pool frozen."""
    seeds: tuple[str, ...]
    """The parts of the seed, once they are told."""
    revealed: Instant | None
    """When that was."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/draws", tags=["抽签 / draws"])

    @routes.post("", status_code=201, summary="承诺种子并冻结名单 / promise a seed, freeze the pool")
    async def commit(body: CommitBody, by: Officer, key: IdempotencyKey) -> Draw:
        require_jurisdiction(by, body.jurisdiction)
        _, stage = await desk.stage(body.round, body.jurisdiction, ExpertPanel)
        id_ = f"{body.round}@{body.jurisdiction}-{body.number}"
        known = await desk.store.get(DRAWS, id_)  # of a draw that is asked for again the cases may have gone on
        chambers = set[str]() if known else await chambers_of(body, stage)
        pool, aside = eligible(await desk.store.pool(body.field), chambers, desk.clock.now(), stage.look_back_years)
        command = draws.Commit(
            by=by,
            id=id_,
            round=body.round,
            jurisdiction=body.jurisdiction,
            purpose=body.purpose.text(),
            commitments=body.commitments,
            count=body.count,
            strata=body.strata,
            field=body.field,
            cases=body.cases,
            pool=tuple(map(Expert.entry, pool)),
            aside=len(aside),
        )
        done = await desk.commands.do(DRAWS, id_, command, draws.commit, what="commit", by=by, idempotency_key=key)
        return done.state or await desk.store.need(DRAWS, id_, "抽签", "draw")

    async def chambers_of(body: CommitBody, stage: ExpertPanel) -> set[str]:
        """Credit codes of the chambers whose cases the draw is for."""
        if not body.cases:
            return set()
        waiting = await desk.store.cases_in(body.round, body.jurisdiction, stage.id)
        return {case.chamber.code for case in chosen(body.cases, waiting)}

    @routes.get("", summary="抽签列表 / list")
    async def listing(_by: Anyone, page: Annotated[RoundQuery, Query()]) -> Page[DrawView]:
        where = {"state.round": page.round} if page.round else {}
        found = await desk.store.page(DRAWS, where, limit=page.limit, after=page.after)
        return Page(items=tuple(map(_public, found)), next=found[-1].id if len(found) == page.limit else None)

    @routes.get("/{draw}", summary="一次抽签 / one draw")
    async def read(draw: str, _by: Anyone) -> DrawView:
        return _public(await desk.store.need(DRAWS, draw, "抽签", "draw"))

    @routes.get("/{draw}/pool", summary="名单与结果 / pool and result")
    async def pool(draw: str, by: InPool) -> Draw:
        found = await desk.store.need(DRAWS, draw, "抽签", "draw")
        if by.role == "expert" and by.id not in {entry.id for entry in found.pool}:
            raise missing("draws", draw, "抽签", "draw")
        require_jurisdiction(by, found.jurisdiction)
        return found

    @routes.post("/{draw}/reveal", summary="揭晓种子并抽出 / tell the seed, draw")
    async def reveal(draw: str, body: RevealBody, by: Officer, key: IdempotencyKey) -> Draw:
        found = await desk.store.need(DRAWS, draw, "抽签", "draw")
        require_jurisdiction(by, found.jurisdiction)
        command = draws.Reveal(by=by, seeds=body.seeds)
        done = await desk.commands.do(DRAWS, draw, command, draws.reveal, what="reveal", by=by, idempotency_key=key)
        return done.state or found

    return routes


def _public(draw: Draw) -> DrawView:
    """All but who is in the pool, who is drawn, and who entered it."""
    return DrawView(size=len(draw.pool), **draw.model_dump(include=set(DrawView.model_fields)))
