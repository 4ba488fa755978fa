"""Items 指标: what is declared, item by item, safe against two people writing at once."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import AfterValidator

from services.intake.api import views
from services.intake.api.access import Secretary, admitted, existing, shown
from services.intake.domain import filling
from services.intake.domain.application import ItemEntry, SelfAssessment
from services.intake.domain.facts import ItemCode, ItemFacts
from services.intake.store import APPLICATIONS, IntakeStore
from shared.runtime.commands import Commands


def _version(header: str) -> str:
    """The number in an entity tag.

    Raises:
        ValueError: it is none of ours.
    """
    if not (tag := re.fullmatch(r'"?(\d{1,9})"?', header, re.ASCII)):
        raise ValueError('应为读取该指标时所见的版本号，新建为 "0" / the version that was seen; "0" for a new item')
    return tag[1]


IfMatch = Annotated[
    str,
    AfterValidator(_version),
    Header(alias="If-Match", description="所见版本，0 为新建 / the version seen; 0 for new", examples=['"0"']),
]


def router(store: IntakeStore, commands: Commands) -> APIRouter:
    """`/applications/{id}/items` and `/applications/{id}/self-assessment`."""
    routes = APIRouter(prefix="/applications", tags=["申报 / applications"])

    @routes.patch("/{application}/items", summary="填报多个指标 / fill in items")
    async def fill(application: str, body: filling.Fill, by: Secretary) -> views.ApplicationView:
        """Change several items, all or none; each names the version that was seen."""
        await admitted(store, application, by)
        return shown(await commands.do(APPLICATIONS, application, body, filling.fill, what="fill", by=by))

    @routes.put("/{application}/items/{item}", summary="填报一个指标 / fill in one item")
    async def fill_one(
        application: str, item: ItemCode, body: ItemFacts, *, seen: IfMatch, by: Secretary, response: Response
    ) -> ItemEntry:
        """Change one item; `If-Match` names the version that was seen, the answer's `ETag` the new one."""
        await admitted(store, application, by)
        edit = filling.ItemEdit(version=int(seen), facts=body)
        command = filling.Fill(items={item: edit})
        after = existing(await commands.do(APPLICATIONS, application, command, filling.fill, what="fill", by=by))
        entry = after.items.get(item, ItemEntry(version=0, facts={}))
        response.headers["ETag"] = f'"{entry.version}"'
        return entry

    @routes.put("/{application}/self-assessment", summary="自评 / self-assessment")
    async def assess(application: str, body: SelfAssessment, by: Secretary) -> views.ApplicationView:
        """Keep the chamber's own marks; nobody else sees them."""
        await admitted(store, application, by)
        command = filling.AssessYourself(assessment=body)
        done = await commands.do(APPLICATIONS, application, command, filling.assess_yourself, what="assess", by=by)
        return shown(done)

    return routes
