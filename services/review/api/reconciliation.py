"""Reconciliation 对账: what province and centre sent each other, day by day, and what only one of them knows."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as FromPath
from pydantic import BaseModel, ConfigDict

from services.review.api.desk import Desk
from shared.contracts.area import CENTRE, Area
from shared.kernel import reconciliation
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.kernel.reconciliation import DayLedger, Heal, ledger_key
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey
from shared.runtime.ledgers import LEDGERS

Operator = Annotated[Actor, allow(operator="any area")]
ProvinceArea = Annotated[Area, FromPath(examples=["35"])]
Day = Annotated[date, FromPath(examples=["2026-11-25"])]
_MOST = 366


class Days(BaseModel):
    """The days of one province, newest first."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    area: Area
    """The province."""
    agrees: bool
    """Whether all of them agree."""
    days: tuple[DayLedger, ...]
    """What each side has said of each day."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/reconciliation", tags=["对账 / reconciliation"])

    @routes.get("/{area}", summary="与一省的对账 / reconciliation with a province")
    async def listing(
        area: ProvinceArea,
        _by: Operator,
        day: Annotated[date | None, Query(examples=["2026-11-25"])] = None,
    ) -> Days:
        """Every day of which a province's books are known, or one of them."""
        _require_ours(desk, area)
        where = {"state.area": area, **({"state.day": day.isoformat()} if day else {})}
        found = await desk.store.page(LEDGERS, where, limit=_MOST, after=None)
        days = tuple(sorted(found, key=lambda one: one.day, reverse=True))
        return Days(area=area, agrees=all(one.agrees for one in days if one.compared), days=days)

    @routes.post("/{area}/{day}/heal", summary="补齐一日的差异 / heal a day")
    async def heal(area: ProvinceArea, day: Day, by: Operator, key: IdempotencyKey) -> DayLedger:
        """What one side lacks is sent again under the same ids. Asked at the centre, the province does it."""
        _require_ours(desk, area)
        decide = reconciliation.ask if CENTRE in desk.jurisdictions else reconciliation.heal
        id_ = ledger_key(area, day)
        done = await desk.commands.do(LEDGERS, id_, Heal(by=by), decide, what="heal", by=by, idempotency_key=key)
        return done.state or await desk.store.need(LEDGERS, id_, "该日对账记录", "ledger of that day")

    return routes


def _require_ours(desk: Desk, area: str) -> None:
    """At the centre every province's, at a province its own.

    Raises:
        NotFound: it is not kept here.
    """
    if CENTRE not in desk.jurisdictions and area not in desk.jurisdictions:
        raise missing("provinces", area, "该省的对账记录", "ledger of province")
