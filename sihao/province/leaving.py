"""The side that an area leaves: it stops, seals, writes down what it hands over, and lets go."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from services.review.belongings import mixed, of_area, shared_with
from shared.kernel import custody as custodies
from shared.kernel.command import refused
from shared.kernel.custody import Custody
from shared.kernel.merkle import Growing
from shared.runtime import sealing
from shared.runtime.records import records
from shared.runtime.sealing import Part
from sihao.province import paper
from sihao.province.moving import Desk, for_us, said_of, sealed_lines, settle
from sihao.province.paper import Said


async def begin(desk: Desk, area: str, peer: str) -> Custody:
    """Stop acting in the area, and seal what belongs to it.

    Raises:
        Refused: it is not held here, or some of its honours are not its alone.
    """
    await settle(desk, area)
    if names := await mixed(desk.database, area):
        raise refused(
            "hand-over.mixed",
            "honours",
            rule=(f"称号登记中有多个单位授予的称号：{'、'.join(names)}。", f"Honours of several: {', '.join(names)}."),
            remedy=("请联系平台维护者。", "Ask the platform's maintainers."),
        )
    command = custodies.Begin(by=desk.actor, area=area, peer=peer, move=str(uuid4()))
    custody = await desk.decide(area, command, custodies.begin)
    await settle(desk, area)
    return custody


async def unsent(desk: Desk, area: str) -> int:
    """How many documents still carry facts that the service has to announce."""
    return sum([await sealing.unsent(desk.database, part) for part in of_area(area)])


async def export(desk: Desk, custody: Custody, path: Path) -> Said:
    """Write the hand-over file."""
    area, move = custody.area, custody.move or ""
    tree = Growing()
    async for line in sealed_lines(desk, area, move):
        tree.add(line)
    root = tree.root.hex()
    await desk.decide(area, custodies.Export(by=desk.actor, move=move, root=root), custodies.export)
    said = said_of(desk, custody, "hand-over", root, tree.size)

    async def lines() -> AsyncIterator[tuple[str, bytes]]:
        for part in of_area(area):
            async for line in sealing.lines(desk.database, part, move):
                yield part.kind.collection, line
        for part in await shared_with(desk.database, area):
            async for found in records(desk.database, part.kind, part.where):
                yield f"{part.kind.collection} *", orjson.dumps({"shared": orjson.Fragment(_line(part, found))})

    return await paper.write(path, said, lines(), desk.signer)


def _line(part: Part, found: dict[str, Any]) -> bytes:
    return sealing.line_of(part.kind, found)


async def confirm(desk: Desk, path: Path, out: Path, letters: Callable[[], AsyncIterator[bytes]]) -> Said:
    """Let go: the other side has everything. From here on it belongs to them, whatever happens.

    Raises:
        Refused: it is no receipt for what was handed over.
    """
    receipt = for_us(desk, paper.read(path, desk.keys), "receipt")
    command = custodies.Leave(by=desk.actor, move=receipt.move, root=receipt.root)
    custody = await desk.decide(receipt.area, command, custodies.leave)
    await settle(desk, receipt.area)

    async def lines() -> AsyncIterator[tuple[str, bytes]]:
        async for line in letters():
            yield "letters", line

    said = said_of(desk, custody, "release", receipt.root, receipt.documents)
    return await paper.write(out, said, lines(), desk.signer)


async def remember(desk: Desk, release: Said) -> Custody | None:
    """Let go once more: this side wrote this release, and its store comes from a backup that does not know of it.

    Raises:
        Refused: something newer is known here.
    """
    command = custodies.Remember(
        by=desk.actor,
        area=release.area,
        peer=release.target,
        move=release.move,
        number=release.number,
        root=release.root,
    )
    await desk.decide(release.area, command, custodies.remember)
    return await settle(desk, release.area)


async def abort(desk: Desk, area: str) -> Custody | None:
    """Let it stay where it is.

    Raises:
        Refused: it has left already.
    """
    if await desk.custody(area):
        await desk.decide(area, custodies.Abort(by=desk.actor), custodies.abort)
    return await settle(desk, area)
