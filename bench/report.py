"""`docs/benchmarks.md` from the kept results: tables with ratios within one run, a chart, the machine, the seeds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench import scoring as scorings
from bench.chart import Bar, bars
from bench.contenders import CONTENDERS
from bench.figures import Spread, ratio
from bench.pipeline import by_stage
from bench.stages import STAGES

DOCS = Path(__file__).parent.parent / "docs"
Result = Mapping[str, Any]
Record = Mapping[str, Any]

_INTRODUCTION = """\
# 性能测试 · Benchmarks

由 `python -m bench report` 依 `bench/results/*.json` 生成，勿手改。数字只在同一次运行之内可比：各方案轮流运行，
取中位数，比值逐轮计算。每条消息的 CPU 微秒数（取自 /proc）比墙钟速率更稳定；客户端、消息队列与数据库共用同一台机器。

Written by `python -m bench report` from `bench/results/*.json`; not edited by hand. Only figures of one run compare:
contenders take turns, medians are shown, ratios are taken round by round. CPU µs per message (from /proc) are steadier
than rates by the clock; clients, broker and database share one machine.

`make bench` 重新测量并生成本页 / measures again and writes this page; every benchmark alone: `python -m bench --help`.
"""

_PIPELINE = """\
## 流程 · Pipeline

已提交 → 已评分 → 已立案 → 已写信。判定、路由、文档内容处处相同；队列为仲裁队列，写入经多数派落盘，发布须确认。
“下限”以裸协议与同步驱动批量完成同样的读写。其余做法不清理发件箱，在写入与发布之间崩溃会丢失下一步，做的比本平台少。

Submitted → scored → case opened → letter. Deciders, routing and documents are the same everywhere; quorum queues,
journaled majority writes, confirmed publishing. The floor does the same operations in batches with a bare socket and
the blocking driver. The peers keep no outbox to clear and lose the next step in a crash between writing and
publishing: they do less than the platform.
"""

_SCORING = """\
## 评分 · Scoring

同一标准（sihao-2019 全部指标）、同一批随机申报，每轮换新。各引擎的表达式由标准数据生成；测量前逐份核对，各项得分、
总分、待评分与关口完全一致。引擎得到的是已整理好的输入，不校验数据，不说明理由，不留摘要。

The same rubric (every item of sihao-2019) on the same random applications, new ones every round. The engines'
expressions are made from the rubric's data. Before anything is measured, points of every item, total, pending points
and gates are found equal, application by application. The engines get their input ready-made; they check no fact, give
no reason, and prove nothing by a digest.
"""

_NOTES: Mapping[str, str] = {
    "scale": "## 规模 · Scale\n\n一次只变一项；内存为该步全部进程之和。\n"
    "One thing varies at a time; memory is that of all processes of a step.\n",
    "accept": "## 受理 · Accepting\n\n`group`：同时到达的提交共用一次落盘；`single`：每份各自落盘。\n"
    "`group`: what arrives together shares one commit; `single`: one commit each.\n",
    "scoring": _SCORING,
    "promise": "## 可靠性的代价 · Cost of the promise\n\n单进程 CPU 时间，每条消息微秒。\n"
    "CPU time of one process, µs per message.\n",
}


def write_report(results: Mapping[str, Result], docs: Path = DOCS) -> None:
    """Write the page, and the chart beside it."""
    parts = [_INTRODUCTION]
    for name, section in _SECTIONS.items():
        if name in results:
            parts += [section(results[name]["records"]), _origin(results[name])]
    if "pipeline" in results:
        (docs / "benchmarks.svg").write_text(_chart(results["pipeline"]["records"]), "utf-8")
    (docs / "benchmarks.md").write_text("\n".join(parts), "utf-8")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are figures."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def grouped(records: Iterable[Record], *names: str) -> dict[tuple[Any, ...], list[Record]]:
    """Records by the values of these fields, in order of appearance."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record[name] for name in names), []).append(record)
    return groups


def pipeline(records: Sequence[Record]) -> str:
    """The main table; ratios to both floors where they were measured in the same run."""
    groups = {key[0]: sorted(found, key=lambda r: r["round"]) for key, found in grouped(records, "contender").items()}
    rates = {name: [r["rate"] for r in found] for name, found in groups.items()}
    rows = [
        [
            _title(name),
            _spread(Spread.of(rates[name])),
            *(_ratio(rates, name, other) for other in ("floor", "floor-deciders")),
            " / ".join(f"{_cpu(found, stage):.0f}" for stage in STAGES),
            *(f"{_cpu(found, server):.0f}" for server in ("broker", "mongod")),
            *(_late(found, field) for field in ("p50_ms", "p99_ms")),
        ]
        for name, found in groups.items()
    ]
    headings = ["", "条/秒 per s", "÷ 下限 floor", "÷ 下限加判定", "µs " + " / ".join(STAGES), "µs broker", "µs mongod"]
    chart = "![每秒条数 messages per second](benchmarks.svg)\n"
    return "\n".join([_PIPELINE, table([*headings, "p50 ms", "p99 ms"], rows), chart])


