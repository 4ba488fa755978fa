"""Scale: does the rate hold with longer backlogs and fuller stores, and what do more processes bring?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import CONTENDERS
from bench.machine import load
from bench.pipeline import by_stage, drain, line
from bench.running import running
from bench.workload import Workload
from dev.backends import Backends


@dataclass(frozen=True)
class Plan:
    """What is varied, one thing at a time."""

    backlogs: Sequence[int]
    stocks: Sequence[int]
    """Documents that every stage's store has at the beginning."""
    processes: Sequence[int]
    """Processes per stage."""
    count: int
    """Messages where the backlog is not what is varied."""
    rounds: int
    contender: str = "sihao"
    seed: int = 1


async def measure(plan: Plan, backends: Backends, logs: Path) -> list[dict[str, Any]]:
    """Every variation in turns; one record per variation and round, with memory at the end in bytes."""
    workload = Workload(plan.seed)
    variations = [
        *(("backlog", size, size, 0, 1) for size in plan.backlogs),
        *(("stock", size, plan.count, size, 1) for size in plan.stocks),
        *(("processes", copies, plan.count, 0, copies) for copies in plan.processes),
    ]
    records: list[dict[str, Any]] = []
    for number in range(plan.rounds):
        for varied, value, count, stock, copies in variations if number % 2 == 0 else variations[::-1]:
            contender = CONTENDERS[plan.contender]
            async with running(
                contender, backends, workload, logs=logs, people=count, copies=copies, stock=stock
            ) as it:
                record: dict[str, Any] = {
                    "contender": plan.contender,
                    "varied": varied,
                    "value": value,
                    "round": number,
                    "load": load(),
                }
                record |= await drain(it, count)
                it.check()
            record["rss"] = by_stage(record["rss"])
            records.append(record)
            print(f"{varied:10} {value:8}  {line(record)}", flush=True)
    return records
