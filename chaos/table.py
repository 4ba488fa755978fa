"""`python -m chaos.table FILE…`: the table of docs/chaos.md, from the figures of runs, so that none is typed."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HEAD = (
    "种子 seed",
    "节点 nodes",
    "负载 load",
    "故障 faults",
    "进程死亡 deaths",
    "受理 accepted",
    "丢失 lost",
    "重复 doubled",
    "违反 violations",
    "提交 submission p50 / p99",
    "再闻其声 heard again p99",
    "替补就绪 replacement ready p99",
    "队列恢复 broker back, slowest",
    "待发清空 outbox empty",
)


def row(told: Mapping[str, Any]) -> tuple[str, ...]:
    """One run."""
    plan, recovery = told["plan"], told["recovery"]
    kinds = len({kind.partition("-")[0] for kind in told["faults"]})
    back = max(recovery["broker_back_to_consuming"], default=None)
    return (
        str(told["seed"]),
        str(plan["nodes"]),
        f"{plan['seconds'] / 60:g} min, {plan['rate']:g}/s",
        f"{told['faults_in_all']:,}（{kinds} 种 kinds）",
        f"{told['deaths']:,}",
        f"{told['accepted']:,}",
        str(told["lost"]),
        str(told["doubled"]),
        str(told["violations"]),
        f"{_seconds(recovery['submission_p50'])} / {_seconds(recovery['submission_p99'])}",
        _seconds(recovery["service_heard_again_p99"]),
        _seconds(recovery["replacement_ready_p99"]),
        _seconds(back),
        _seconds(recovery["outbox_empty_after_quiet"]),
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:g} s"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |\n"


def main(paths: list[str]) -> None:
    """Print it."""
    sys.stdout.write(_line(_HEAD) + _line(("---",) * len(_HEAD)))
    for path in paths:
        sys.stdout.write(_line(row(json.loads(Path(path).read_text("utf-8")))))


if __name__ == "__main__":
    main(sys.argv[1:])
