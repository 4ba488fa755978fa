"""`sihao province move|receive|confirm|forward`: an area moves, at whichever side this is run.

Which side it is, its store, its broker and its key stand in the settings of the review service there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from services.review.handlers import table
from services.review.procedures import load
from services.review.store import CUSTODIES
from shared.contracts.area import CENTRE, covers
from shared.runtime.amqp import Missing
from shared.runtime.dead import DeadLetters
from shared.runtime.queues import consumers_of, shift, waiting_in
from sihao.dead import DatabaseName, MongoUrl
from sihao.province import arriving, leaving, paper, terminal, topology, waiting_letters
from sihao.province.moving import Desk
from sihao.province.side import jurisdictions_of, run_at, scope_of, side_of
from sihao.province.terminal import Area, fail, out, province
from sihao.restore import AmqpUrl

T = TypeVar("T")
_LOOK_EVERY = 0.2
_NOT_ALLOWED = 13
"""MongoDB's `Unauthorized`."""
_LISTED = 5


class Towards(StrEnum):
    """Where an area goes."""

    OWN = "own"
    """To a review service of its own."""
    HOSTED = "hosted"
    """Back to the centre."""


Areas = Annotated[str, typer.Option(envvar="SIHAO_AREAS", help="本侧审核服务的辖区 / areas of this side's review")]
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="对方交来的文件 / their file")]
OutFile = Annotated[Path | None, typer.Option("--out", dir_okay=False, help="写出的文件 / the file to write")]
Wait = Annotated[float, typer.Option(min=0, help="等待发件箱或队列的秒数 / seconds to wait for outboxes or queues")]


def move(
    area: Area,
    mongo_url: MongoUrl,
    database: DatabaseName,
    amqp_url: AmqpUrl,
    *,
    areas: Areas = CENTRE,
    to: Annotated[Towards | None, typer.Option("--to", help="自建服务，或交回中央 / where it goes")] = None,
    abort: Annotated[bool, typer.Option("--abort", help="不移了，留在原处 / it stays where it is")] = False,
    out_file: OutFile = None,
    wait: Wait = 120.0,
) -> None:
    """移出一省：停办、封存、写出移交文件；可重复运行 / An area leaves: stop, seal, write it down; repeatable.

    服务须在运行，以便发完尚未发出的事件 / The service must run, to send what it has still to announce.
    """
    area, jurisdictions = province(area), jurisdictions_of(areas)
    at_centre = CENTRE in jurisdictions
    if not abort and to is not (Towards.OWN if at_centre else Towards.HOSTED):
        fail(
            "中央移出用 --to own，省级交回用 --to hosted",
            "the centre moves --to own, a province --to hosted",
            terminal.WRONG,
        )
    if not any(covers(area, ours) for ours in jurisdictions if ours != CENTRE):
        fail(
            f"{area} 不在 SIHAO_AREAS（{areas}）中，不由本侧办理",
            f"{area} is not in SIHAO_AREAS ({areas}): it is not this side's to hand over",
            terminal.WRONG,
        )

    async def work(desk: Desk) -> None:
        if abort:
            await leaving.abort(desk, area)
            out.print(f"{area} 留在原处，照常办理 / {area} stays, and is acted upon again")
            return
        if at_centre:
            await _has_caught_up(amqp_url, area, jurisdictions, wait)
        custody = await leaving.begin(desk, area, area if at_centre else CENTRE)
        await _sent(desk, area, wait)
        path = out_file or Path(f"{area}-{custody.number}.hand-over")
        said = await leaving.export(desk, await desk.custody(area) or custody, path)
        out.print(
            f"移交文件 {path}：{said.documents} 份文档，含个人信息，请经安全途径交给对方；根 {said.root}\n"
            f"hand-over file {path}: {said.documents} documents, with personal data: hand it over by a safe way; "
            f"root {said.root}"
        )

    run_at(mongo_url, database, area if not at_centre else CENTRE, work)


def receive(
    file: File,
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    areas: Areas = CENTRE,
    out_file: OutFile = None,
) -> None:
    """接收：移交文件换回执；放行文件则开始办理 / Take in a hand-over for a receipt; a release: begin to act.

    自己写出的放行文件：数据库从移出前的备份恢复之后，再次移出 / One's own release, after a backup: let go once more.
    """
    jurisdictions = jurisdictions_of(areas)

    async def work(desk: Desk) -> None:
        said = paper.read(file, desk.keys)
        if said.what == "release" and said.source == desk.side:
            await leaving.remember(desk, said)
            out.print(f"{said.area} 已由本侧移出，照此办理 / {said.area} has left this side, and that holds again")
            return
        if said.what == "release":
            await arriving.take(desk, said)
            waiting = waiting_letters.read(paper.lines_of(file), scope_of(jurisdictions))
            await DeadLetters(desk.database).park(waiting)
            out.print(f"{said.area} 由本侧办理 / {said.area} is held here now")
            return
        path = out_file or file.with_suffix(".receipt")
        receipt = await arriving.receive(desk, said, file, path)
        out.print(
            f"已收 {receipt.documents} 份文档，回执 {path}：交回对方确认；放行之前本侧不办理\n"
            f"{receipt.documents} documents are here; receipt {path} for the other side. Nothing is done here before "
            "its release"
        )

    run_at(mongo_url, database, side_of(jurisdictions), work)


