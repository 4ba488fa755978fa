"""The side that an area comes to: it looks at everything, writes it down sealed, and acts when it is released."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from services.review.belongings import belongs, of_area, shared_with
from services.review.store import EXPERTS
from shared.contracts.area import CENTRE, covers
from shared.kernel import custody as custodies
from shared.kernel.command import refused
from shared.kernel.custody import Custody
from shared.kernel.history import verify_stored
from shared.kernel.merkle import Growing
from shared.runtime import sealing
from sihao.province import paper
from sihao.province.moving import Desk, for_us, said_of, sealed_lines, settle
from sihao.province.paper import Said

_PAGE = 100
"""Documents written at a time."""


async def receive(desk: Desk, handed: Said, path: Path, out: Path) -> Said:
    """Write everything down, sealed, and say so.

    Raises:
        Refused: it is not whole, not ours, or other documents of the area are here.
    """
    for_us(desk, handed, "hand-over")
    area, move = handed.area, handed.move
    _examine(handed, path)
    await settle(desk, area)
    command = custodies.Arrive(
        by=desk.actor, area=area, peer=handed.source, move=move, number=handed.number, root=handed.root
    )
    custodies.arrive(await desk.custody(area), command, desk.clock.now())  # refused before anything is changed
    for part in of_area(area):
        await sealing.drop_earlier(desk.database, part, move)
    await _no_strangers(desk, area, move)
    await _goes_on(desk, area, path)
    custody = await desk.decide(area, command, custodies.arrive)
    await settle(desk, area)
    await _bring(desk, handed, path)
    await _no_strangers(desk, area, move)
    tree = Growing()
    async for line in sealed_lines(desk, area, move):
        tree.add(line)
    if tree.root.hex() != handed.root:
        raise refused(
            "hand-over.incomplete",
            "root",
            rule=("写入后与移交文件不一致。", "What was written is not what was handed over."),
            remedy=("请再次运行本命令；仍不一致请联系平台维护者。", "Run this again; if it stays so, ask for help."),
        )
    said = said_of(desk, custody, "receipt", handed.root, tree.size)
    return await paper.write(out, said, _nothing(), desk.signer)


async def take(desk: Desk, release: Said) -> Custody:
    """Act from now on: the other side has let go.

    Raises:
        Refused: it is no release for what was received.
    """
    for_us(desk, release, "release")
    command = custodies.Take(by=desk.actor, move=release.move, root=release.root)
    await desk.decide(release.area, command, custodies.take)
    return await settle(desk, release.area) or Custody(area=release.area)


def _examine(handed: Said, path: Path) -> None:
    """See that every document is whole and the area's own."""
    parts = {part.kind.collection: part for part in of_area(handed.area)}
    tree = Growing()
    for line in paper.lines_of(path):
        told = orjson.loads(line)
        if "shared" in told:
            continue
        tree.add(line)
        part = parts.get(told["kind"])
        broken = verify_stored({**told, "outbox": []})
        if part is None or broken or not belongs(part, told["state"], handed.area):
            raise refused(
                "hand-over.document",
                f"{told['kind']}/{told['id']}",
                rule=(
                    f"文档不完整或不属于 {handed.area}：{broken.why.zh if broken else '不属于该地区'}",
                    f"The document is not whole, or not of {handed.area}: {broken.why.en if broken else 'other area'}",
                ),
                remedy=(
                    "请对方用 sihao verify store review 核对后重新移交。",
                    "The other side verifies its store first.",
                ),
            )
        part.kind.state.model_validate(told["state"])
    if tree.root.hex() != handed.root:
        raise refused(
            "hand-over.root",
            "root",
            rule=("文件中的文档与所签的根不符。", "The documents are not those that the signed root stands for."),
            remedy=("请对方重新移交。", "Ask for a new hand-over."),
        )


async def _no_strangers(desk: Desk, area: str, move: str) -> None:
    found = [name for part in of_area(area) for name in await sealing.strangers(desk.database, part, move)]
    if found:
        raise refused(
            "hand-over.strangers",
            "documents",
            rule=(
                f"这里已有 {area} 的其他文档：{'、'.join(found[:5])}。",
                f"There are other documents of {area} here: {', '.join(found[:5])}.",
            ),
            remedy=(
                "本侧服务可能在交接前就已办理该地区。请停止服务，核对并移走这些文档后重试。",
                "This side may have acted before it was its turn: stop it, look at these, move them away, try again.",
            ),
        )


async def _goes_on(desk: Desk, area: str, path: Path) -> None:
    """See that what comes back goes on from what was handed over, and that all of it comes back."""
    gone = {part.kind.collection: await sealing.ends_aside(desk.database, part.kind, area) for part in of_area(area)}
    for line in paper.lines_of(path) if any(gone.values()) else ():
        told = orjson.loads(line)
        if (end := gone.get(told.get("kind", ""), {}).pop(told.get("id", ""), None)) is None:
            continue
        number, hash_ = end
        if len(told["history"]) < number or told["history"][number - 1]["hash"] != hash_:
            raise _broken_off(f"{told['kind']}/{told['id']}")
    if left := [f"{kind}/{key}" for kind, keys in gone.items() for key in keys]:
        raise _broken_off(*left[:5])


def _broken_off(*names: str) -> Exception:
    return refused(
        "hand-over.history",
        "documents",
        rule=(
            f"移回的文档未延续移出时的历史：{'、'.join(names)}。",
            f"What comes back does not go on from what was handed over: {', '.join(names)}.",
        ),
        remedy=("请对方核对数据库后重新移交。", "The other side looks into its store and hands over again."),
    )


async def _bring(desk: Desk, handed: Said, path: Path) -> None:
    parts = {part.kind.collection: part.kind for part in of_area(handed.area)}
    shared = {part.kind.collection: part.kind for part in await shared_with(desk.database, handed.area)}
    mark, pages, done = {"area": handed.area, "move": handed.move}, dict[tuple[str, bool], list[Any]](), 0

    async def write(kind: str, *, own: bool) -> None:
        page = pages.pop((kind, own), [])
        known = parts[kind] if own else shared[kind]
        await sealing.bring(desk.database, known, page, sealed=mark if own else None)

    for line in paper.lines_of(path):
        told = orjson.loads(line)
        own = "shared" not in told
        document = told if own else told["shared"]
        if not own and not _welcome(desk, handed.area, document):
            continue
        page = pages.setdefault((document["kind"], own), [])
        page.append(document)
        done += 1
        if len(page) == _PAGE:
            await write(document["kind"], own=own)
            desk.told(f"已写入 {done} / {handed.lines}", f"{done} of {handed.lines} written")
    for kind, own in list(pages):
        await write(kind, own=own)


def _welcome(desk: Desk, area: str, document: Mapping[str, Any]) -> bool:
    """The centre hears of rounds and chambers itself; of a province it takes the experts that come from there."""
    if desk.side != CENTRE:
        return True
    return document["kind"] == EXPERTS.collection and covers(area, document["state"]["area"])


async def _nothing() -> AsyncIterator[tuple[str, bytes]]:
    for _ in ():
        yield "", b""
