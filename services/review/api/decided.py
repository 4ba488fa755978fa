"""What was decided on every case of an announced round: the list, and the proof that a case is in it."""

import asyncio
from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.review.api.desk import Desk
from services.review.domain import decided
from services.review.domain.decided import Decided, Freeze, Leaf
from services.review.store import ANNOUNCEMENTS, DECISIONS
from shared.contracts.event import Sha256
from shared.contracts.notices import Decisions
from shared.kernel.actor import Actor
from shared.kernel.command import missing
from shared.runtime.access import public
from shared.runtime.http import Page, PageRequest

Anyone = Annotated[Actor, public("决定清单供任何人核对 / anyone may check what was decided")]
_TOGETHER = 500
"""Leaves stored at a time."""


class Proof(BaseModel):
    """A leaf, and the proof that it is in the list whose root was announced; `sihao verify proof` reads it as it is."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    announcement: str
    """Id of the announcement that named the root."""
    document: str
    """Number of its document."""
    root: Sha256
    """The root."""
    size: int
    """How many leaves the list has."""
    index: int
    """Which of them this is, from 0."""
    leaf: Leaf
    """The leaf; its canonical JSON is what is hashed."""
    path: tuple[Sha256, ...]
    """Its audit path (RFC 6962 §2.1.1), lowest first."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/announcements/{announcement}/decisions", tags=["通报 / announcements"])

    @routes.get("", summary="决定清单 / what was decided on every case")
    async def listing(announcement: str, _by: Anyone, page: Annotated[PageRequest, Query()]) -> Page[Leaf]:
        _, decisions = await _announced(desk, announcement)
        found = await desk.store.decisions(decisions.root, limit=page.limit, after=page.after)
        more = len(found) == page.limit
        return Page(items=tuple(one.leaf for one in found), next=found[-1].leaf.case if more else None)

    @routes.get("/{case}", summary="一案的决定及其证明 / one case, with its proof")
    async def read(announcement: str, case: str, _by: Anyone) -> Proof:
        document, decisions = await _announced(desk, announcement)
        found = await desk.store.get(DECISIONS, decided.key_of(decisions.root, case))
        if found is None:
            raise missing("decisions", case, "所列案件", "case on the list:")
        return Proof(announcement=announcement, document=document, **dict(found))

    return routes


async def frozen(desk: Desk, by: Actor, round_: str, jurisdiction: str, granted: Collection[str]) -> Decisions:
    """Keep what every case of the round comes to here with an announcement that grants the honour to these.

    It is kept before the announcement names it; should that not come about, nobody will look for it.
    """
    leaves = [
        decided.leaf_of(head.state, head.entries, head.hash, granted)
        async for head in desk.store.opened(round_, jurisdiction)
    ]
    kept = decided.listed(leaves)
    for start in range(0, len(kept), _TOGETHER):
        await asyncio.gather(*(_keep(desk, by, one) for one in kept[start : start + _TOGETHER]))
    return Decisions(root=kept[0].root, size=len(kept))


async def _keep(desk: Desk, by: Actor, one: Decided) -> None:
    await desk.commands.do(DECISIONS, one.key, Freeze(by=by, decided=one), decided.freeze, what="freeze", by=by)


async def _announced(desk: Desk, announcement: str) -> tuple[str, Decisions]:
    """The number of an announcement's document, and the list it named.

    Raises:
        NotFound: there is no such announcement, or it named none.
    """
    made = await desk.store.need(ANNOUNCEMENTS, announcement, "通报", "announcement")
    if made.decisions is None:
        raise missing("decisions", announcement, "决定清单，通报", "list of decisions of announcement")
    return made.document, made.decisions
