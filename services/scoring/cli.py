"""Scoring on the command line, without any server: `sihao score`, `sihao rubric list | show | check`.

The `sihao` command mounts `score_command` and `rubric_app`. Bad input ends with exit code 2, every place named.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from services.scoring.domain import Rubric, Scorecard, fill_parameters, score
from services.scoring.given import read_application, read_parameters
from services.scoring.library import example_parameters, read_rubric, rubric, rubric_ids
from shared.contracts.text import Text
from shared.kernel.canonical import canonical_bytes
from shared.kernel.change import Refused

DEFAULT = "sihao-2019"
_RESULTS = {
    "met": "[green]通过 met[/]",
    "not_met": "[red]不通过 not met[/]",
    "not_applicable": "[dim]不适用 N/A[/]",
    "to_be_verified": "[yellow]待核 to be verified[/]",
    "full": "[green]满分 full[/]",
    "partial": "[yellow]部分 partial[/]",
    "none": "[red]不得分 none[/]",
    "pending": "[cyan]待评 pending[/]",
}
_NARROW = {"指标 item", "结果 result", "结果 outcome", "得分 points", "失分 lost", "分值 points"}
rubric_app = typer.Typer(no_args_is_help=True, help="评分标准：列出、查看、检查 / the standards: list, show, check")


def refusing(command: Callable[..., None]) -> Callable[..., None]:
    """A refusal becomes words on standard error and exit code 2."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except Refused as refusal:
            errors = Console(stderr=True, soft_wrap=True, highlight=False)
            for problem in refusal.problems:
                errors.print(f"[bold red]{plain(problem.field)}[/]  {plain(str(problem.rule))}")
                errors.print(f"  → {plain(str(problem.remedy))}")
            raise typer.Exit(2) from refusal

    return run


@refusing
def score_command(
    facts: Annotated[Path, typer.Argument(help="申报数据（JSON） / facts of one application (JSON)")],
    rubric_id: Annotated[str, typer.Option("--rubric", help="评分标准编号 / id of the rubric")] = DEFAULT,
    parameters: Annotated[
        Path | None, typer.Option(help="本轮参数（YAML 或 JSON）；缺省用示例值 / parameters; without it our examples")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出规范 JSON / print canonical JSON")] = False,  # noqa: FBT002 - an option of the command line
) -> None:
    """评分：一份申报数据得出一张评分卡 / score one application's facts, without any server."""
    standard = rubric(rubric_id)
    given = example_parameters(standard.id) if parameters is None else read_parameters(parameters)
    application = read_application(facts)
    filled = fill_parameters(standard.parameters, given)
    card = score(application.facts, application.profile, standard, filled, application.evidence, application.marks)
    if parameters is None:
        Console(stderr=True, soft_wrap=True).print(
            "[dim]参数为本系统所拟示例，正式认定须用 --parameters 填定 / parameters are our examples[/]"
        )
    if as_json:
        typer.echo(canonical_bytes(card.model_dump(mode="json")))
    else:
        _print_card(_console(), card)


@rubric_app.command("list")
@refusing
def list_command() -> None:
    """列出评分标准 / list the rubrics."""
    console = Console(soft_wrap=True, highlight=False)
    for name in rubric_ids():
        one = rubric(name)
        console.print(f"[bold]{one.key}[/]  {one.title}  {len(one.items)}  [dim]{one.digest}[/]")


@rubric_app.command("show")
@refusing
def show_command(
    rubric_id: Annotated[str, typer.Argument(metavar="[ID]", help="评分标准编号 / id of the rubric")] = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="输出规范 JSON / print canonical JSON")] = False,  # noqa: FBT002 - an option of the command line
) -> None:
    """查看评分标准 / show a rubric."""
    one = rubric(rubric_id)
    if as_json:
        typer.echo(canonical_bytes(one.model_dump(mode="json", by_alias=True, exclude_none=True)))
    else:
        _print_rubric(_console(), one)


@rubric_app.command("check")
@refusing
def check_command(file: Annotated[Path, typer.Argument(help="评分标准文件（YAML） / rubric file (YAML)")]) -> None:
    """检查评分标准文件 / check a rubric file."""
    one = read_rubric(file)
    Console(soft_wrap=True, highlight=False).print(
        f"[green]正确 / correct[/]  {one.key}  {len(one.items)} 项 items  {one.points} 分 points  [dim]{one.digest}[/]"
    )


