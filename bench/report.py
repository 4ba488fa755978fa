"""`docs/benchmarks.md` from the kept results: tables with ratios within one run, a chart, the machine, the seeds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bench import capacity as capacities
from bench import http_report as https
from bench import scoring as scorings
from bench.chart import Bar, bars
from bench.contenders import CONTENDERS
from bench.figures import Spread, ratio
from bench.pipeline import by_stage
from bench.ratios import grouped
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
“下限”以裸协议与同步驱动批量完成同样的读写，“下限加判定”再加同样的判定：与它之比即本平台自身的代价。其余做法不清理发件箱，在写入与发布之间崩溃会丢失下一步，做的比本平台少。

Submitted → scored → case opened → letter. Deciders, routing and documents are the same everywhere; quorum queues,
journaled majority writes, confirmed publishing. The floor does the same operations in batches with a bare socket and
the blocking driver; the floor with deciders decides the same besides, so that the ratio to it is what the platform
itself costs. The peers keep no outbox to clear and lose the next step in a crash between writing and publishing: they
do less than the platform.
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

_SCALE = """\
## 规模 · Scale

一次只变一项：积压的消息数（backlog）、每步库中已有的文档数（stock）、每步的进程数（processes）。每次排空至多观察
`seconds` 秒，分六段；速率按这段时间内写成的信件计，“末段 ÷ 次段”示其是否平稳（首段含起步）。内存为末段之末该步
全部进程之和。“核”为平均占用的处理器核数，含消息队列与数据库；各核用满之后，再添进程也无益。

One thing varies at a time: messages waiting, documents in every step's store, processes per step. A drain is watched
for at most `seconds`, in six blocks; the rate counts the letters written by then, “last ÷ second block” shows
whether it holds (the first is the start). Memory is that of all processes of a step at the end. “Cores” are those in
use on average, with broker and store; where all are in use, more processes bring nothing.
"""

_ACCEPT = """\
## 受理 · Accepting

`group`：同时到达的提交共用一次落盘；`single`：每份各自落盘。
`group`: what arrives together shares one commit; `single`: one commit each.
"""

_CAPACITY = """\
## 容量 · Capacity

每份申报在各进程所用 CPU（受理取自“受理”，其余取自“流程”之 `sihao-telemetry`）乘以到达速度，即忙碌的核数。省与全国各审
一次的，审核与通知各计两次。请留一倍余量；进程至少各两个，以便更新。

What an application costs in every process (accepting from “Accepting”, the rest from `sihao-telemetry` of “Pipeline”),
times how fast they come: cores that are busy. Where province and nation both review, count review and notify twice.
Leave as much again to spare, and run two processes of each at least, for updates.
"""

_PROMISE = """\
## 可靠性的代价 · Cost of the promise

单进程 CPU 时间，每条消息微秒，括号内为与 `all`（读取、判定、成文、成链）之比。签名（对正文原字节的 Ed25519 分离式 JWS）
只用于省级与中央之间，不在 `all` 之内。追踪的端到端代价见上表 `sihao-no-telemetry` 与 `sihao-telemetry` 两行。

CPU time of one process, µs per message, in brackets as a ratio to `all` (read, decide, write down, chain). Signatures
(detached JWS, Ed25519, over the exact bytes of the body) are for what travels between provinces and centre, and not in
`all`. What tracing costs from end to end: the rows `sihao-no-telemetry` and `sihao-telemetry` of the table above.
"""

_ASSIGNMENT = """\
## 专家分配 · Assigning experts

两千案、四百名专家、每案五人，一次分完；旁边是直接的做法：逐案取有空者中负担最轻的人。`ample` 有余量，`tight` 几无余量。
负担差为最忙与最闲之差，空席为未能安排的席位。CPU 秒，取中位数。

2,000 cases, 400 experts, five for each, all at once; beside it the straightforward way: case by case, whoever is free
and has least to do. `ample` has room to spare, `tight` hardly any. Spread is between the busiest and the idlest, unmet
are seats left empty. CPU seconds, medians.
"""

_AGGREGATION = """\
## 汇总评分 · Settling marks

两千案、四百名专家、每案五人、四十二项，一次汇总；旁边是直接的做法：同一规则，浮点数加标准库 statistics。`trimmed` 只去
最高最低，`normalised` 先按专家标准化。“不同”为与精确结果不同的项数：浮点数偶有 0.01 分之差，名次可能因此而异。
CPU 秒，取中位数。

