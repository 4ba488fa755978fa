"""What an officer decides on a case: pass, return for correction, decline; and the gates, looked at again."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.review.api import views
from services.review.api.desk import Body, Desk, Words, act_on_case, text_or_none
from services.review.domain import gates, officer
from services.review.domain.own_fields import MAX_FIELDS, Given
from shared.contracts.cases import ReturnedItem
from shared.kernel.actor import Actor
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]


class PassBody(Body):
    """Pass."""

    note: Words | None = None
    """A note for the record."""
    fields: dict[str, Given] = Field(default_factory=dict, max_length=MAX_FIELDS)
    """Fields of the jurisdiction's own, by name; which ones the stage has stands in `stages` of the case."""


class ReturnItem(Body):
    """One item to correct."""

    item: str = Field(max_length=40)
    """Code of the rubric item or gate, e.g. `B2.i`."""
    reason: Words
    """What is wrong, and what is expected."""


class ReturnBody(Body):
    """Return for correction."""

    items: tuple[ReturnItem, ...] = Field(min_length=1, max_length=200)
    """What to correct."""


class DeclineBody(Body):
    """Decline."""

    reason: Words
    """Why."""
    remedy: Words | None = None
    """What the chamber can do now."""


class TurnedBody(Body):
    """A gate that is not met any more."""

    item: str = Field(max_length=40)
    """Code of the gate, e.g. `D1.d`."""
    reason: Words
    """What has become known; the chamber reads it."""


class GatesBody(Body):
    """The gates were looked at again."""

    source: str = Field(min_length=1, max_length=500)
    """Where it was looked up, e.g. `信用中国 2024-10-08`."""
    turned: tuple[TurnedBody, ...] = Field(default=(), max_length=50)
    """Gates that are not met any more; left out: all stand as they were."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/cases", tags=["审核案件 / cases"])

    @routes.post("/{case}/pass", summary="通过 / pass")
    async def pass_(case: str, body: PassBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        command = officer.Pass(by=by, note=text_or_none(body.note), fields=body.fields)
        return views.for_officer(await act_on_case(desk, case, command, officer.decide_pass, what="pass", key=key))

    @routes.post("/{case}/return", summary="退回补正 / return for correction")
    async def return_(case: str, body: ReturnBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        items = tuple(ReturnedItem(item=item.item, reason=item.reason.text()) for item in body.items)
        command = officer.Return(by=by, items=items)
        return views.for_officer(await act_on_case(desk, case, command, officer.decide_return, what="return", key=key))

    @routes.post("/{case}/gates", summary="复核资格条件 / check the gates again")
    async def gates_(case: str, body: GatesBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        turned = tuple(gates.Turned(item=one.item, reason=one.reason.text()) for one in body.turned)
        command = gates.CheckGates(by=by, source=body.source, turned=turned)
        return views.for_officer(await act_on_case(desk, case, command, gates.check_gates, what="check-gates", key=key))

    @routes.post("/{case}/decline", summary="不予通过 / decline")
    async def decline(case: str, body: DeclineBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        command = officer.Decline(by=by, reason=body.reason.text(), remedy=text_or_none(body.remedy))
        return views.for_officer(
            await act_on_case(desk, case, command, officer.decide_decline, what="decline", key=key)
        )

    return routes
