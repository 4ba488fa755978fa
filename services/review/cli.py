"""Review on the command line, without any server: `sihao procedure list | check | draw`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.review import procedures
from services.review.domain.flowchart import flowchart
from services.review.domain.procedure import Procedure
from services.review.domain.stages import OfficersTurn, Stage
from shared.kernel.calendar import WorkingDays

procedure_app = typer.Typer(no_args_is_help=True, help="审核程序：列出、检查、画图 / procedures: list, check, draw")
File = Annotated[Path, typer.Argument(help="程序文件（YAML） / a procedure file", exists=True, dir_okay=False)]


@procedure_app.command("list")
def list_command() -> None:
    """列出随附的程序 / list the procedures that ship."""
    table = Table("编号 id", "名称 title", "环节 stages")
    for procedure in procedures.load().values():
        table.add_row(procedure.id, str(procedure.title), str(len(procedure.stages)))
    Console().print(table)


@procedure_app.command("check")
def check_command(file: File) -> None:
    """检查一份程序文件：有误则逐处指出 / check a file; every place that is wrong is named."""
    procedure = _read(file)
    table = Table("环节 stage", "种类 kind", "适用 for", "期限 term", title=f"{procedure.id} {procedure.title}")
    for stage in procedure.stages:
        table.add_row(f"{stage.id} {stage.title}", stage.kind, stage.applies_to, _term(stage))
    Console().print(table)
    if procedure.area:
        Console().print(_own(procedure))


@procedure_app.command("draw")
def draw_command(file: File) -> None:
    """画出流程（Mermaid） / draw it, as a Mermaid flowchart."""
    typer.echo(flowchart(_read(file)))


def _read(file: Path) -> Procedure:
    try:
        return procedures.read(file)
    except procedures.WrongProcedure as wrong:
        errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        for problem in wrong.problems:
            errors.print(f"{problem.field}  {problem.rule}\n  → {problem.remedy}")
        raise typer.Exit(2) from wrong


def _own(procedure: Procedure) -> Table:
    """What a province asks of its own, and what it earns."""
    earns = {criterion.field: criterion for criterion in procedure.criteria}
    title = f"{procedure.area} 自有字段 own fields · {procedure.extends or '—'}"
    table = Table("环节 stage", "字段 field", "种类 type", "随事件发送 travels", "自有指标 own criterion", title=title)
    for stage in procedure.stages:
        for field in stage.fields if isinstance(stage, OfficersTurn) else ():
            criterion = earns.get(field.name)
            table.add_row(
                stage.id,
                f"{field.name} {field.title}",
                field.type,
                "是 yes" if field.travels else "否 no",
                f"{criterion.code} {criterion.of}" if criterion else "–",
            )
    return table


def _term(stage: Stage) -> str:
    if stage.days is None:
        return "–"
    if isinstance(stage.days, WorkingDays):
        return f"{stage.days.working} 个工作日 / working days"
    return f"{stage.days} 天 / days"