2,000 cases, 400 experts, five for each, 42 items, settled at once; beside it the straightforward way: the same rule
with floats and the standard library's `statistics`. `trimmed` leaves out the extremes, `normalised` normalises per
expert before. “Differ” are marks that do not come out as the exact ones: with floats now and then by 0.01, on which a
rank may hang. CPU seconds, medians.
"""

_HTTP = """\
## HTTP

真实的申报与审核服务，旁边是“裸”应用：FastAPI 加 Motor，同样的凭证校验、同样的读写、同样落盘；它不留痕、不发消息、
只检查格式，做的比本平台少。两者轮流承受同样多的并发用户（locust），读写同一库中同样的文档。CPU 为服务进程每次请求所用，
上传与提交合并平均。

The real intake and review beside a bare application: FastAPI and Motor, with the same token check, the same statements
and the same durability; it keeps no history, announces nothing, checks only form: it does less. Both take turns under
the same number of users at once (locust), on the same documents of the same store. CPU is the
service's per request, upload and hand-in taken together.
"""

_BURST = """\
### 截止前的高峰 · Deadline burst

预计高峰取自全国一轮的中位估计：一万份申报的四成在最后八小时交来，平均每秒 0.14 份，高峰十倍，即 1.4 份。此处为其
若干倍，随机到达，不等前一份的答复。每张回执随后与各库逐一核对。

The expected peak follows from the middle estimate of a national round: of 10,000 applications 40 % arrive in the last
eight hours, 0.14 per second on average, ten times that at the peak: 1.4. This is many times that, arriving at random,
nobody waiting for those before. Every receipt is then held against the stores.
"""


def write_report(results: Mapping[str, Result], docs: Path = DOCS) -> None:
    """Write the page, and the chart beside it."""
    parts = [_INTRODUCTION]
    for name, section in _SECTIONS.items():
        if name in results:
            parts += [section(results[name]["records"]), _origin(results[name])]
    if {"accept", "pipeline"} <= results.keys():
        parts.append(capacity(results["accept"], results["pipeline"]))
    if "pipeline" in results:
        (docs / "benchmarks.svg").write_text(_chart(results["pipeline"]["records"]), "utf-8")
    (docs / "benchmarks.md").write_text("\n".join(parts), "utf-8")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first are figures."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def pipeline(records: Sequence[Record]) -> str:
    """The main table; ratios to both floors where they were measured in the same run."""
    groups = {key[0]: sorted(found, key=lambda r: r["round"]) for key, found in grouped(records, "contender").items()}
    rates = {name: [r["rate"] for r in found] for name, found in groups.items()}
    rows = [
        [
            _title(name),
            _spread(Spread.of(rates[name])),
            *(_ratio(rates, name, other) for other in ("floor-deciders", "floor")),
            " / ".join(f"{_cpu(found, stage):.0f}" for stage in STAGES),
            *(f"{_cpu(found, server):.0f}" for server in ("broker", "mongod")),
            *(_late(found, field) for field in ("p50_ms", "p99_ms")),
        ]
        for name, found in groups.items()
    ]
    headings = [
        "",
        "条/秒 per s",
        "÷ 下限加判定 floor with deciders",
        "÷ 下限 floor",
        "µs " + " / ".join(STAGES),
        "µs broker",
        "µs mongod",
    ]
    chart = "![每秒条数 messages per second](benchmarks.svg)\n"
    return "\n".join([_PIPELINE, table([*headings, "p50 ms", "p99 ms"], rows), chart])


def scale(records: Sequence[Record]) -> str:
    """Rate and memory per variation, with ratios to the first value of each and of the last block to an early one."""
    first: dict[str, float] = {}
    rows = []
    for (varied, value), found in grouped(records, "varied", "value").items():
        rate = median(r["rate"] for r in found)
        first.setdefault(varied, rate)
        memory = [f"{median(r['rss'][name] for r in found) / 2**20:.0f}" for name in (*STAGES, "broker", "mongod")]
        rows.append(
            [
                f"{varied} {value:,}",
                f"{median(r['letters'] for r in found):,.0f}",
                f"{rate:.0f}",
                f"{rate / first[varied]:.2f}",
                _held([r["blocks"] for r in found]),
                f"{median(r['busy'] for r in found):.1f}",
                " / ".join(memory),
            ]
        )
    headings = ["", "信件 letters", "条/秒 per s", "÷ 首行 first", "末段 ÷ 次段", "核 cores"]
    memory_of = "MiB " + " / ".join((*STAGES, "broker", "mongod"))
    return _SCALE + "\n" + table([*headings, memory_of], rows)


def _held(rounds: Sequence[Sequence[Record]]) -> str:
    """The rate of the last block beside that of the second, where there are more."""
    ratios = []
    for blocks in rounds:
        ends = [(0.0, 0), *((block["at"], block["letters"]) for block in blocks)]
        rates = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(ends)]
        ratios += [rates[-1] / rates[1]] if len(rates) > 2 and rates[1] else []  # noqa: PLR2004 - the first is the start
    return f"{median(ratios):.2f}" if ratios else "—"


def accept(records: Sequence[Record]) -> str:
    """Rates and times per number of callers; the gain of the shared commit."""
    groups = grouped(records, "road", "callers", "way")
    rows = []
    for road, callers in dict.fromkeys((r["road"], r["callers"]) for r in records):
        shared, alone = (groups[road, callers, way] for way in ("group", "single"))
        gain = median(r["rate"] for r in shared) / median(r["rate"] for r in alone)
        rows.append([f"{road}, {callers}", *_times(shared), *_times(alone), f"{gain:.1f}"])
    headings = ["并发 callers", "group 条/秒", "p50 / p99 ms", "single 条/秒", "p50 / p99 ms", "倍 gain"]
    return _ACCEPT + "\n" + table(headings, rows)


def capacity(accepting: Result, draining: Result) -> str:
    """Cores that are busy at what may come."""
    cost = capacities.costs(accepting, draining)
    return _CAPACITY + "\n" + table(capacities.HEADINGS, capacities.rows(cost))


def promise(records: Sequence[Record]) -> str:
    """Parts by stage, and what share of the whole they are."""
    groups = grouped(records, "part", "stage")
    parts = dict.fromkeys(r["part"] for r in records)
    whole = {stage: groups["all", stage][0]["us"] for stage in STAGES}
    rows = [[part, *(_share(groups[part, stage][0]["us"], whole[stage]) for stage in STAGES)] for part in parts]
    return _PROMISE + "\n" + table(["", *STAGES], rows)


def _share(us: float, whole: float) -> str:
    return f"{us:.1f} ({us / whole:.2f})"


def scoring(records: Sequence[Record]) -> str:
    """What an application costs, beside the rules engines."""
    headings = ["", "份/秒·核 per s and core", "µs CPU", "zen ÷", "zen-batch ÷", "cel ÷"]
    return _SCORING + "\n" + table(headings, scorings.rows(records))


def assignment(records: Sequence[Record]) -> str:
    """The platform's assignment beside the straightforward one."""
    headings = ["", "CPU s", "÷ 逐案 one by one", "负担差 spread", "空席 unmet"]
    groups = grouped(records, "scene", "contender")
    rows = []
    for (scene, contender), found in groups.items():
        seconds = median(r["seconds"] for r in found)
        plain = median(r["seconds"] for r in groups[scene, "one-by-one"])
        worst = (str(max(r[name] for r in found)) for name in ("spread", "unmet"))
        rows.append([f"{scene} {contender}", f"{seconds:.2f}", f"{seconds / plain:.2f}", *worst])
    return _ASSIGNMENT + "\n" + table(headings, rows)


