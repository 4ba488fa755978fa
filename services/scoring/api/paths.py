"""From a shortfall to a way: what every item could gain, and the cheapest path to a goal. Nothing is filed."""

import asyncio
from typing import Annotated

from fastapi import APIRouter

from services.scoring.api.desk import Desk
from services.scoring.domain.cheapest import cheapest_path, gains
from services.scoring.domain.path import Gains, Goal, Path
from services.scoring.library import efforts_of
from shared.kernel.actor import Actor
from shared.runtime.access import allow

Reader = Annotated[Actor, allow(secretary="own chamber", officer="own area")]


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/scorecards", tags=["补短板 / from shortfall to help"])

    @routes.get("/{application}/gains", summary="各项可得分 / What every item could gain")
    async def read_gains(application: str, by: Reader) -> Gains:
        """Points that each item would gain by its own facts, as the scorer says; and what is not counted on."""
        measured = await desk.measured(await desk.readable(application, by))
        return await asyncio.to_thread(gains, measured, efforts_of(measured.standard.rubric.key))

    @routes.post("/{application}/path", summary="最省力的路径 / The cheapest path to a goal")
    async def find_path(application: str, goal: Goal, by: Reader) -> Path:
        """The gates first, then the items whose full marks reach the goal at the least effort."""
        measured = await desk.measured(await desk.readable(application, by))
        return await asyncio.to_thread(cheapest_path, measured, efforts_of(measured.standard.rubric.key), goal)

    return routes
