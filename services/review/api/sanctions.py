"""Decisions about honours 称号处理: suspended, reinstated, revoked; after a merger carried on or ended; plaques.

For the federation that granted the honour, and for nobody in its place.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, Words, require_jurisdiction
from services.review.api.honours import HonourRow, rows
from services.review.domain import merger, plaque, sanction
from services.review.domain.honour import Register, register_key
from services.review.domain.term import IN_FORCE, Term
from services.review.store import CHAMBERS, HONOURS
from shared.contracts.event import CreditCode, Instant
from shared.kernel.actor import Actor
from shared.kernel.change import Decider
from shared.kernel.command import Command
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

C = TypeVar("C", bound=Command)
Officer = Annotated[Actor, allow(officer="own area")]
Rows = tuple[HonourRow, ...]


class DecisionBody(Body):
    """A decision about an honour, by a document."""

    round: str
    """Of which round."""
    reason: Words
    """Why; public."""
    document: str = Field(min_length=1, max_length=100)
    """Number of the deciding document."""


class SuspendBody(DecisionBody):
    """Suspend an honour."""

    cause: str = Field(examples=["penalty"])
    """Code of the cause, as in `sanctions.yaml`."""


class RevokeBody(DecisionBody):
    """Revoke an honour."""

    cause: str = Field(default="other", examples=["false_material"])
    """Code of the cause, as in `sanctions.yaml`."""


class MergerBody(DecisionBody):
    """What becomes of an honour whose chamber was merged into another."""

    outcome: Literal["carry", "end"]
    """承继 carried on by the other chamber, or 终止 ended."""


class PlaqueBody(Body):
    """The plaque is back."""

    round: str
    """Of the honour of which round."""
    on: date
    """The day on which it came back."""
    received_by: str = Field(min_length=1, max_length=100)
    """Who took it in, by name; stays inside."""
    note: str = Field(default="", max_length=500)
    """In what state, or how it was replaced."""


class PendingRow(BaseModel):
    """Something that the federation has left to do about an honour."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    what: Literal["plaque", "suspension", "merger"]
    """牌匾未交回 a plaque not returned · 暂停未决 a suspension neither lifted nor turned into a revocation · 合并待处理
    an honour of a chamber that was merged."""
    honour: str
    """Id of the honour."""
    name: str
    """Name of the chamber as of the grant."""
    since: Instant
    """Since when."""
    due: Instant | None
    """By when: the plaque is due; the honour lapses, suspended or not."""
    overdue: bool
    """Whether a plaque should be back by now."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/honours", tags=["称号处理 / decisions about honours"])

    @routes.get("/pending", summary="待办：牌匾、暂停、合并 / left to do")
    async def pending(by: Officer) -> tuple[PendingRow, ...]:
        """What the officer's federation has left to do about honours it granted; what is due first comes first."""
        area, now = by.area or "", desk.clock.now()
        found = [row for register in await desk.store.called_in(area) for row in _called_in(register, area, now)]
        for chamber, register in await desk.store.orphaned(area):
            since = chamber.merged.since if chamber.merged else now
            found += [
                _pending("merger", term, since, term.valid_until)
                for term in register.terms
                if term.jurisdiction == area and term.status in IN_FORCE
            ]
        return tuple(sorted(found, key=lambda row: (row.due or row.since, row.honour)))

    @routes.post("/{line}/{code}/suspend", summary="暂停称号 / suspend")
    async def suspend(line: str, code: CreditCode, body: SuspendBody, by: Officer, key: IdempotencyKey) -> Rows:
        await _theirs(desk, by, line, code, body.round)
        desk.sanctions.require("suspend", body.cause)
        command = sanction.Suspend(by=by, cause=body.cause, **_said(body))
        return await _decide(desk, line, code, command, sanction.suspend, what="suspend", key=key)

    @routes.post("/{line}/{code}/reinstate", summary="恢复称号 / reinstate")
    async def reinstate(line: str, code: CreditCode, body: DecisionBody, by: Officer, key: IdempotencyKey) -> Rows:
        await _theirs(desk, by, line, code, body.round)
        command = sanction.Reinstate(by=by, **_said(body))
        return await _decide(desk, line, code, command, sanction.reinstate, what="reinstate", key=key)

    @routes.post("/{line}/{code}/revoke", summary="撤销称号 / revoke")
    async def revoke(line: str, code: CreditCode, body: RevokeBody, by: Officer, key: IdempotencyKey) -> Rows:
        await _theirs(desk, by, line, code, body.round)
        desk.sanctions.require("revoke", body.cause)
        command = sanction.Revoke(by=by, cause=body.cause, plaque=desk.sanctions.plaque, **_said(body))
        return await _decide(desk, line, code, command, sanction.revoke, what="revoke", key=key)

    @routes.post("/{line}/{code}/merger", summary="合并后称号的处理 / after a merger")
    async def after_merger(line: str, code: CreditCode, body: MergerBody, by: Officer, key: IdempotencyKey) -> Rows:
        """The merger itself is entered with intake; this decides what becomes of an honour."""
        await _theirs(desk, by, line, code, body.round)
        chamber = await desk.store.get(CHAMBERS, code)
        said = {**_said(body), "by": by, "chamber": chamber}
        if body.outcome == "end":
            ending = merger.End(plaque=desk.sanctions.plaque, **said)
            return await _decide(desk, line, code, ending, merger.end, what="end", key=key)
        into = chamber.merged.into.code if chamber and chamber.merged else ""
        other = await desk.store.get(HONOURS, register_key(line, into))
        carrying = merger.Carry(held=other.terms if other else (), **said)
        return await _decide(desk, line, code, carrying, merger.carry, what="carry", key=key)

    @routes.post("/{line}/{code}/plaque", summary="登记牌匾交回 / the plaque is back")
    async def returned(line: str, code: CreditCode, body: PlaqueBody, by: Officer, key: IdempotencyKey) -> Rows:
        await _theirs(desk, by, line, code, body.round)
        command = plaque.Receive(by=by, **dict(body))
        return await _decide(desk, line, code, command, plaque.receive, what="receive-plaque", key=key)

    return routes


