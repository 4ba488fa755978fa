"""What the commands about provinces share. Secrets come from the environment, never as options."""

import asyncio
import json
import logging
import os
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import httpx2
import typer
from rich.console import Console
from rich.markup import escape

from sihao.province.findings import Finding, Outcome, as_json, passes
from sihao.province.join_file import JoinFile, NotAJoinFile, load
from sihao.province.rights import parse_province
from sihao.rabbit_api import ManagementApi, reason_of

T = TypeVar("T")
WRONG, BLIND = 1, 2
"""Exit codes: something is wrong; it could not be looked at."""
RABBIT_API = "SIHAO_RABBIT_API_URL"
TOKEN = "SIHAO_TOKEN"  # noqa: S105 - the name of a variable

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
SIGNS = {
    Outcome.OK: "[green]✓[/green]",
    Outcome.WARNING: "[yellow]![/yellow]",
    Outcome.FAILED: "[red]✗[/red]",
    Outcome.SKIPPED: "·",
}

Area = Annotated[str, typer.Argument(metavar="AREA", help="省级地区代码 / area code of a province, e.g. 35")]
Vhost = Annotated[str, typer.Option(help="虚拟主机 / virtual host of the broker")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
ApiCa = Annotated[
    Path | None,
    typer.Option("--rabbit-api-ca-file", help="管理接口的 CA 证书 / the authority behind the management API (PEM)"),
]


def fail(zh: str, en: str, code: int = BLIND) -> NoReturn:
    """Say what is wrong and end."""
    err.print(f"[red]{escape(zh)} / {escape(en)}[/red]")
    raise typer.Exit(code)


def province(written: str) -> str:
    """The area of a province, as it was written."""
    try:
        return parse_province(written)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def given(name: str, zh: str, en: str) -> str:
    """What the environment says under this name."""
    return os.environ.get(name) or fail(f"请设环境变量 {name}：{zh}", f"set the variable {name}: {en}")


def management(ca_file: Path | None) -> ManagementApi:
    """The management API that the environment names."""
    url = given(
        RABBIT_API,
        "管理接口地址，含管理员账号",
        "the management API with an administrator, https://user:password@host:15671",
    )
    return ManagementApi(url, ca_file=ca_file)


def join_file(path: Path) -> JoinFile:
    """The join file at this path."""
    try:
        return load(path)
    except NotAJoinFile as error:
        fail(
            f"{path} 不是可用的接入文件：{error}",
            f"{path} is no join file that can be used; ask the centre for a new one",
        )
    except OSError as error:
        fail(f"无法读取 {path}（{error.strerror}）", f"cannot read {path}")


def run(work: Awaitable[T]) -> T:
    """Do it; an API that does not answer, or refuses, is told in plain words."""
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # what goes wrong is told in findings

    async def awaited() -> T:
        return await work

    try:
        return asyncio.run(awaited())
    except httpx2.HTTPStatusError as error:
        code, path = error.response.status_code, error.request.url.path
        if code in (401, 403):
            fail(f"被拒绝（{code} {path}）：账号权限不足", f"refused ({code}): the account may not do this")
        fail(f"未被接受（{code} {path}）：{reason_of(error)}", f"not accepted: {reason_of(error)}")
    except httpx2.HTTPError as error:
        fail("接口没有应答，请检查地址和证书", f"no answer; check address and certificate ({type(error).__name__})")


def tell(findings: list[Finding], *, json_: bool) -> bool:
    """Print the findings; answers whether nothing has failed."""
    if json_:
        typer.echo(json.dumps(as_json(findings), ensure_ascii=False, indent=2))
        return passes(findings)
    for one in findings:
        out.print(f"{SIGNS[one.outcome]} {escape(one.says.zh)} / {escape(one.says.en)}")
        if one.remedy:
            out.print(f"    → {escape(one.remedy.zh)}\n    → {escape(one.remedy.en)}")
    return passes(findings)