def confirm(
    file: File,
    mongo_url: MongoUrl,
    database: DatabaseName,
    amqp_url: AmqpUrl,
    *,
    areas: Areas = CENTRE,
    out_file: OutFile = None,
) -> None:
    """凭回执放手，写出放行文件；自此归对方，不可撤回 / Let go by the receipt, and write the release; no way back."""
    jurisdictions = jurisdictions_of(areas)

    async def work(desk: Desk) -> None:
        said = paper.read(file, desk.keys)
        if desk.side != CENTRE and await consumers_of(amqp_url, topology.queues_of(said.area)):
            fail(
                "请先停止本省的审核服务：队列中的消息要留给中央",
                "stop the province's review first: what waits in its queues is the centre's",
                terminal.WRONG,
            )
        path = out_file or file.with_suffix(".release")
        letters = DeadLetters(desk.database)
        scope = scope_of(jurisdictions)
        release = await leaving.confirm(desk, file, path, lambda: waiting_letters.told(letters, said.area, scope))
        out.print(
            f"{release.area} 已移出，放行文件 {path} 交给对方 / {release.area} has left; release {path} is for them"
        )

    run_at(mongo_url, database, side_of(jurisdictions), work)


def forward(
    area: Area, mongo_url: MongoUrl, database: DatabaseName, amqp_url: AmqpUrl, *, areas: Areas = CENTRE
) -> None:
    """交回之后：把该省队列中的消息转到中央队列 / After it came back: its queues are emptied into the centre's."""
    area, jurisdictions = province(area), jurisdictions_of(areas)

    async def work(desk: Desk) -> None:
        custody = await desk.database.get(CUSTODIES, area)
        if desk.side != CENTRE or custody is None or custody.status != "held" or area not in jurisdictions:
            fail(
                f"只在 {area} 交回中央、并列入 SIHAO_AREAS 之后使用",
                f"only at the centre, once {area} has come back and stands in SIHAO_AREAS",
                terminal.WRONG,
            )
        pairs = _pairs(jurisdictions, area)
        if await consumers_of(amqp_url, [own for own, _ in pairs]):
            fail(f"{area} 的审核服务仍在运行", f"the review of {area} still runs: stop it", terminal.WRONG)
        moved = sum([await shift(amqp_url, own, ours) for own, ours in pairs])
        out.print(f"已转 {moved} 条消息 / {moved} messages forwarded")

    run_at(mongo_url, database, side_of(jurisdictions), work)


async def _has_caught_up(amqp_url: str, area: str, jurisdictions: tuple[str, ...], wait: float) -> None:
    """See that the area's own queues stand, and that whatever came before them has been taken off the centre's."""
    own = topology.queues_of(area)
    try:
        await waiting_in(amqp_url, own)
    except Missing:
        fail(
            f"{area} 的队列尚未全部建立，请先运行 sihao province add {area} --way direct",
            f"not all queues of {area} stand: run sihao province add {area} --way direct first",
            terminal.WRONG,
        )
    behind = {ours for _, ours in _pairs(jurisdictions, area)}

    async def caught_up() -> bool:
        behind.difference_update([name for name, ready in (await waiting_in(amqp_url, [*behind])).items() if not ready])
        return not behind

    if not await _until(caught_up, wait):
        fail(
            f"中央队列仍有积压，请待其处理后再来：{', '.join(sorted(behind)[:_LISTED])}",
            "the centre has still to handle what came before; run this again later",
            terminal.WRONG,
        )


async def _sent(desk: Desk, area: str, wait: float) -> None:
    """Wait until the service has announced everything."""

    async def sent() -> bool:
        return not await leaving.unsent(desk, area)

    if not await _until(sent, wait):
        fail(
            f"{area} 仍有事件未发出；请确认本侧审核服务和消息队列在运行，然后重新运行本命令",
            f"facts of {area} are still unsent: see that review and broker run, then run this again",
            terminal.WRONG,
        )


async def _until(holds: Callable[[], Awaitable[bool]], within: float) -> bool:
    end = asyncio.get_running_loop().time() + within
    while not await holds():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(_LOOK_EVERY)
    return True


def _pairs(jurisdictions: tuple[str, ...], area: str) -> list[tuple[str, str]]:
    """The queues of the area's own service, each beside that in which the centre hears the same.

    Without what only a province hears: the centre does not keep books with itself.
    """
    unopened: object = None
    heard = {s.event: s.queue for s in table(unopened, load(), jurisdictions, scope_of(jurisdictions))}  # type: ignore[arg-type]
    return [(own.queue, heard[own.event]) for own in topology.heard_by(area) if own.event in heard]