def _said(body: DecisionBody) -> dict[str, object]:
    return {"round": body.round, "reason": body.reason.text(), "document": body.document}


async def _theirs(desk: Desk, by: Actor, line: str, code: str, round_: str) -> None:
    """Only who granted an honour decides about it.

    Raises:
        NotFound: there is no such honour here.
        Forbidden: another federation granted it.
    """
    register = await desk.store.need(HONOURS, register_key(line, code), "称号", "honour")
    require_jurisdiction(by, register.of_round(round_).jurisdiction)


async def _decide(
    desk: Desk, line: str, code: str, command: C, decide: Decider[Register, C], *, what: str, key: str
) -> Rows:
    at = register_key(line, code)
    done = await desk.commands.do(HONOURS, at, command, decide, what=what, by=command.by, idempotency_key=key)
    return tuple(rows(done.state or await desk.store.need(HONOURS, at, "称号", "honour")))


def _called_in(register: Register, area: str, now: datetime) -> Iterator[PendingRow]:
    for term in register.terms:
        if term.jurisdiction != area:
            continue
        stopped = term.revocation or term.closing
        if term.plaque and stopped and term.plaque.returned is None:
            late = plaque.overdue(term.plaque, now)
            yield _pending("plaque", term, stopped.at, term.plaque.due, overdue=late)
        if term.status == "suspended" and (suspension := term.open_suspension):
            yield _pending("suspension", term, suspension.at, term.valid_until)


def _pending(
    what: Literal["plaque", "suspension", "merger"],
    term: Term,
    since: datetime,
    due: datetime,
    *,
    overdue: bool = False,
) -> PendingRow:
    return PendingRow(what=what, honour=term.honour, name=term.chamber.name, since=since, due=due, overdue=overdue)
