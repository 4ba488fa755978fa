"""`sihao replay ROUND`: draws, lists, marks, votes, distinctions computed again; the difference must be empty.

Ends with 0 if nothing differs, 1 if something does, 2 if it could not look.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from services.review.domain import replay
from services.review.domain.replay import Difference
from services.review.store import ANNOUNCEMENTS, CASES, DRAWS, PANELS, SHORTLISTS
from shared.contracts.cases import Tally
from shared.kernel.state import State
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database, StoreError
from sihao.dead import DatabaseName, Json, MongoUrl

S = TypeVar("S", bound=State)
_out = Console()
_err = Console(stderr=True)
_PAGE = 200
_SHOWN = 50


def replay_command(
    code: Annotated[str, typer.Argument(metavar="ROUND", help="认定周期 / e.g. CN-2020")],
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    as_json: Json = False,
) -> None:
    """从记录重新计算一个周期的抽签、名单、评分与表决 / Compute a round's draws, lists, marks and votes again."""
    try:
        looked, found = asyncio.run(replayed(mongo_url, database, code))
    except StoreError as error:
        _err.print("[red]数据库没有应答，请检查 --mongo-url / the store does not answer; check --mongo-url[/red]")
        raise typer.Exit(2) from error
    if not looked:
        _err.print(f"[red]库 {database} 中没有周期 {code} / there is no round {code} in {database}[/red]")
        raise typer.Exit(2)
    if as_json:
        told = {"looked": dict(looked), "differences": [one.model_dump(mode="json") for one in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell(looked, found)
    raise typer.Exit(1 if found else 0)


async def replayed(mongo_url: str, database: str, code: str) -> tuple[Counter[str], list[Difference]]:
    """How many documents of each kind were looked at, and every difference."""
    store = Database(mongo_url, database)
    looked, found, votes = Counter[str](), list[Difference](), dict[str, Tally]()
    try:
        async for draw in _every(store, DRAWS, code):
            looked["draws"] += 1
            found += replay.replayed_draw(draw)
        async for shortlist in _every(store, SHORTLISTS, code):
            looked["shortlists"] += 1
            found += replay.replayed_shortlist(shortlist)
        async for panel in _every(store, PANELS, code):
            looked["panels"] += 1
            found += replay.replayed_panel(panel)
            votes |= {result.case: result.tally for result in panel.results}
        async for case in _every(store, CASES, code):
            looked["cases"] += 1
            found += replay.replayed_case(case, votes)
        async for announced in _every(store, ANNOUNCEMENTS, code):
            looked["announcements"] += 1
            found += replay.replayed_announcement(announced)
    finally:
        store.close()
    return looked, found


async def _every(store: Database, kind: Kind[S], code: str) -> AsyncIterator[S]:
    """Every document of a kind and a round, page by page."""
    after: str | None = None
    while True:
        page = await store.find(kind, {"state.round": code}, limit=_PAGE, after=after)
        for _, state in page:
            yield state
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def _tell(looked: Counter[str], found: list[Difference]) -> None:
    counted = "、".join(f"{name} {number}" for name, number in looked.items())
    if not found:
        _out.print(f"[green]{counted}：重算结果全部一致 / computed again: nothing differs[/green]", highlight=False)
        return
    table = Table("文档 / document", "何处 / what", "记录 / recorded", "重算 / computed")
    for one in found[:_SHOWN]:
        table.add_row(one.where, str(one.what), one.recorded, one.computed)
    _out.print(table)
    more = "；全部见 --json / all with --json" if len(found) > _SHOWN else ""
    _out.print(f"[red]{counted}：{len(found)} 处不同 / {len(found)} differences[/red]{more}", highlight=False)
