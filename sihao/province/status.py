"""`sihao province status`: how far a province has caught up, at the centre or at the province itself.

Ends with 0 if all are connected and whatever waits gets less, 1 if somebody should look, 2 if it cannot be looked at.
"""

import asyncio
import json
import shlex
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from shared.kernel.calendar import time_words
from shared.runtime.estimate import Progress
from shared.runtime.probe import LoginRefused, NoSuchPlace
from sihao.province import terminal
from sihao.province.rights import user_of
from sihao.province.standing import Line, Standing
from sihao.province.terminal import ApiCa, Json, Vhost, fail, management, out, province
from sihao.province.watching import Home, at_centre, at_province

_SECOND_LOOK = 2.0
"""Seconds after which a province is looked at once more, since a rate needs two looks. Our default."""
_LINES = {
    Line.UP: "[green]已连接 / connected[/green]",
    Line.IDLE: "[yellow]已连接，无人收取 / connected, nobody consumes[/yellow]",
    Line.DOWN: "[red]未连接 / not connected[/red]",
}
Look = Callable[[], Awaitable[list[Standing]]]


def status(
    whom: Annotated[
        str,
        typer.Argument(
            metavar="[AREA|FILE]",
            help="省级代码；在本省则为设置文件 / a province; at the province its settings, review-35.env",
        ),
    ] = "",
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="持续显示，直至全部补齐 / go on until all have caught up")
    ] = False,
    every: Annotated[float, typer.Option(min=0.5, help="间隔秒数 / seconds between two looks")] = 5.0,
    vhost: Vhost = "/",
    api_ca: ApiCa = None,
    as_json: Json = False,
) -> None:
    """补齐进度：等待、最早、速率、预计完成、连接、死信 / How far provinces have caught up, and when they will have.

    中央须设 SIHAO_RABBIT_API_URL；查看时取出每个队列最早的一条再放回 / At the centre the management API is asked, and
    the oldest message of each queue is looked at and put back.
    """
    look = _of_province(Path(whom)) if Path(whom).is_file() else _of_centre(whom, vhost, api_ca, watched=watch)
    found = terminal.run(_go(look, watch=watch, every=every, as_json=as_json))
    raise typer.Exit(terminal.WRONG if any(one.concerns for one in found) else 0)


def _of_centre(whom: str, vhost: str, api_ca: Path | None, *, watched: bool) -> Look:
    areas = [province(whom)] if whom else []
    api, progress = management(api_ca), dict[str, Progress]()

    async def look() -> list[Standing]:
        found = await at_centre(api, vhost, areas, progress if watched else {})
        if areas and not await api.find("users", user_of(areas[0], vhost)):
            fail(f"{areas[0]} 未被接纳", f"{areas[0]} was not admitted")
        for one in found:
            progress.setdefault(one.area, Progress())
        return found

    return look


def _of_province(file: Path) -> Look:
    try:
        home = Home.of(_settings(file))
    except (KeyError, ValueError, OSError):
        fail(
            f"{file} 不是审核服务的设置文件（须有 SIHAO_AREAS、SIHAO_AMQP_URL）",
            f"{file} holds no settings of a review service (SIHAO_AREAS and SIHAO_AMQP_URL)",
        )
    progress = Progress()

    async def look() -> list[Standing]:
        try:
            found = await at_province(home, progress)
            if found.waiting and found.rate is None:
                await asyncio.sleep(_SECOND_LOOK)
                found = await at_province(home, progress)
        except (LoginRefused, NoSuchPlace):
            fail("账号、密码或虚拟主机不符", "the broker refuses this user, password or virtual host")
        return [found]

    return look


def _settings(file: Path) -> dict[str, str]:
    """The settings in a file, as a shell would read it."""
    lines = (line.partition("=") for line in file.read_text("utf-8").splitlines() if line.startswith("SIHAO_"))
    return {name: "".join(shlex.split(value)) for name, _, value in lines}


async def _go(look: Look, *, watch: bool, every: float, as_json: bool) -> list[Standing]:
    while True:
        found = await look()
        if as_json:
            told = [one.as_json() for one in found]
            typer.echo(json.dumps(told, ensure_ascii=False, indent=None if watch else 2))
        else:
            _show(found)
        if not watch or all(one.abreast for one in found):
            return found
        await asyncio.sleep(every)


def _show(found: Sequence[Standing]) -> None:
    now = datetime.now(UTC)
    table = Table(
        "省 / area",
        "连接 / line",
        "等待 / waiting",
        "最早 / oldest",
        "每秒减少 / fewer per s",
        "预计完成 / expected end",
        "死信 / dead letters",
        title=f"{time_words(now).zh} / {time_words(now).en}",
        title_justify="left",
    )
    for one in found:
        line = _LINES[one.line] + (f"\n自 / since {_at(one.since)}" if one.since and one.line is not Line.DOWN else "")
        line += f"\n不晚于 / at the latest since {_at(one.since)}" if one.since and one.line is Line.DOWN else ""
        waiting = str(one.waiting) + (f"\n↑ {one.going_up}" if one.going_up is not None else "")
        rate = "–" if one.rate is None else f"{one.rate:.1f}"
        dead = "–" if one.dead is None else str(one.dead)
        table.add_row(one.area, line, waiting, _age(one.oldest, now), rate, _end(one, now), dead)
    out.print(table)
    for one in found:
        for concern in one.concerns:
            out.print(f"[yellow]! {one.area}：{concern}[/yellow]")


def _end(one: Standing, now: datetime) -> str:
    match one.trend:
        case "done":
            return "无积压 / nothing waits"
        case "unknown":
            return "尚不能估计 / no estimate yet"
        case "not-falling":
            return "没有减少 / not getting less"
    return f"{_at(one.ends)}（{_span(one.ends - now)}）" if one.ends else "–"


def _age(oldest: datetime | None, now: datetime) -> str:
    return "–" if oldest is None else _span(now - oldest)


def _at(instant: datetime | None) -> str:
    return f"{instant:%m-%d %H:%M}Z" if instant else "–"


def _span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    seconds = max(0, round(length.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} 天 {hours} 小时 / {days} d {hours} h"
    if hours:
        return f"{hours} 小时 {minutes} 分 / {hours} h {minutes} min"
    return f"{minutes} 分 {seconds % 60} 秒 / {minutes} min {seconds % 60} s"
