"""Visits 实地走访: the province appoints inspectors, and whoever went reports what they found."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from services.review.api import views
from services.review.api.desk import Body, Desk, Words, act_on_case
from services.review.domain import visiting
from services.review.domain.case import Finding
from shared.contracts.area import Area
from shared.contracts.event import Instant, Sha256
from shared.kernel.actor import Actor
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey

Officer = Annotated[Actor, allow(officer="own area")]


class InspectorsBody(Body):
    """Have another city look."""

    area: Area
    """The city whose federation goes."""


class FindingBody(Body):
    """What was found on one item."""

    item: str = Field(max_length=40)
    """Code of the item or gate, e.g. `B3.b`."""
    agrees: bool
    """Whether it is as it was handed in."""
    text: Words
    """What was found."""


class VisitBody(Body):
    """A report; it may have been written where there was no network, and is sent once there is one."""

    at: Instant
    """When they were there."""
    visitors: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(min_length=1, max_length=20)
    """Who went, by name."""
    findings: tuple[FindingBody, ...] = Field(min_length=1, max_length=200)
    """What they found, item by item."""
    photos: tuple[Sha256, ...] = Field(default=(), max_length=100)
    """SHA-256 of the photos; the federation keeps the files."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/cases", tags=["审核案件 / cases"])

    @routes.post("/{case}/inspectors", summary="指定检查单位 / appoint inspectors")
    async def inspectors(case: str, body: InspectorsBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        command = visiting.Appoint(by=by, area=body.area)
        return views.for_officer(await act_on_case(desk, case, command, visiting.appoint, what="appoint", key=key))

    @routes.post("/{case}/visits", status_code=201, summary="提交走访报告 / report a visit")
    async def visits(case: str, body: VisitBody, by: Officer, key: IdempotencyKey) -> views.OfficerCase:
        findings = tuple(Finding(item=f.item, agrees=f.agrees, text=f.text.text()) for f in body.findings)
        command = visiting.Report(by=by, at=body.at, visitors=body.visitors, findings=findings, photos=body.photos)
        return views.for_officer(await act_on_case(desk, case, command, visiting.report, what="visit", key=key))

    return routes
