"""Scale: does the rate hold with longer backlogs and fuller stores, and what do more processes bring?

A drain is watched for a bounded time, block by block: what a million messages do shows in the first minutes, since the
queue is as long as it will ever be.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import CONTENDERS
from bench.machine import load
from bench.pipeline import by_stage, line
from bench.running import Running, running
from bench.stages import STAGES
from bench.workload import Workload
from dev.backends import Backends

LARGE = 1_000_000
"""Filling so much takes minutes; it is measured in the first round only."""
_BLOCKS = 6


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
    seconds: float
    """How long a drain is watched at the most."""
    contender: str = "sihao"
    seed: int = 1


async def measure(plan: Plan, backends: Backends, logs: Path) -> list[dict[str, Any]]:
    """Every variation in turns; one record per variation and round, with memory in bytes at the end of every block."""
    workload = Workload(plan.seed)
    variations = [
        *(("backlog", size, size, 0, 1) for size in plan.backlogs),
        *(("stock", size, plan.count, size, 1) for size in plan.stocks),
        *(("processes", copies, plan.count, 0, copies) for copies in plan.processes),
    ]
    records: list[dict[str, Any]] = []
    for number in range(plan.rounds):
        for varied, value, count, stock, copies in variations if number % 2 == 0 else variations[::-1]:
            if value >= LARGE and number:
                continue
            contender = CONTENDERS[plan.contender]
            began = time.monotonic()
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
                record |= await watch(it, count, plan.seconds)
                it.check(whole=record["letters"] == count)
            records.append(record)
            took = time.monotonic() - began
            print(f"{varied:10} {value:8}  {line(record)}  {memory(record)}  ({took:.0f} s)", flush=True)
    return records


async def watch(contender: Running, count: int, seconds: float) -> dict[str, Any]:
    """Let a backlog form before the first step, then watch it become letters, for `seconds` at the most."""
    meter = contender.meter()
    with contender.first_stage_stopped():
        await contender.feed(count)
        waiting = contender.fed - count
        meter.start()
    began = time.perf_counter()
    blocks: list[dict[str, Any]] = []
    letters = 0
    while letters < count and len(blocks) < _BLOCKS:
        until = began + seconds * (len(blocks) + 1) / _BLOCKS
        letters = await contender.letters_by(until, waiting + count) - waiting
        rss = by_stage(meter.stop().resident)
        blocks.append({"at": time.perf_counter() - began, "letters": letters, "rss": rss})
    cost = meter.stop()
    done = contender.steps_taken()
    return {
        "count": count,
        "letters": letters,
        "rate": letters / cost.wall,
        "cpu_us": {name: used / max(letters, 1) * 1e6 for name, used in cost.cpu.items()},
        "busy": sum(cost.cpu.values()) / cost.wall,
        "steps": {service: taken - waiting for service, taken in done.items()},
        "rss": blocks[-1]["rss"],
        "blocks": blocks,
    }


def memory(record: Mapping[str, Any]) -> str:
    """Memory at the end in MiB: each step, broker, store."""
    rss = record["rss"]
    return "MiB " + " ".join(f"{name} {rss[name] / 2**20:.0f}" for name in (*STAGES, "broker", "mongod"))