def scale(records: Sequence[Record]) -> str:
    """Rate and memory per variation, with the ratio to the first value of each."""
    groups = grouped(records, "varied", "value")
    first: dict[str, float] = {}
    rows = []
    for (varied, value), found in groups.items():
        rate = median(r["rate"] for r in found)
        first.setdefault(varied, rate)
        memory = [f"{median(r['rss'][stage] for r in found) / 2**20:.0f}" for stage in STAGES]
        rows.append([f"{varied} {value:,}", f"{rate:.0f}", f"{rate / first[varied]:.2f}", " / ".join(memory)])
    return _NOTES["scale"] + "\n" + table(["", "条/秒 per s", "÷ 首行 first", "MiB " + " / ".join(STAGES)], rows)


def accept(records: Sequence[Record]) -> str:
    """Rates and times per number of callers; the gain of the shared commit."""
    groups = grouped(records, "road", "callers", "way")
    rows = []
    for road, callers in dict.fromkeys((r["road"], r["callers"]) for r in records):
        shared, alone = (groups[road, callers, way] for way in ("group", "single"))
        gain = median(r["rate"] for r in shared) / median(r["rate"] for r in alone)
        rows.append([f"{road}, {callers}", *_times(shared), *_times(alone), f"{gain:.1f}"])
    headings = ["并发 callers", "group 条/秒", "p50 / p99 ms", "single 条/秒", "p50 / p99 ms", "倍 gain"]
    return _NOTES["accept"] + "\n" + table(headings, rows)


def promise(records: Sequence[Record]) -> str:
    """Parts by stage."""
    groups = grouped(records, "part", "stage")
    parts = dict.fromkeys(r["part"] for r in records)
    rows = [[part, *(f"{groups[part, stage][0]['us']:.1f}" for stage in STAGES)] for part in parts]
    return _NOTES["promise"] + "\n" + table(["", *STAGES], rows)


def scoring(records: Sequence[Record]) -> str:
    """What an application costs, beside the rules engines."""
    headings = ["", "份/秒·核 per s and core", "µs CPU", "zen ÷", "zen-batch ÷", "cel ÷"]
    return _NOTES["scoring"] + "\n" + table(headings, scorings.rows(records))


_SECTIONS: Mapping[str, Callable[[Sequence[Record]], str]] = {
    "pipeline": pipeline,
    "scale": scale,
    "accept": accept,
    "promise": promise,
    "scoring": scoring,
}


def _chart(records: Sequence[Record]) -> str:
    rows = [
        Bar(name, rate := median(r["rate"] for r in found), f"{rate:.0f}/s", _colour(name))
        for (name,), found in grouped(records, "contender").items()
    ]
    return bars("积压排空，每秒条数 · draining a backlog, messages per second", rows)


def _colour(name: str) -> str:
    return "floor" if CONTENDERS[name].is_floor else "ours" if CONTENDERS[name].is_platform else "peer"


def _origin(result: Result) -> str:
    machine, plan = result["machine"], result["plan"]
    loads = [record["load"] for record in result["records"]]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"{result['at']} · {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB · "
        f"{machine['system']} · "
        f"Python {machine['python']} · {packages} · load average {min(loads):.1f}–{max(loads):.1f} · "
        f"{', '.join(f'{name} {_plain(value)}' for name, value in plan.items())}\n"
    )


def _plain(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _title(name: str) -> str:
    return f"{name} — {CONTENDERS[name].title}"


def _spread(spread: Spread) -> str:
    return f"{spread.median:.0f} [{spread.least:.0f}–{spread.most:.0f}]"


def _ratio(rates: Mapping[str, Sequence[float]], name: str, other: str) -> str:
    if other not in rates or len(rates[other]) != len(rates[name]):
        return "—"
    return f"{ratio(rates[name], rates[other]).median:.2f}"


def _cpu(found: Sequence[Record], name: str) -> float:
    return median(by_stage(r["cpu_us"])[name] for r in found)


def _late(found: Sequence[Record], field: str) -> str:
    values = [r[field] for r in found if field in r]
    return f"{median(values):.1f}" if values else "—"


def _times(found: Sequence[Record]) -> list[str]:
    p50, p99 = (median(r[field] for r in found) for field in ("p50_ms", "p99_ms"))
    return [f"{median(r['rate'] for r in found):.0f}", f"{p50:.1f} / {p99:.1f}"]
