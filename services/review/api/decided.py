"""What was decided on every case of an announced round: the list, and the proof that a case is in it.

The public sees what was honoured or had been on public notice, and of every other case its hash. What a hash stands for
is for the chamber itself, and for the federation that announced.
"""

import asyncio
import secrets
from collections.abc import Collection
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.review.api.desk import Desk, require_jurisdiction
from services.review.domain import decided
from services.review.domain.decided import Decided, Freeze, Leaf
from services.review.store import ANNOUNCEMENTS, DECISIONS
from shared.contracts.event import Sha256
from shared.contracts.notices import Decisions
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound
from shared.kernel.command import missing
from shared.kernel.problem import problem
from shared.runtime.access import allow, public
from shared.runtime.http import Page, PageRequest

Anyone = Annotated[Actor, public("决定清单供任何人核对 / anyone may check what was decided")]
Concerned = Annotated[Actor, allow(secretary="own chamber", officer="own area")]
_SALT = 16
"""Bytes of a salt."""
_TOGETHER = 500
"""Leaves stored at a time."""


class Entry(BaseModel):
    """A place in the list, as anyone sees it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    index: int
    """Which it is, from 0."""
    hash: Sha256
    """The hash of the leaf: SHA-256(00 ‖ canonical JSON). The root can be computed again from all of them."""
    leaf: Leaf | None
    """The leaf, if the honour was granted or the chamber had been on public notice; else null."""


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

    @routes.get("", summary="决定清单 / the list of decisions")
    async def listing(announcement: str, _by: Anyone, page: Annotated[PageRequest, Query()]) -> Page[Entry]:
        """`after` is the `index` of the last one seen."""
        made = await _announced(desk, announcement)
        found = await desk.store.decisions(made.root, limit=page.limit, after=_place(page.after))
        more = len(found) == page.limit
        return Page(items=tuple(map(_entry, found)), next=str(found[-1].index) if more else None)

    @routes.get("/{case}", summary="公开的一案及其证明 / a public case, with its proof")
    async def read(announcement: str, case: str, _by: Anyone) -> Proof:
        """Of a case that was honoured or had been on public notice. Whether there is any other is not told."""
        made = await _announced(desk, announcement)
        found = await desk.store.decision(made.root, case)
        if found is None or not found.leaf.public:
            raise _not_for_anyone(case)
        return _proof(announcement, made, found)

    @routes.get(
        "/{case}/opening",
        summary="本商会的决定及其证明 / one's own decision, with its proof",
    )
    async def opening(announcement: str, case: str, by: Concerned) -> Proof:
        """For the chamber itself, whatever became of its case; for the federation that announced, any."""
        made = await _announced(desk, announcement)
        require_jurisdiction(by, made.jurisdiction)
        found = await desk.store.decision(made.root, case)
        if found is None or (by.role == "secretary" and by.chamber != found.leaf.chamber):
            raise missing("decisions", case, "所列案件", "case on the list:")
        return _proof(announcement, made, found)

    return routes


async def frozen(desk: Desk, by: Actor, round_: str, jurisdiction: str, granted: Collection[str]) -> Decisions:
    """Keep what every case of the round comes to here with an announcement that grants the honour to these.

    It is kept before the announcement names it; should that not come about, nobody will look for it.
    """
    leaves = [
        decided.leaf_of(head.state, head.entries, head.hash, granted, secrets.token_hex(_SALT))
        async for head in desk.store.opened(round_, jurisdiction)
    ]
    kept = decided.listed(leaves)
    for start in range(0, len(kept), _TOGETHER):
        await asyncio.gather(*(_keep(desk, by, one) for one in kept[start : start + _TOGETHER]))
    return Decisions(root=kept[0].root, size=len(kept))


async def _keep(desk: Desk, by: Actor, one: Decided) -> None:
    await desk.commands.do(DECISIONS, one.key, Freeze(by=by, decided=one), decided.freeze, what="freeze", by=by)


class _Named(NamedTuple):
    """An announcement that named a list."""

    document: str
    jurisdiction: str
    root: str


async def _announced(desk: Desk, announcement: str) -> _Named:
    """The announcement, and the list it named.

    Raises:
        NotFound: there is no such announcement, or it named none.
    """
    made = await desk.store.need(ANNOUNCEMENTS, announcement, "通报", "announcement")
    if made.decisions is None:
        raise missing("decisions", announcement, "决定清单，通报", "list of decisions of announcement")
    return _Named(made.document, made.jurisdiction, made.decisions.root)


def _entry(one: Decided) -> Entry:
    return Entry(index=one.index, hash=one.leaf.hash.hex(), leaf=one.leaf if one.leaf.public else None)


def _proof(announcement: str, made: _Named, one: Decided) -> Proof:
    return Proof(announcement=announcement, document=made.document, **dict(one))


def _place(after: str | None) -> int:
    """The place after which a list goes on; what no list has answered is its beginning."""
    return int(after) if after and after.isdecimal() else -1


def _not_for_anyone(case: str) -> NotFound:
    return NotFound(
        problem(
            "decisions.not-public",
            "case",
            rule=(
                f"清单中没有可公开的案件 {case}。未获称号且未公示的决定只公布哈希。",
                f"The list has no public case {case}; of who was neither honoured nor on notice it shows a hash.",
            ),
            remedy=(
                "本商会请由秘书处登录，在 …/opening 取得自己的决定及证明。",
                "The chamber itself gets its decision and proof, signed in, at …/opening.",
            ),
        )
    )
