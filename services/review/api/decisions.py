"""What an officer decides on a case: pass, return for correction, decline."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.review.api import views
from services.review.api.desk import Body, Desk, Words, act_on_case, text_or_none
from services.review.domain import officer
from shared.contracts.cases import ReturnedItem
from shared.kernel.actor import Actor
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]


class PassBody(Body):
    """Pass."""

    note: Words | None = None
    """A note for the record."""


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


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/cases", tags=["审核案件 / cases"])

    @routes.post("/{case}/pass", summary="通过 / pass")
    async def pass_(case: str, body: PassBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        command = officer.Pass(by=by, note=text_or_none(body.note))
        return views.for_officer(await act_on_case(desk, case, command, officer.decide_pass, what="pass", key=key))

    @routes.post("/{case}/return", summary="退回补正 / return for correction")
    async def return_(case: str, body: ReturnBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        items = tuple(ReturnedItem(item=item.item, reason=item.reason.text()) for item in body.items)
        command = officer.Return(by=by, items=items)
        return views.for_officer(await act_on_case(desk, case, command, officer.decide_return, what="return", key=key))

    @routes.post("/{case}/decline", summary="不予通过 / decline")
    async def decline(case: str, body: DeclineBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        command = officer.Decline(by=by, reason=body.reason.text(), remedy=text_or_none(body.remedy))
        return views.for_officer(
            await act_on_case(desk, case, command, officer.decide_decline, what="decline", key=key)
        )

    return routes
