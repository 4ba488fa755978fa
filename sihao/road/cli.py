"""`sihao trace APPLICATION`: the road of one application, with the time between its steps.

Ends with 0 if nothing waits, 1 if something was put aside or waits unsent, 2 if nothing is known of the application.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from shared.runtime.mongo import StoreError
from sihao.dead import MongoUrl
from sihao.doctor.place import NotAService, parse
from sihao.province.terminal import WRONG, Json, err, fail, out
from sihao.road import show
from sihao.road.reading import read
from sihao.road.spans import NoTraces, SpanNode, ask
from sihao.road.steps import Road, road


def trace_command(
    application: Annotated[
        str, typer.Argument(metavar="APPLICATION", help="申报编号 / e.g. CN-2020-51350200MJB00102XM")
    ],
    mongo_url: MongoUrl,
    databases: Annotated[
        str,
        typer.Option(
            envvar="SIHAO_DATABASES",
            help="各服务的库名 / databases: intake=sihao_intake,scoring=…,review=…,review-35=…,notify=…",
            show_default=False,
        ),
    ],
    traces_url: Annotated[
        str,
        typer.Option(envvar="SIHAO_TRACES_URL", help="Jaeger 查询地址 / Jaeger's query API", show_default=False),
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """一份申报走过的路：每一步、等待的时间、死信与信函 / An application's road: steps, waits, dead letters, letters."""
    try:
        found, spans = asyncio.run(_found(application, mongo_url, databases, traces_url))
    except NotAService as wrong:
        fail(f"不能识别 {wrong}，应如 intake=sihao_intake", f"cannot read {wrong}; write intake=sihao_intake")
    except StoreError:
        fail("数据库没有应答，请检查 --mongo-url", "the store does not answer; check --mongo-url")
    if not found.branches and not found.astray:
        fail(f"这些库中没有申报 {application}", f"these databases know no application {application}")
    if as_json:
        typer.echo(json.dumps(show.as_json(found, spans), ensure_ascii=False, indent=2))
    else:
        show.print_road(out, found)
        if spans is not None:
            show.print_spans(out, spans)
    raise typer.Exit(WRONG if found.waits else 0)


async def _found(
    application: str, mongo_url: str, databases: str, traces_url: str
) -> tuple[Road, list[SpanNode] | None]:
    steps, put_aside = await read(mongo_url, parse(databases), application)
    spans = None
    if traces_url:
        try:
            spans = await ask(traces_url, application, datetime.now(UTC))
        except NoTraces as error:
            err.print(f"[yellow]追踪库没有应答（{error}） / the trace store does not answer[/yellow]")
    return road(application, steps, put_aside), spans
