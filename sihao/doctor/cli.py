"""`sihao doctor`: what is wrong with a deployment, and what to do.

Ends with 0 if nothing has failed, 1 if something has (with `--strict`: or should be mended), 2 if nothing was named
that could be looked at.
"""

import json
import os
from collections import Counter
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from sihao.doctor.look import examine
from sihao.doctor.place import NotAService, Place
from sihao.province.findings import Finding, Outcome, as_json, passes
from sihao.province.terminal import BLIND, SIGNS, WRONG, Json, fail, out, run

_WORDS = {
    Outcome.FAILED: ("不正常", "failed"),
    Outcome.WARNING: ("应处理", "to be mended"),
    Outcome.OK: ("正常", "well"),
    Outcome.SKIPPED: ("未检查", "not checked"),
}


def doctor_command(
    services: Annotated[
        str,
        typer.Option(
            envvar="SIHAO_SERVICES",
            help="各服务地址 / addresses: intake=http://…,scoring=…,review=…,review-35=…,notify=…",
            show_default=False,
        ),
    ] = "",
    databases: Annotated[
        str,
        typer.Option(
            envvar="SIHAO_DATABASES",
            help="各服务的库名 / databases: intake=sihao_intake,review-35=…",
            show_default=False,
        ),
    ] = "",
    skew: Annotated[float, typer.Option(min=0, help="时钟允许相差几秒 / seconds by which clocks may differ")] = 5.0,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="应处理者也算不正常 / warnings count, too")] = False,
    as_json_: Json = False,
) -> None:
    """检查整个部署，指出问题与办法 / Check a deployment and say what to do; addresses come from the environment."""
    environment = {**os.environ, "SIHAO_SERVICES": services, "SIHAO_DATABASES": databases}
    try:
        place = Place.of(environment, skew=skew)
    except NotAService as wrong:
        fail(f"不能识别 {wrong}，应如 intake=http://主机:8000", f"cannot read {wrong}; write intake=http://host:8000")
    if place.empty:
        fail(
            "未指明任何部分：请设 SIHAO_AMQP_URL、SIHAO_MONGO_URL、SIHAO_SERVICES 等环境变量",
            "nothing was named: set SIHAO_AMQP_URL, SIHAO_MONGO_URL, SIHAO_SERVICES and the like",
            BLIND,
        )
    findings = run(examine(place))
    if as_json_:
        typer.echo(json.dumps(as_json(findings), ensure_ascii=False, indent=2))
    else:
        _print(findings)
    well = passes(findings) and not (strict and any(one.outcome is Outcome.WARNING for one in findings))
    raise typer.Exit(0 if well else WRONG)


def _print(findings: list[Finding]) -> None:
    table = Table("", "检查 / check", "结果 / found", "办法 / what to do", show_lines=True)
    order = list(_WORDS)
    for one in sorted(findings, key=lambda one: order.index(one.outcome)):
        remedy = f"{one.remedy.zh}\n{one.remedy.en}" if one.remedy else ""
        table.add_row(SIGNS[one.outcome], one.code, escape(f"{one.says.zh}\n{one.says.en}"), escape(remedy))
    out.print(table)
    counted = Counter(one.outcome for one in findings)
    said = [(f"{zh} {counted[outcome]}", f"{counted[outcome]} {en}") for outcome, (zh, en) in _WORDS.items()]
    out.print(f"{'，'.join(zh for zh, _ in said)} / {', '.join(en for _, en in said)}")
