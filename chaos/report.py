"""The outcome of a run, for people as a table and for programs as JSON. A broken promise comes with its documents."""

import json
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.faults import BY_KIND
from chaos.run import Result

_AFTER_DEATH = 5.0
"""Submissions that began within so many seconds of a process's death count as touched by it."""
_LINES = 60
"""Lines of a document that are printed; all of it stands in the JSON."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the values lie (nearest rank); None of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def figures(result: Result) -> dict[str, Any]:
    """Everything that is told, as JSON."""
    plan, ledger, scene = result.plan, result.ledger, result.scene
    seconds = [timing.seconds for timing in ledger.timings]
    touched = [
        timing.seconds
        for timing in ledger.timings
        if any(-_AFTER_DEATH <= death - timing.began <= timing.seconds for death in result.deaths)
    ]
    kinds = Counter(struck.kind for struck in result.struck)
    at_points = [struck for struck in result.struck if struck.kind == "F2" and struck.reached]
    points = Counter(struck.what.rpartition(" ")[2] for struck in at_points)
    return {
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
        "took_seconds": _round(result.took),
        "faults": {kind: kinds[kind] for kind in BY_KIND if kinds[kind]},
        "faults_in_all": len(result.struck),
        "left_out": dict(plan.left_out),
        "deaths": len(result.deaths),
        "points": dict(sorted(points.items())),
        "rounds": result.rounds,
        "accepted": len(ledger.accepted),
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
        "documents": result.documents,
        "mails": result.mails,
        "mails_again": result.mailed_again,
        "recovery": {
            "submission_p50": _round(percentile(seconds, 0.5)),
            "submission_p99": _round(percentile(seconds, 0.99)),
            "submission_max": _round(max(seconds, default=None)),
            "submission_p99_around_a_death": _round(percentile(touched, 0.99)),
            "broker_back_to_consuming": [_round(value) for value in scene.broker_back] if scene else [],
            "store_back_to_ready": [_round(value) for value in scene.store_back] if scene else [],
            "sigterm_ended_by_itself": f"{sum(scene.stop_in_time)}/{len(scene.stop_in_time)}" if scene else "",
            "outbox_empty_after_quiet": _round(result.outbox_after),
            "all_settled_after_quiet": _round(result.settled_after),
        },
        "left": result.left,
        "struck": [vars(struck) for struck in result.struck],
        "broken": [violation._asdict() for violation in result.violations],
        "exhibits": result.exhibits,
    }


def tell(result: Result, console: Console) -> None:
    """Print it."""
    told = figures(result)
    table = Table(title=f"故障测试 / fault suite · seed {result.plan.seed}", show_header=False)
    for name in (
        "faults_in_all",
        "deaths",
        "rounds",
        "accepted",
        "lost",
        "doubled",
        "violations",
        "decisions",
        "unanswered",
        "events",
        "announced_again",
        "dead_letters",
        "documents",
        "mails",
        "mails_again",
        "took_seconds",
    ):
        table.add_row(name.replace("_", " "), str(told[name]))
    for kind, count in told["faults"].items():
        table.add_row(f"{kind} {BY_KIND[kind].title}", str(count))
    for kind, why in told["left_out"].items():
        table.add_row(f"{kind} {BY_KIND[kind].title}", f"略去 / left out: {why}")
    for name, value in told["recovery"].items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
    if told["refusals"]:
        console.print(f"拒绝 / refusals: {told['refusals']}", markup=False)
    for violation in result.violations:
        console.print(f"{violation.invariant}  {violation.what}  {' '.join(violation.documents)}", markup=False)
    for path, document in result.exhibits.items():
        lines = json.dumps(document, default=str, ensure_ascii=False, indent=1).splitlines()
        more = f"\n… {len(lines) - _LINES} lines more" if len(lines) > _LINES else ""
        console.print(f"── {path}\n" + "\n".join(lines[:_LINES]) + more, markup=False, highlight=False)


def write(result: Result, path: Path) -> None:
    """As JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures(result), default=str, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