def _print_card(console: Console, card: Scorecard) -> None:
    admitted = "[bold green]准入 admitted[/]" if card.admitted else "[bold red]未准入 not admitted[/]"
    console.print(f"[bold]{plain(card.chamber.name)}[/]  {card.rubric}  {admitted}")
    gates = _table("关口 gates", "指标 item", "结果 result", "理由 reason")
    for gate in card.gates:
        gates.add_row(gate.code, _RESULTS[gate.result], _two(gate.reason))
    console.print(gates)
    for dimension in card.dimensions:
        title = f"{dimension.code} {dimension.text}  {dimension.points}/{dimension.maximum}"
        table = _table(title, "指标 item", "要求 demand", "得分 points", "结果 outcome", "理由 reason")
        for clause in dimension.clauses:
            table.add_section()
            points = f"[bold]{clause.points}/{clause.maximum}[/]"
            bonus = f"含加分 {clause.bonus}\nwith bonus {clause.bonus}" if clause.bonus else ""
            table.add_row(f"[bold]{clause.code}[/]", f"[bold]{_two(clause.text)}[/]", points, "", bonus)
            for item in clause.items:
                points = f"{item.points}/{item.maximum}"
                table.add_row(item.code, _two(item.text), points, _RESULTS[item.outcome], _two(item.reason))
        console.print(table)
    losses = _table("短板与补救 shortfalls and remedies", "指标 item", "失分 lost", "原因 cause", "补救 remedy")
    for gate in card.blockers:
        losses.add_row(gate.code, _RESULTS[gate.result], _two(gate.reason), _two(gate.remedy))
    for loss in card.shortfalls:
        losses.add_row(loss.item, str(loss.lost), _two(loss.cause), _two(loss.remedy))
    console.print(losses)
    console.print(f"总分 total [bold]{card.total}[/]/{card.maximum}  待评 pending [cyan]{card.pending}[/]  {admitted}")
    console.print(f"[dim]digest {card.digest}[/]", soft_wrap=True)


def _print_rubric(console: Console, one: Rubric) -> None:
    console.print(f"[bold]{one.key}[/]  {plain(str(one.title))}\n{plain(str(one.note))}")
    scope = _table("认定范围 scope", "指标 item", "原文 text", "证明材料 evidence")
    for item in one.gates:
        scope.add_row(item.code, _two(item.text), _two(item.evidence))
    console.print(scope)
    for dimension in one.dimensions:
        title = f"{dimension.code} {dimension.text}  {dimension.points}"
        table = _table(title, "指标 item", "原文 text", "分值 points", "类型 kind", "证明材料 evidence")
        for clause in dimension.clauses:
            table.add_section()
            table.add_row(
                f"[bold]{clause.code}[/]", f"[bold]{_two(clause.text)}[/]", f"[bold]{clause.points}[/]", "", ""
            )
            for item in clause.items:
                kinds = ", ".join(dict.fromkeys(rule.kind for rule in item.rules))
                condition = "\n[dim]有条件 conditional[/]" if item.applies_if else ""
                points = "" if item.gate else str(item.points)
                table.add_row(item.code, _two(item.text), points, kinds + condition, _two(item.evidence))
        console.print(table)
    open_words = _table("由本轮认定填定 settled by the round", "参数 parameter", "含义 meaning", "类型 type")
    for name, parameter in one.parameters.items():
        open_words.add_row(name, _two(parameter.text), parameter.type)
    console.print(open_words)


def _console() -> Console:
    """Standard output; wide enough for the tables where it is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=plain(title), title_justify="left", title_style="bold", expand=True)
    for column in columns:
        narrow = column in _NARROW
        table.add_column(column, no_wrap=narrow, overflow="fold", ratio=None if narrow else 1)
    return table


def _two(words: Text) -> str:
    """Chinese on the first line, English below."""
    return f"{plain(words.zh)}\n[dim]{plain(words.en)}[/]"


def plain(words: str) -> str:
    """Square brackets as they are, not as markup."""
    return words.replace("[", r"\[")
