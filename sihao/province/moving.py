"""An area moves from one review service to another: what each side does, in steps that can be broken off and done again.

    source: leave  → target: receive  → source: confirm  → target: take

The register (`shared/kernel/custody.py`) says what is to hold; `settle` makes the documents so. Every step settles first
what an earlier one may have left, so after a crash it is enough to say it again.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from services.review.belongings import MOVING, belongs, mixed, of_area, shared_with
from services.review.store import CUSTODIES, EXPERTS
from shared.contracts.area import CENTRE, covers
from shared.kernel import custody as custodies
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.kernel.change import Decider
from shared.kernel.command import Command, refused
from shared.kernel.custody import Custody
from shared.kernel.history import verify_stored
from shared.kernel.keys import RegisteredKey
from shared.kernel.merkle import Growing
from shared.runtime import sealing
from shared.runtime.clock import Clock
from shared.runtime.documents import Documents
from shared.runtime.mongo import Database
from shared.runtime.records import records
from shared.runtime.sealing import Part, Step
from shared.runtime.signing import Signer
from shared.runtime.work import Rejected, Work
from sihao.province import paper
from sihao.province.paper import Said

Told = Callable[[str, str], None]
"""Told of progress: Chinese, English."""
_PAGE = 100


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
    """Have the store take no new documents of areas that are not held; of one that has come not before all are open."""
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


# --- the side it leaves ------------------------------------------------------------------------------------------------


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
    async for line in _sealed_lines(desk, area, move):
        tree.add(line)
    root = tree.root.hex()
    await desk.decide(area, custodies.Export(by=desk.actor, move=move, root=root), custodies.export)
    said = _said(desk, custody, "hand-over", root, tree.size)

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
    receipt = _for_us(desk, paper.read(path, desk.keys), "receipt")
    command = custodies.Leave(by=desk.actor, move=receipt.move, root=receipt.root)
    custody = await desk.decide(receipt.area, command, custodies.leave)
    await settle(desk, receipt.area)

    async def lines() -> AsyncIterator[tuple[str, bytes]]:
        async for line in letters():
            yield "letters", line

    said = _said(desk, custody, "release", receipt.root, receipt.documents)
    return await paper.write(out, said, lines(), desk.signer)


async def abort(desk: Desk, area: str) -> Custody | None:
    """Let it stay where it is.

    Raises:
        Refused: it has left already.
    """
    if await desk.custody(area):
        await desk.decide(area, custodies.Abort(by=desk.actor), custodies.abort)
    return await settle(desk, area)


# --- the side it comes to ----------------------------------------------------------------------------------------------


async def receive(desk: Desk, handed: Said, path: Path, out: Path) -> Said:
    """Write everything down, sealed, and say so.

    Raises:
        Refused: it is not whole, not ours, or other documents of the area are here.
    """
    _for_us(desk, handed, "hand-over")
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
    async for line in _sealed_lines(desk, area, move):
        tree.add(line)
    if tree.root.hex() != handed.root:
        raise refused(
            "hand-over.incomplete",
            "root",
            rule=("写入后与移交文件不一致。", "What was written is not what was handed over."),
            remedy=("请再次运行本命令；仍不一致请联系平台维护者。", "Run this again; if it stays so, ask for help."),
        )
    said = _said(desk, custody, "receipt", handed.root, tree.size)
    return await paper.write(out, said, _nothing(), desk.signer)


async def take(desk: Desk, release: Said) -> Custody:
    """Act from now on: the other side has let go.

    Raises:
        Refused: it is no release for what was received.
    """
    _for_us(desk, release, "release")
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

    async def write(kind: str, own: bool) -> None:
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
            await write(document["kind"], own)
            desk.told(f"已写入 {done} / {handed.lines}", f"{done} of {handed.lines} written")
    for kind, own in list(pages):
        await write(kind, own)


def _welcome(desk: Desk, area: str, document: Mapping[str, Any]) -> bool:
    """The centre hears of rounds and chambers itself; of a province it takes the experts that come from there."""
    if desk.side != CENTRE:
        return True
    return document["kind"] == EXPERTS.collection and covers(area, document["state"]["area"])


async def _sealed_lines(desk: Desk, area: str, move: str) -> AsyncIterator[bytes]:
    for part in of_area(area):
        async for line in sealing.lines(desk.database, part, move):
            yield line


def _said(desk: Desk, custody: Custody, what: paper.What, root: str, documents: int) -> Said:
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


def _for_us(desk: Desk, said: Said, what: paper.What) -> Said:
    addressee = said.source if said.what == "receipt" else said.target
    if said.what != what or addressee != desk.side:
        raise refused(
            "hand-over.not-for-us",
            "file",
            rule=(
                f"此文件是 {said.what}，交给 {addressee}；这里是 {desk.side}。",
                f"This file is a {said.what} for {addressee}; here is {desk.side}.",
            ),
            remedy=("请核对文件与 SIHAO_AREAS。", "Look at the file and at SIHAO_AREAS."),
        )
    return said


async def _nothing() -> AsyncIterator[tuple[str, bytes]]:
    for _ in ():
        yield "", b""
