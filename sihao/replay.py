"""`sihao replay ROUND`: scores, draws, assignments, lists, marks and votes of a round computed again.

Nothing may differ. Ends with 0 if nothing does, 1 if something does, 2 if it could not look. What was not compared is
always said.
"""

import asyncio
import json
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from shared.kernel.change import NotYet, Refused
from shared.runtime.mongo import Database, StoreError
from sihao.dead import DatabaseName, Json, MongoUrl
from sihao.replaying import KINDS, Replayed, replayed

_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)
_SHOWN = 50
ScoringDatabase = Annotated[
    str | None,
    typer.Option(
        envvar="SIHAO_SCORING_DATABASE",
        help="评分服务的数据库名；不给则不核对得分 / scoring's database; without it scores are not checked",
        show_default=False,
    ),
]
ScoringUrl = Annotated[
    str | None,
    typer.Option(
        "--scoring-mongo-url",
        envvar="SIHAO_SCORING_MONGO_URL",
        help="其地址，缺省同 --mongo-url / its MongoDB URL; else the same",
        show_default=False,
    ),
]


def replay_command(
    code: Annotated[str, typer.Argument(metavar="ROUND", help="认定周期 / e.g. CN-2020")],
    mongo_url: MongoUrl,
    database: DatabaseName,
    scoring_database: ScoringDatabase = None,
    scoring_url: ScoringUrl = None,
    *,
    as_json: Json = False,
) -> None:
    """从记录重新计算一个周期的得分、抽签、分配、名单、评分与表决 / Compute a round's scores and decisions again."""
    try:
        found = asyncio.run(_replayed(code, (mongo_url, database), (scoring_url or mongo_url, scoring_database)))
    except StoreError:
        _fail("数据库没有应答，请检查 --mongo-url", "the store does not answer; check --mongo-url")
    except NotYet:
        _fail(f"评分服务的库中没有周期 {code}", f"scoring's store has no round {code}")
    except Refused as refusal:
        first = refusal.problems[0]
        _fail(f"{first.rule.zh}；{first.remedy.zh}", f"{first.rule.en}; {first.remedy.en}")
    if not found.compared and not found.differences:
        _fail(f"库 {database} 中没有周期 {code}", f"there is no round {code} in {database}")
    if as_json:
        told = {
            "compared": dict(found.compared),
            "unchecked": [one.model_dump() for one in found.unchecked],
            "differences": [one.model_dump(mode="json") for one in found.differences],
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell(found)
    raise typer.Exit(1 if found.differences else 0)


async def _replayed(code: str, review: tuple[str, str], scoring: tuple[str, str | None]) -> Replayed:
    stores = [Database(*review)]
    url, name = scoring
    if name:
        stores.append(Database(url, name))
    try:
        return await replayed(stores[0], stores[1] if name else None, code)
    finally:
        for store in stores:
            store.close()


def _tell(found: Replayed) -> None:
    counted = "、".join(f"{words.zh} {found.compared[kind]}" for kind, words in KINDS.items())
    in_english = ", ".join(f"{found.compared[kind]} {words.en}" for kind, words in KINDS.items())
    if found.differences:
        table = Table("文档 / document", "何处 / what", "记录 / recorded", "重算 / computed")
        for one in found.differences[:_SHOWN]:
            table.add_row(one.where, str(one.what), one.recorded, one.computed)
        _out.print(table)
        if len(found.differences) > _SHOWN:
            _out.print("全部见 --json / all with --json")
    for why in found.unchecked:
        _out.print(f"[yellow]未核对 not checked：{why}[/yellow]")
    number, every = len(found.differences), found.compared.total()
    colour = "red" if number else "green"
    _out.print(f"{counted}\n{in_english}")
    _out.print(f"[{colour}]重算 {every} 项，{number} 处不同 / {every} compared, {number} differ[/{colour}]")


def _fail(zh: str, en: str) -> NoReturn:
    _err.print(f"[red]{zh} / {en}[/red]")
    raise typer.Exit(2)