def aggregation(records: Sequence[Record]) -> str:
    """The platform's exact marks beside those with floats."""
    headings = ["", "CPU s", "÷ 浮点 floats", "项 marks", "不同 differ"]
    groups = grouped(records, "scene", "contender")
    rows = []
    for (scene, contender), found in groups.items():
        seconds = median(r["seconds"] for r in found)
        plain = median(r["seconds"] for r in groups[scene, "floats"])
        worst = (f"{max(r[name] for r in found):,}" for name in ("marks", "off"))
        rows.append([f"{scene} {contender}", f"{seconds:.2f}", f"{seconds / plain:.2f}", *worst])
    return _AGGREGATION + "\n" + table(headings, rows)


def http(records: Sequence[Record]) -> str:
    """Requests, exports, the burst."""
    parts = [_HTTP]
    if requests := https.rows(records):
        parts.append(table(https.HEADINGS, requests))
    if exported := https.exports(records):
        parts.append(table(https.EXPORT_HEADINGS, exported))
    for record in records:
        if record["part"] == "burst":
            parts += [_BURST, https.burst(record)]
    return "\n".join(parts)


_SECTIONS: Mapping[str, Callable[[Sequence[Record]], str]] = {
    "pipeline": pipeline,
    "scale": scale,
    "accept": accept,
    "promise": promise,
    "scoring": scoring,
    "assignment": assignment,
    "aggregation": aggregation,
    "http": http,
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
    loads = [record["load"] for record in result["records"] if "load" in record] or [result["load_after"]]
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
