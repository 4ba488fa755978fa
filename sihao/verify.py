"""`sihao verify`: whether histories and lists of decisions are whole; what is broken is named by document and entry.

Ends with 0 if all is whole, 1 if something is broken, 2 if it could not look.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared.contracts.text import Text, text
from shared.runtime.mongo import Database, StoreError
from sihao.dead import DatabaseName, Json, MongoUrl
from sihao.findings import Findings
from sihao.proof import SavedProof, said_of
from sihao.services import KINDS, SERVICES
from sihao.verification import Verification

verify_app = typer.Typer(no_args_is_help=True)
_out = Console()
_err = Console(stderr=True)
_SHOWN = 50
_BROKEN, _BLIND = 1, 2


@verify_app.command("store")
def verify_store(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help=" | ".join(SERVICES))],
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    as_json: Json = False,
) -> None:
    """一个服务的全部文档 / Everything one service keeps."""
    if service not in KINDS:
        raise typer.BadParameter(f"没有服务 {service}，应为 / no such service; one of {', '.join(SERVICES)}")
    nothing = text(f"库 {database} 中没有 {service} 的文档", f"there are no documents of {service} in {database}")
    _tell(_look(mongo_url, database, lambda all_: all_.store(KINDS[service])), nothing, as_json=as_json)


@verify_app.command("round")
def verify_round(
    code: Annotated[str, typer.Argument(metavar="ROUND", help="认定周期 / e.g. CN-2020")],
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    as_json: Json = False,
) -> None:
    """审核服务中一个周期的全部文档和决定清单 / A round in a review service, with its lists of decisions."""
    nothing = text(f"库 {database} 中没有周期 {code}", f"there is no round {code} in {database}")
    _tell(_look(mongo_url, database, lambda all_: all_.round(code)), nothing, as_json=as_json)


@verify_app.command("case")
def verify_case(
    id_: Annotated[str, typer.Argument(metavar="CASE", help="案件 / <application>@<jurisdiction>")],
    mongo_url: MongoUrl,
    database: DatabaseName,
    *,
    as_json: Json = False,
) -> None:
    """一个案件，以及通报中关于它的决定 / One case of a review service, and what was announced of it."""
    nothing = text(f"库 {database} 中没有案件 {id_}", f"there is no case {id_} in {database}")
    _tell(_look(mongo_url, database, lambda all_: all_.case(id_)), nothing, as_json=as_json)


@verify_app.command("proof")
def verify_proof(
    file: Annotated[Path, typer.Argument(help="保存的证明 / a proof, saved as it was served (JSON)", dir_okay=False)],
    *,
    root: Annotated[
        str | None, typer.Option(help="通报上公布的根 / the root that was published", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """离线核对一份证明，不需要服务器 / Check a saved proof, without any server."""
    try:
        holds, said = said_of(SavedProof.model_validate_json(file.read_bytes()), root.lower() if root else None)
    except OSError as error:
        _blind(text(f"不能读取文件 {file}", f"cannot read {file}"), error)
    except (ValidationError, TypeError) as error:
        _blind(
            text(f"{file} 不是一份决定证明（须为接口返回的 JSON）", f"{file} is no proof as the API serves it"), error
        )
    if as_json:
        typer.echo(json.dumps({"proved": holds, "said": said.model_dump()}, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{said.zh}\n\n{said.en}")
    raise typer.Exit(0 if holds else _BROKEN)


def _look(mongo_url: str, database: str, at: Callable[[Verification], Awaitable[None]]) -> Findings:
    """What there is to find; how far it is stands on the terminal meanwhile."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task("已核对文档 / documents", total=None)

        async def look() -> Findings:
            store = Database(mongo_url, database)
            try:
                verification = Verification(store, lambda more: progress.advance(task, more))
                await at(verification)
                return verification.found
            finally:
                store.close()

        try:
            return asyncio.run(look())
        except StoreError as error:
            _blind(text("数据库没有应答，请检查 --mongo-url", "the store does not answer; check --mongo-url"), error)


def _tell(found: Findings, nothing: Text, *, as_json: bool) -> NoReturn:
    if not found.documents and not found.breaks:
        _blind(nothing)
    if as_json:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(found)
    raise typer.Exit(_BROKEN if found.breaks else 0)


def _print(found: Findings) -> None:
    if found.broken:
        table = Table("文档 / document", "版本 / version", "记录 / entry", "不符之处 / what does not fit")
        for one in found.broken[:_SHOWN]:
            entry = "—" if one.entry is None else str(one.entry)
            table.add_row(one.document, str(one.version), entry, f"{one.why.zh}\n{one.why.en}")
        _out.print(table)
    for listed in found.lists:
        _out.print(
            f"通报 {listed.announcement}：决定清单 {listed.size} 项，根（请与公布的核对）/ "
            f"announcement: {listed.size} decisions, root (compare with the published one)\n{listed.root}",
            highlight=False,
        )
    looked = f"已核对文档 {found.documents.total()} 份、记录 {found.entries} 条"
    looked_en = f"{found.documents.total()} documents with {found.entries} entries"
    if found.breaks:
        more = "；全部见 --json / all with --json" if found.breaks > _SHOWN else ""
        _out.print(
            f"[red]{looked}：{found.breaks} 处不符 / {looked_en}: {found.breaks} breaks[/red]{more}", highlight=False
        )
    else:
        _out.print(f"[green]{looked}：全部完整 / {looked_en}: all whole[/green]", highlight=False)


def _blind(why: Text, error: BaseException | None = None) -> NoReturn:
    """It cannot look, or there is nothing to look at."""
    _err.print(f"[red]{why}[/red]" + (f"  ({type(error).__name__})" if error else ""), highlight=False)
    raise typer.Exit(_BLIND) from error
