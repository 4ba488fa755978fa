"""Procedures 审核程序: how review is done here, open to anyone (S:004 “确保认定程序公开”)."""

from typing import Annotated

from fastapi import APIRouter

from services.review.api.desk import Desk
from services.review.domain.procedure import Procedure
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.runtime.access import public

Anyone = Annotated[Actor, public("程序公开 / the procedure is public")]


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/procedures", tags=["审核程序 / procedures"])

    @routes.get("", summary="全部程序 / all of them")
    async def listing(_by: Anyone) -> tuple[Procedure, ...]:
        return tuple(desk.library.values())

    @routes.get("/{procedure}", summary="一个程序 / one of them")
    async def read(procedure: str, _by: Anyone) -> Procedure:
        if procedure not in desk.library:
            raise missing("procedures", procedure, "程序", "procedure")
        return desk.library[procedure]

    return routes
