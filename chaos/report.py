"""The outcome of a run, for people as a table and for programs as JSON. A broken promise comes with its documents."""

import json
import platform
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.faults import BY_KIND
from chaos.plan import Result
from chaos.points import COMMON, RARE
from chaos.recovery import heard_again
from chaos.stage import SERVICES
from chaos.targets import judged

_AFTER_DEATH = 5.0
"""Submissions that began within so many seconds after a process's death count as touched by it."""
_LINES = 60
"""Lines of a document that are printed; all of it stands in the JSON."""
_ROWS = {
    "faults_in_all": ("故障", "faults"),
    "deaths": ("进程死亡", "processes that died"),
    "rounds": ("认定周期", "rounds"),
    "accepted": ("受理", "accepted"),
    "accepted_per_second": ("每秒受理", "accepted a second"),
    "lost": ("丢失", "lost"),
    "doubled": ("重复", "doubled"),
    "violations": ("违反不变式", "violations"),
    "decisions": ("人工决定", "decisions"),
    "unanswered": ("未得答复", "unanswered"),
    "events": ("事件", "events"),
    "announced_again": ("重复发布", "announced again"),
    "dead_letters": ("死信", "dead letters"),
    "trespasses": ("越权尝试", "trespasses"),
    "documents": ("文档", "documents"),
    "balanced": ("对账消息", "messages in the balance"),
    "mails": ("邮件", "mails"),
    "mails_again": ("重发邮件", "mails sent again"),
    "driver_cpu_ms_per_application": ("驱动每件 CPU 毫秒", "driver CPU, ms per application"),
    "checking_seconds": ("核对秒数", "seconds of checking"),
    "took_seconds": ("总秒数", "seconds in all"),
}
"""What is printed, in order: key, Chinese, English."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the values lie (nearest rank); None of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def figures(result: Result) -> dict[str, Any]:
    """Everything that is told, as JSON."""
    plan, ledger = result.plan, result.ledger
    kinds = Counter(struck.kind for struck in result.struck)
    at_points = [struck for struck in result.struck if struck.kind == "F2" and struck.reached]
    points = Counter(" ".join(struck.what.split()[-2:]) for struck in at_points)
    told = {
        "seed": plan.seed,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "mutant": plan.mutant,
        "plan": {
            "seconds": plan.seconds,
            "rate": plan.rate,
            "every": plan.every,
            "wave": plan.wave,
            "nodes": plan.nodes,
        },
        "left_out": dict(plan.left_out),
        "took_seconds": _round(result.took),
        "checking_seconds": _round(result.checking),
        "driver_cpu_ms_per_application": _round(1000 * result.driver_cpu / max(1, len(ledger.accepted))),
        "faults": {kind: kinds[kind] for kind in BY_KIND if kinds[kind]},
        "faults_in_all": len(result.struck),
        "faults_left_out": dict(result.left_out),
        "deaths": len(result.deaths),
        "points": {
            f"{service} {point}": points[f"{service} {point}"] for service, point in product(SERVICES, (*COMMON, *RARE))
        },
        "rounds": result.rounds,
        "accepted": len(ledger.accepted),
        "accepted_per_second": _round(len(ledger.accepted) / plan.seconds),
        "applications": len({accepted.application for accepted in ledger.accepted.values()}),
        "lost": sum(v.invariant in {"I1", "I5", "I10"} for v in result.violations),
        "doubled": sum(v.invariant in {"I2", "I3"} for v in result.violations),
        "violations": len(result.violations),
        "decisions": len(ledger.acts),
        "unanswered": ledger.unanswered,
        "refusals": dict(ledger.refusals),
        "events": result.events,
        "announced_again": result.copies,
        "duplicates_sent": ledger.duplicates,
        "reordered": ledger.reordered,
        "poison_sent": dict(Counter(one.kind for one in ledger.poison)),
        "dead_letters": result.dead,
        "trespasses": len(ledger.trespasses),
        "documents": result.documents,
        "balanced": sum(announced for announced, _ in result.balance.values()),
        "mails": result.mails,
        "mails_again": result.mailed_again,
        "recovery": _recovery(result),
    }
    return {
        **told,
        "targets": [target._asdict() for target in judged(told)],
        "left": result.left,
        "struck": [vars(struck) for struck in result.struck],
        "broken": [violation._asdict() for violation in result.violations],
        "exhibits": result.exhibits,
    }


def _recovery(result: Result) -> dict[str, Any]:
    scene, deaths = result.scene, sorted(death.at for death in result.deaths)
    seconds = [timing.seconds for timing in result.ledger.timings]
    touched = []
    for timing in result.ledger.timings:
        place = bisect_left(deaths, timing.began - _AFTER_DEATH)
        if place < len(deaths) and deaths[place] <= timing.began + timing.seconds:
            touched.append(timing.seconds)
    ready = [death.ready_after for death in result.deaths if death.ready_after is not None]
    again = heard_again(result.deaths, result.arrivals)
    return {
        "submission_p50": _round(percentile(seconds, 0.5)),
        "submission_p99": _round(percentile(seconds, 0.99)),
        "submission_max": _round(max(seconds, default=None)),
        "submission_p99_around_a_death": _round(percentile(touched, 0.99)),
        "service_heard_again_p50": _round(percentile(again, 0.5)),
        "service_heard_again_p99": _round(percentile(again, 0.99)),
        "replacement_ready_p50": _round(percentile(ready, 0.5)),
        "replacement_ready_p99": _round(percentile(ready, 0.99)),
        "replacements_not_ready_in_30_s": len(result.deaths) - len(ready),
        "broker_back_to_consuming": [_round(value) for value in scene.broker_back] if scene else [],
        "store_back_to_ready": [_round(value) for value in scene.store_back] if scene else [],
        "sigterm_ended_by_itself": f"{sum(scene.stop_in_time)}/{len(scene.stop_in_time)}" if scene else "",
        "outbox_empty_after_quiet": _round(result.quiet.outbox),
        "all_settled_after_quiet": _round(result.quiet.all),
    }


def tell(result: Result, console: Console) -> None:
    """Print it."""
    told = figures(result)
    table = Table(title=f"故障测试 / fault suite · seed {result.plan.seed}", show_header=False)
    for name, (zh, en) in _ROWS.items():
        table.add_row(f"{zh} / {en}", str(told[name]))
    for kind, count in told["faults"].items():
        table.add_row(f"{kind} {BY_KIND[kind].title}", str(count))
    for kind, why in told["left_out"].items():
        table.add_row(f"{kind} {BY_KIND[kind].title}", f"略去 / left out: {why}")
    for name, value in told["recovery"].items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
    goals = Table("目标 / target", "应 / wanted", "得 / found", "", title="对照目标 / against the targets")
    for target in judged(told):
        goals.add_row(f"{target.zh} / {target.en}", target.wanted, target.found, _MARKS[target.held])
    console.print(goals)
    if told["refusals"]:
        console.print(f"拒绝 / refusals: {told['refusals']}", markup=False)
    for violation in result.violations[:_LINES]:
        console.print(f"{violation.invariant}  {violation.what}  {' '.join(violation.documents)}", markup=False)
    if len(result.violations) > _LINES:
        console.print(f"… 另有 {len(result.violations) - _LINES} 条，见 JSON / and more, see the JSON")
    for path, document in result.exhibits.items():
        lines = json.dumps(document, default=str, ensure_ascii=False, indent=1).splitlines()
        more = f"\n… {len(lines) - _LINES} lines more" if len(lines) > _LINES else ""
        console.print(f"── {path}\n" + "\n".join(lines[:_LINES]) + more, markup=False, highlight=False)


_MARKS = {True: "达到 / met", False: "未达 / missed", None: "不评 / not judged"}


def write(result: Result, path: Path) -> None:
    """As JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures(result), default=str, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
