"""Turns at the desk: one request at a time counts what is left of a shared limit, and uses it up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.review.api.desk import Desk
from services.review.domain.turn import GiveBack, Take, give_back, take
from services.review.store import TURNS
from shared.kernel.actor import Actor


@asynccontextmanager
async def turn(desk: Desk, what: str, where: str, by: Actor, key: str) -> AsyncIterator[None]:
    """Nobody else does `what` in this round and jurisdiction (`<round>@<jurisdiction>`) meanwhile.

    Raises:
        Refused: somebody else is at it.
    """
    place, holder = f"{what}:{where}", f"{by.id} {key}"
    await desk.commands.do(TURNS, place, Take(by=by, holder=holder), take, what="take-turn", by=by)
    try:
        yield
    finally:
        await desk.commands.do(TURNS, place, GiveBack(by=by, holder=holder), give_back, what="give-turn-back", by=by)
