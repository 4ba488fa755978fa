"""Mergers 合并: a chamber was merged into another, and applies no more."""

from datetime import date, datetime, time
from typing import Annotated, cast

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.intake.api.chambers import unknown_chamber
from services.intake.domain.chamber import Merge, RegisteredChamber, merge
from services.intake.store import CHAMBERS, IntakeStore
from shared.contracts import CreditCode
from shared.kernel.actor import Actor
from shared.kernel.calendar import CHINA
from shared.runtime.access import allow, require_area
from shared.runtime.commands import Commands
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]


class MergerBody(BaseModel):
    """A merger 吸收合并, as approved by whoever registers chambers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    into: CreditCode
    """Credit code of the chamber that goes on."""
    document: str = Field(min_length=1, max_length=100)
    """Number of the document that approved it."""
    since: date
    """The day from which it holds."""


def router(store: IntakeStore, commands: Commands) -> APIRouter:
    """`/chambers/{code}/merger`."""
    routes = APIRouter(prefix="/chambers", tags=["商会 / chambers"])

    @routes.post("/{code}/merger", summary="登记合并 / enter a merger")
    async def merged(code: CreditCode, body: MergerBody, by: Officer, key: IdempotencyKey) -> RegisteredChamber:
        """The chamber was merged into another; the officer's area covers both. It applies no more."""
        found, into = await store.chamber(code), await store.chamber(body.into)
        for asked, chamber in ((code, found), (body.into, into)):
            if chamber is None:
                raise unknown_chamber(asked)
            require_area(by, chamber.chamber.area)
        command = Merge(by=by, document=body.document, since=_begin_of(body.since), code=body.into, into=into)
        done = await commands.do(CHAMBERS, code, command, merge, what="merge", by=by, idempotency_key=key)
        return cast("RegisteredChamber", done.state or await store.chamber(code))

    return routes


def _begin_of(day: date) -> datetime:
    """When a day begins in China."""
    return datetime.combine(day, time(), CHINA)
