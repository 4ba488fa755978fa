"""Exemplars 互学互促: chambers consent clause by clause; officers find the nearest for every weak clause."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.scoring.api.desk import Desk
from services.scoring.domain.exemplar import (
    Agreed,
    ClauseResult,
    Consent,
    Exemplar,
    Near,
    Revoke,
    clause_results,
    consent,
    near,
    nearest,
    revoke,
)
from services.scoring.store import EXEMPLARS
from shared.contracts.chambers import Chamber
from shared.contracts.event import CreditCode
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import allow, require_area, require_chamber
from shared.runtime.http import IdempotencyKey

Secretary = Annotated[Actor, allow(secretary="own chamber")]
Officer = Annotated[Actor, allow(officer="own area")]
Either = Annotated[Actor, allow(secretary="own chamber", officer="own area")]
_AT_ONCE = 20
"""Consenting chambers whose scorecards are looked at together."""
_LOOKED_AT = 200
"""Consenting chambers that are looked at for one clause, the nearest: ours."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Suggestion(_View):
    """A chamber to learn from, on one clause; nothing else of its scorecard is shown."""

    chamber: Chamber
    """The chamber."""
    near: Near
    """How near it is."""
    points: Decimal
    """Its points in this clause."""
    of: Decimal
    """Points possible."""
    pending: Decimal
    """What experts have not marked yet."""


class Pairing(_View):
    """A weak clause, and who can show how."""

    clause: str
    """Its code."""
    text: Text
    """Its name."""
    points: Decimal
    """Points of the weak chamber."""
    of: Decimal
    """Points possible."""
    exemplars: tuple[Suggestion, ...]
    """Nearest first."""


class PairingQuery(BaseModel):
    """For which clause, and how many."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clause: str | None = Field(default=None, max_length=10, description="只看一条 / only this clause")
    limit: int = Field(default=3, ge=1, le=10, description="每条至多几家 / at most so many for each clause")


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(tags=["互学互促 / exemplars"])

    @routes.get("/scorecards/{application}/exemplars", summary="可学习的商会 / Whom to learn from")
    async def pair(application: str, by: Officer, query: Annotated[PairingQuery, Query()]) -> list[Pairing]:
        """For every clause in which the chamber lost points, the nearest exemplars."""
        measured = await desk.measured(await desk.readable(application, by))
        weak = [one for one in clause_results(measured) if one.lost and query.clause in (None, one.clause)]
        return [
            Pairing(
                **one.model_dump(include={"clause", "text", "points", "of"}),
                exemplars=await _suggestions(
                    desk, measured.chamber, Agreed(rubric=measured.standard.rubric.id, clause=one.clause), query.limit
                ),
            )
            for one in weak
        ]

    @routes.get("/exemplars/{code}", summary="本商会的同意 / What a chamber consents to")
    async def read(code: CreditCode, by: Either) -> Exemplar:
        require_chamber(by, code)
        found = await desk.store.need(EXEMPLARS, code, "示范同意", "consent of chamber")
        require_area(by, found.chamber.area)
        return found

    @routes.put("/exemplars/{code}/clauses/{clause}", summary="同意示范 / consent")
    async def agree(code: CreditCode, clause: str, by: Secretary, key: IdempotencyKey) -> Exemplar:
        """The chamber may be shown as an exemplar on this clause, whenever it has lost nothing in it."""
        require_chamber(by, code)
        measured = await desk.measured(await desk.store.newest(code))
        command = Consent(by=by, clause=clause, rubric=measured.standard.rubric, chamber=measured.chamber)
        done = await desk.commands.do(EXEMPLARS, code, command, consent, what="consent", by=by, idempotency_key=key)
        return done.state or await desk.store.need(EXEMPLARS, code, "示范同意", "consent of chamber")

    @routes.delete("/exemplars/{code}/clauses/{clause}", status_code=204, summary="撤回同意 / take consent back")
    async def withdraw(code: CreditCode, clause: str, by: Secretary, key: IdempotencyKey) -> None:
        require_chamber(by, code)
        command = Revoke(by=by, clause=clause)
        await desk.commands.do(EXEMPLARS, code, command, revoke, what="revoke", by=by, idempotency_key=key)

    return routes


async def _suggestions(desk: Desk, chamber: Chamber, agreed: Agreed, limit: int) -> tuple[Suggestion, ...]:
    """The nearest that consent and have lost nothing, by their newest scorecards."""
    found: list[Suggestion] = []
    consenting = nearest(chamber, await desk.store.consenting(agreed), agreed)[:_LOOKED_AT]
    for start in range(0, len(consenting), _AT_ONCE):
        some = consenting[start : start + _AT_ONCE]
        records = await desk.store.newest_of([one.chamber.code for one in some])
        for one in some:
            record = records.get(one.chamber.code)
            measured = await desk.measured(record) if record else None
            if measured is None or measured.standard.rubric.id != agreed.rubric:
                continue
            result = next((r for r in clause_results(measured) if r.clause == agreed.clause), None)
            if result and result.exemplary:  # a later version of the rubric may have dropped the clause
                found.append(_suggestion(measured.chamber, near(chamber, one.chamber), result))
            if len(found) == limit:
                return tuple(found)
    return tuple(found)


def _suggestion(chamber: Chamber, how_near: Near, result: ClauseResult) -> Suggestion:
    return Suggestion(chamber=chamber, near=how_near, **result.model_dump(include={"points", "of", "pending"}))
