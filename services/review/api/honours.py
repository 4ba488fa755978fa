"""Honours 称号: the public register as data; honours of the past recorded."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk, require_jurisdiction
from services.review.domain import honour as honours
from services.review.domain.honour import Register
from services.review.domain.term import Standing, Term
from services.review.store import HONOURS, honour_filter
from shared.contracts.area import Area, Level, covers
from shared.contracts.chambers import Chamber
from shared.contracts.event import CreditCode, Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.runtime.access import allow, public, require_area
from shared.runtime.http import IdempotencyKey, Page, PageRequest

Officer = Annotated[Actor, allow(officer="own area")]
Anyone = Annotated[Actor, public("称号登记册向社会公开 / the register is public")]


class HonourQuery(PageRequest):
    """Which honours; `limit` counts chambers."""

    line: str | None = None
    """The honour line."""
    round: str | None = None
    """Code of the round."""
    area: Area | None = None
    """Area in which the chamber lies."""
    status: Standing | None = None
    """Where it stands."""
    code: CreditCode | None = None
    """Credit code of the chamber."""

    def wants(self, term: Term) -> bool:
        """Whether this term of a chamber is asked for."""
        return (
            self.round in (None, term.round)
            and self.status in (None, term.status)
            and (self.area is None or covers(self.area, term.chamber.area))
        )


class RecordBody(Body):
    """Record an honour of an earlier round, from its document; nobody is told by letter."""

    line: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    """The honour line."""
    round: str = Field(pattern=r"^[A-Z0-9-]{3,40}$")
    """Code of the round it was granted in."""
    chamber: Chamber
    """The chamber, named as of then."""
    document: str = Field(min_length=1, max_length=100)
    """Number of the announcing document."""
    source: str = Field(min_length=1, max_length=500)
    """Where this is taken from."""
    valid_from: Instant
    """Valid from."""
    valid_until: Instant
    """Valid until."""


class HonourRow(BaseModel):
    """An honour as published data: nothing has to be read out of names."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    honour: str
    """Id: `<line>:<credit code>:<round>`."""
    line: str
    """The honour line."""
    round: str
    """Code of the round."""
    level: Level
    """Level of the chamber."""
    area: Area
    """Area of the chamber."""
    code: CreditCode
    """Credit code of the chamber."""
    name: str
    """Name of the chamber as of the grant."""
    document: str
    """Number of the announcing document."""
    valid_from: Instant
    """Valid from."""
    valid_until: Instant
    """Valid until."""
    status: Standing
    """Where it stands."""
    by: str | None
    """The honour that superseded it, or carries it on."""
    origin: str | None
    """For one that is carried on: the honour of the chamber that was merged into this one."""
    suspended: Text | None
    """Why it is suspended, if it is."""
    revoked: Text | None
    """Why it was revoked."""
    ended: Text | None
    """Why it was ended with its chamber, or is carried on."""
    decided_by: str | None
    """Number of the document that suspended, revoked or ended it, or had it carried on."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/honours", tags=["称号 / honours"])

    @routes.get("", summary="称号登记册 / the register")
    async def listing(_by: Anyone, query: Annotated[HonourQuery, Query()]) -> Page[HonourRow]:
        asked = query.model_dump(include={"line", "area", "status", "code"})
        where = honour_filter(round_=query.round, **asked)
        found = await desk.store.page(HONOURS, where, limit=query.limit, after=query.after)
        found_rows = tuple(row(register, term) for register in found for term in register.terms if query.wants(term))
        last = honours.register_key(found[-1].line, found[-1].code) if len(found) == query.limit else None
        return Page(items=found_rows, next=last)

    @routes.get("/{line}/{code}", summary="一家商会的称号 / one chamber's honours")
    async def read(line: str, code: CreditCode, _by: Anyone) -> tuple[HonourRow, ...]:
        key = honours.register_key(line, code)
        return tuple(rows(await desk.store.need(HONOURS, key, "称号", "honour")))

    @routes.post("", status_code=201, summary="登记以往称号 / record a past honour")
    async def record(body: RecordBody, by: Officer, key: IdempotencyKey) -> tuple[HonourRow, ...]:
        if by.area not in desk.jurisdictions:
            require_jurisdiction(by, desk.jurisdictions[0])
        require_area(by, body.chamber.area)
        line = desk.printer.line(body.line)
        if line:
            require_jurisdiction(by, line.area)
        command = honours.Record(by=by, jurisdiction=by.area or "", **dict(body))
        register = honours.register_key(body.line, body.chamber.code)
        done = await desk.commands.do(
            HONOURS, register, command, honours.record, what="record", by=by, idempotency_key=key
        )
        return tuple(rows(done.state or await desk.store.need(HONOURS, register, "称号", "honour")))

    return routes


def rows(register: Register) -> Iterable[HonourRow]:
    """All honours of a register."""
    return (row(register, term) for term in register.terms)


def row(register: Register, term: Term) -> HonourRow:
    """One of them. Who took in a plaque stays inside."""
    suspension = term.open_suspension if term.status == "suspended" else None
    decided = suspension or term.revocation or term.closing
    return HonourRow(
        honour=term.honour,
        line=register.line,
        round=term.round,
        level=term.chamber.level,
        area=term.chamber.area,
        code=term.chamber.code,
        name=term.chamber.name,
        document=term.document,
        valid_from=term.valid_from,
        valid_until=term.valid_until,
        status=term.status,
        by=term.by,
        origin=term.origin,
        suspended=suspension.reason if suspension else None,
        revoked=term.revocation.reason if term.revocation else None,
        ended=term.closing.reason if term.closing else None,
        decided_by=decided.document if decided else None,
    )
