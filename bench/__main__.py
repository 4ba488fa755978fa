"""The command line of the benchmarks."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import accepting
from bench import aggregation as aggregations
from bench import assignment as assignments
from bench import http as https
from bench import pipeline as pipelines
from bench import promise as promises
from bench import scale as scales
from bench import scoring as scorings
from bench.compare import committed, compared
from bench.contenders import CONTENDERS
from bench.report import write_report
from bench.results import keep, kept
from dev.backends import Backends, open_backends
from dev.runs import run_directory

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Seed = Annotated[int, typer.Option(help="选取申报材料的种子 / chooses the applications")]


@app.command()
def pipeline(  # noqa: PLR0917 - options of a command line
    contenders: Annotated[str, typer.Option(help="以逗号分隔 / by comma")] = ",".join(CONTENDERS),
    count: Annotated[int, typer.Option(help="积压的消息数 / messages of the backlog")] = 2000,
    rounds: Annotated[int, typer.Option(help="轮数，逐轮交替 / rounds, in turns")] = 3,
    rate: Annotated[float, typer.Option(help="匀速发送，每秒 / open loop, per second")] = 50,
    seconds: Annotated[float, typer.Option(help="匀速发送的秒数 / its seconds; 0: none")] = 20,
    seed: Seed = 1,
) -> None:
    """四种做法同一流程的速度 / submitted → scored → case opened → letter, beside the floor and what others use."""
    _run("pipeline", pipelines.measure, pipelines.Plan(contenders.split(","), count, rounds, rate, seconds, seed))


@app.command()
def scale(  # noqa: PLR0917 - options of a command line
    backlogs: Annotated[str, typer.Option(help="积压 / messages waiting")] = "1000,10000,100000,1000000",
    stocks: Annotated[str, typer.Option(help="库中已有文档 / documents there already")] = "10000,100000,1000000",
    processes: Annotated[str, typer.Option(help="每步进程数 / processes per step")] = "1,2,3,4",
    count: Annotated[int, typer.Option(help="其余情形的消息数 / messages otherwise")] = 5000,
    rounds: Annotated[int, typer.Option(help="轮数；百万级只测首轮 / rounds; a million only in the first")] = 2,
    seconds: Annotated[float, typer.Option(help="每次排空至多观察的秒数 / how long a drain is watched at most")] = 30,
    contender: str = "sihao",
    seed: Seed = 1,
) -> None:
    """积压、库存与进程数的影响 / longer backlogs, fuller stores, more processes: rate and memory."""
    varied = _numbers(backlogs), _numbers(stocks), _numbers(processes)
    _run("scale", scales.measure, scales.Plan(*varied, count, rounds, seconds, contender, seed))


@app.command()
def accept(
    callers: Annotated[str, typer.Option(help="同时提交者 / who hand in at once")] = "1,8,32,128",
    count: Annotated[int, typer.Option(help="每次测量的份数 / applications per measurement")] = 2000,
    rounds: int = 3,
    http: Annotated[bool, typer.Option(help="也经真实 HTTP / over real HTTP, too")] = True,  # noqa: FBT002 - a flag of the command line
    seed: Seed = 1,
) -> None:
    """受理：合并提交与单独提交 / accepting: a shared commit beside one commit each."""
    _run("accept", accepting.measure, accepting.Plan(_numbers(callers), count, rounds, http, seed))


@app.command()
def http(  # noqa: PLR0917 - options of a command line
    users: Annotated[int, typer.Option(help="同时在线的用户 / users at once")] = 200,
    submits: Annotated[int, typer.Option(help="每轮提交的份数，各带 1 MB 文件 / hand-ins, with 1 MB each")] = 600,
    reads: Annotated[int, typer.Option(help="每轮读时间线的次数 / timelines read")] = 6000,
    pages: Annotated[int, typer.Option(help="每轮读案件列表的页数 / pages of 200 cases")] = 1000,
    cases: Annotated[int, typer.Option(help="案件总数 / cases in the store")] = 50_000,
    rounds: int = 3,
    times: Annotated[float, typer.Option(help="截止前高峰为预计的几倍 / the burst, times the expected peak")] = 100,
    seconds: Annotated[float, typer.Option(help="高峰持续的秒数，0 为不测 / its seconds; 0: none")] = 600,
    parts: str = "submit,timeline,page,export,burst",
    seed: Seed = 1,
) -> None:
    """真实服务与裸 FastAPI + Motor 的对比；截止前的高峰 / services beside bare FastAPI and Motor; a deadline burst."""
    plan = https.Plan(users, submits, reads, pages, cases, rounds, times, seconds, parts.split(","), seed)
    _run("http", https.measure, plan)


@app.command()
def promise(rounds: int = 20, seed: Seed = 1) -> None:
    """可靠性的代价 / what contract, decision, hash chain, outbox and trace cost, in CPU time of one process."""
    plan = promises.Plan(rounds, seed)
    keep("promise", promises.measure(plan), plan)


@app.command()
def scoring(
    rounds: Annotated[int, typer.Option(help="轮数，逐轮交替 / rounds, in turns")] = 7,
    count: Annotated[int, typer.Option(help="每轮申报数，每轮换新 / applications per round, new ones")] = 300,
    seed: Seed = 1,
) -> None:
    """评分与规则引擎 / scoring beside the rules engines that a user would take, on the same decisions."""
    plan = scorings.Plan(rounds, count, seed)
    keep("scoring", scorings.measure(plan), plan)


@app.command()
def assignment(cases: int = 2000, experts: int = 400, rounds: int = 3, seed: Seed = 1) -> None:
    """为整个周期分配专家 / experts for a whole round: ours beside the straightforward way, case by case."""
    plan = assignments.Plan(cases, experts, rounds, seed)
    keep("assignment", assignments.measure(plan), plan)


@app.command()
def aggregation(cases: int = 2000, experts: int = 400, rounds: int = 3, seed: Seed = 1) -> None:
    """汇总整个周期的专家评分 / a round's marks settled, exactly: beside the straightforward way with floats."""
    plan = aggregations.Plan(cases, experts, rounds, seed)
    keep("aggregation", aggregations.measure(plan), plan)


@app.command()
def report() -> None:
    """由 bench/results 生成 docs/benchmarks.md / write docs/benchmarks.md from bench/results."""
    write_report(kept())


@app.command()
def compare(
    against: Annotated[
        Path | None, typer.Option(help="另一结果目录；默认已提交者 / other results; else the committed")
    ] = None,
    tolerance: Annotated[float, typer.Option(help="容许的下降 / how much may be lost")] = 0.2,
) -> None:
    """与已提交的结果相比，下降过多即失败 / ratios beside the committed ones; fails if one fell too far."""
    before = kept(against) if against else committed()
    found = compared(before, kept(), tolerance)
    for one in found:
        typer.echo(one.line)
    if not found:
        typer.echo("没有可比的结果 / nothing to compare")
    raise typer.Exit(1 if any(one.fell for one in found) else 0)


def _numbers(words: str) -> list[int]:
    return [int(word) for word in words.split(",") if word]


def _run(name: str, measure: Callable[[Any, Backends, Path], Awaitable[list[dict[str, Any]]]], plan: Any) -> None:
    """Measure on a broker and a store of our own, or given ones; keep the result."""

    async def run() -> None:
        with run_directory("measure") as directory:
            async with open_backends(directory) as backends:
                keep(name, await measure(plan, backends, directory / "logs"), plan)

    asyncio.run(run())


if __name__ == "__main__":
    app()
