"""An area moves from one review service to another, in steps that can be broken off and done again.

    source: leave  → target: receive  → source: confirm  → target: take

The register (`shared/kernel/custody.py`) says what is to hold; `settle` makes the documents so. Every step settles
first what an earlier one may have left, so after a crash it is enough to say it again. What each side does: `leaving`,
`arriving`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from services.review.belongings import MOVING, of_area
from services.review.store import CUSTODIES
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.kernel.change import Decider
from shared.kernel.command import Command, refused
from shared.kernel.custody import Custody
from shared.kernel.keys import RegisteredKey
from shared.runtime import sealing
from shared.runtime.clock import Clock
from shared.runtime.documents import Documents
from shared.runtime.mongo import Database
from shared.runtime.sealing import Step
from shared.runtime.signing import Signer
from shared.runtime.work import Rejected, Work
from sihao.province import paper
from sihao.province.paper import Said

Told = Callable[[str, str], None]
"""Told of progress: Chinese, English."""


@dataclass(frozen=True)
class Desk:
    """One side of a move: its store, its key, the keys it believes."""

    side: str
    """`CN`, or the province whose own service this is."""
    database: Database
    clock: Clock
    signer: Signer
    keys: Mapping[str, RegisteredKey]
    told: Told

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return Actor(id="sihao province", role="operator", area=self.side)

    async def custody(self, area: str) -> Custody | None:
        """What the register says."""
        return await self.database.get(CUSTODIES, area)

    async def decide(self, area: str, command: Command, decide: Decider[Custody, Any]) -> Custody:
        """Have the register changed.

        Raises:
            Refused: it may not be.
        """
        work = Work(
            kind=CUSTODIES,
            key=area,
            message=command,
            decide=decide,
            what=f"custody.{type(command).__name__.lower()}",
            by=self.actor,
            cause=str(uuid4()),
            content=digest(command.model_dump(mode="json")),
        )
        [outcome] = await Documents(self.database, self.clock).apply([work])
        if isinstance(outcome, Rejected):
            raise outcome.error
        return await self.custody(area) or Custody(area=area)


async def settle(desk: Desk, area: str) -> Custody | None:
    """Make the documents what the register says."""
    custody = await desk.custody(area)
    if custody is None:
        return None
    await _fence(desk)
    if custody.status == "leaving":
        sealed = [await sealing.seal(desk.database, part, _step(desk, custody, "sealed")) for part in of_area(area)]
        desk.told(f"已封存 {sum(sealed)} 份文档", f"{sum(sealed)} documents sealed")
    elif custody.status == "left":
        for part in of_area(area):  # nothing is open any more, but in a store that was put back from a backup
            await sealing.seal(desk.database, part, _step(desk, custody, "sealed"))
        put = [await sealing.put_aside(desk.database, part, area) for part in of_area(area)]
        desk.told(f"已移出 {sum(put)} 份文档", f"{sum(put)} documents put aside")
    elif custody.status == "held":
        step = _step(desk, custody, "taken" if custody.came else "aborted")
        opened = [await sealing.unseal(desk.database, part, step) for part in of_area(area)]
        desk.told(f"已启封 {sum(opened)} 份文档", f"{sum(opened)} documents open again")
        await _fence(desk)
        for part in of_area(area) if custody.came else []:
            await sealing.forget_aside(desk.database, part.kind, area)
    return custody


def _step(desk: Desk, custody: Custody, what: str) -> Step:
    return Step(custody.area, custody.move or "", f"hand-over.{what}", desk.actor, desk.clock.now())


async def _fence(desk: Desk) -> None:
    """Have the store take no new documents of areas that are not held, or that have come and are not all open yet."""
    known = await desk.database.find(CUSTODIES, {})
    fenced = [key for key, one in known if one.status != "held" or await _sealed(desk, key)]
    for kind in MOVING:
        closed = [part.where for area in fenced for part in of_area(area) if part.kind is kind]
        await desk.database.fence(kind, closed)


async def _sealed(desk: Desk, area: str) -> bool:
    for part in of_area(area):
        if await desk.database.count(part.kind, {"sealed.area": area}):
            return True
    return False


async def sealed_lines(desk: Desk, area: str, move: str) -> AsyncIterator[bytes]:
    """Every document of the area that is sealed for this move, in the order of a hand-over."""
    for part in of_area(area):
        async for line in sealing.lines(desk.database, part, move):
            yield line


def said_of(desk: Desk, custody: Custody, what: paper.What, root: str, documents: int) -> Said:
    """What this side says of the move."""
    source, target = desk.side, custody.peer or ""
    if what == "receipt":
        source, target = target, source
    return Said(
        what=what,
        area=custody.area,
        move=custody.move or "",
        number=custody.number,
        source=source,
        target=target,
        at=desk.clock.now(),
        root=root,
        documents=documents,
    )


def for_us(desk: Desk, said: Said, what: paper.What) -> Said:
    """See that a paper is of this sort, and for this side.

    Raises:
        Refused: it is not.
    """
    addressee = said.source if said.what == "receipt" else said.target
    if said.what != what or addressee != desk.side:
        raise refused(
            "hand-over.not-for-us",
            "file",
            rule=(
                f"此文件是 {said.what}，交给 {addressee}；这里是 {desk.side}，此处需要 {what}。",
                f"This file is a {said.what} for {addressee}; here is {desk.side}, and a {what} is wanted.",
            ),
            remedy=("请核对文件与 SIHAO_AREAS。", "Look at the file and at SIHAO_AREAS."),
        )
    return said
