"""`sihao rescore`: many applications scored at once, with progress; the digests that were announced are compared."""

import os
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from services.scoring.cli import DEFAULT, plain, refusing
from services.scoring.given import read_parameters
from services.scoring.library import example_parameters, rubric
from services.scoring.rescore import Result, Terms, rescore
from shared.contracts.text import text
from shared.kernel.canonical import canonical_bytes
from shared.kernel.change import Refused
from shared.kernel.problem import Problem


@refusing
def rescore_command(
    file: Annotated[Path, typer.Argument(help="每行一份申报（JSON Lines） / one application per line (JSON Lines)")],
    rubric_id: Annotated[str, typer.Option("--rubric", help="评分标准编号 / id of the rubric")] = DEFAULT,
    parameters: Annotated[
        Path | None, typer.Option(help="本轮参数（YAML 或 JSON）；缺省用示例值 / parameters; without it our examples")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="写入文件；缺省为标准输出 / write here, not to standard output")
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="进程数；缺省为核数 / processes; without it one per core")
    ] = os.cpu_count() or 1,
) -> None:
    """批量重算：每行一份申报，逐行输出得分与摘要 / score many applications again, one per line.

    某行有误则指明行号、字段、规则与补救，其余照常；行中带有 digest 的，与之核对。
    退出码：0 全部完成且一致，1 有误或不一致，2 无法开始。
    A wrong line is named with field, rule and remedy, and stops nothing; a `digest` in a line is compared.
    Exit code: 0 all scored and the same, 1 some are wrong or differ, 2 nothing could be begun.
    """
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    given = example_parameters(rubric(rubric_id).id) if parameters is None else read_parameters(parameters)
    terms = Terms(rubric_id, canonical_bytes(given).decode())
    _ = terms.standard  # refused here, not in every process
    if parameters is None:
        errors.print("[dim]参数为本系统所拟示例，正式认定须用 --parameters 填定 / parameters are our examples[/]")
    tally: Counter[str] = Counter()
    with ExitStack() as stack:
        source = stack.enter_context(_opened(file, "rb"))
        target = sys.stdout.buffer if out is None else stack.enter_context(_opened(out, "wb"))
        progress = stack.enter_context(_progress(errors))
        task = progress.add_task("重算 rescoring", total=file.stat().st_size or None, scored=0)
        for chunk in rescore(source, terms, processes):
            target.writelines(result.output + b"\n" for result in chunk.results if result.output)
            for result in chunk.results:
                tally[_kind(result)] += 1
                _tell(progress.console, result)
            progress.update(task, advance=chunk.read, scored=tally.total() - tally["wrong"])
        target.flush()
    errors.print(
        f"已重算 scored [bold]{tally['same'] + tally['differs']}[/]  "
        f"有误 wrong [bold]{tally['wrong']}[/]  摘要不一致 digest differs [bold]{tally['differs']}[/]"
    )
    if tally["wrong"] or tally["differs"]:
        raise typer.Exit(1)


def _kind(result: Result) -> str:
    return "wrong" if result.problems else "differs" if result.differs else "same"


def _tell(console: Console, result: Result) -> None:
    """Name what is wrong with a line, if anything is."""
    line = f"第 {result.line} 行 line {result.line}"
    for problem in result.problems:
        console.print(f"[bold red]{line}  {plain(problem.field)}[/]  {plain(str(problem.rule))}")
        console.print(f"  → {plain(str(problem.remedy))}")
    if result.differs:
        console.print(f"[bold yellow]{line}  digest[/]  与已公布的摘要不一致 / differs from the one announced")
        console.print(
            "  → 核对本轮参数、标准版本和该行数据 / check the round's parameters, the rubric version and the line"
        )


def _progress(console: Console) -> Progress:
    """How far it is, and when it is expected to end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[scored]} 份 applications"),
        TimeElapsedColumn(),
        TextColumn("剩余 left"),
        TimeRemainingColumn(),
        console=console,
    )


def _opened(path: Path, mode: str) -> IO[bytes]:
    """The file.

    Raises:
        Refused: it cannot be opened.
    """
    try:
        return cast("IO[bytes]", path.open(mode))
    except OSError as error:
        raise Refused(
            Problem(
                code="file.unreadable",
                field=str(path),
                rule=text(f"文件无法打开：{error.strerror}", f"the file cannot be opened: {error.strerror}"),
                remedy=text("检查路径与权限", "check path and permissions"),
            )
        ) from error
