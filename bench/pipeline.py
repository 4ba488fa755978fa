"""Submitted → scored → case opened → letter: how fast a backlog drains, and how late a letter is at a steady rate."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bench.contenders import CONTENDERS
from bench.figures import percentile
from bench.machine import Cost, load
from bench.running import Running, running
from bench.stages import STAGES, Document
from bench.workload import Workload
from dev.backends import Backends

_SETTLE = 1.0


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    contenders: Sequence[str]
    count: int
    """Messages of the backlog."""
    rounds: int
    rate: float
    """Messages per second of the open loop."""
    seconds: float
    """How long the open loop lasts; 0: none."""
    seed: int = 1


async def measure(plan: Plan, backends: Backends, logs: Path) -> list[dict[str, Any]]:
    """All rounds, the contenders in turns, every other round in reverse; one record per contender and round."""
    workload = Workload(plan.seed)
    steady = int(plan.rate * plan.seconds)
    records: list[dict[str, Any]] = []
    for number in range(plan.rounds):
        for name in plan.contenders if number % 2 == 0 else plan.contenders[::-1]:
            people = plan.count + steady
            async with running(CONTENDERS[name], backends, workload, logs=logs, people=people) as contender:
                record: dict[str, Any] = {"contender": name, "round": number, "load": load()}
                record |= await drain(contender, plan.count)
                if steady:
                    record |= await open_loop(contender, plan.rate, steady)
                contender.check()
            records.append(record)
            print(line(record), flush=True)
    return records


async def drain(contender: Running, count: int) -> dict[str, Any]:
    """Let a backlog form before the first step, then see how fast it becomes letters."""
    meter = contender.meter()
    with contender.first_stage_stopped():
        await contender.feed(count)
        meter.start()
    await contender.all_letters()
    cost = meter.stop()
    await asyncio.sleep(_SETTLE)
    return {"count": count, "rate": count / cost.wall, "cpu_us": _per(cost, count), "rss": dict(cost.resident)}


async def open_loop(contender: Running, rate: float, count: int) -> dict[str, Any]:
    """Send at a steady rate, whatever comes back; how long after sending the letter is on disk."""
    watch = _Watch(contender)
    watch.start()
    await watch.watching()
    filled = await contender.feed(count, rate)
    await contender.all_letters()
    await asyncio.to_thread(watch.join)
    lateness = sorted((watch.seen[code] - at) * 1000 for code, at in filled.sent.items())
    return {"open_loop": rate, "p50_ms": percentile(lateness, 50), "p99_ms": percentile(lateness, 99)}


class _Watch(Thread):
    """Notes when each letter became durable, by a change stream: it shows what a majority has."""

    def __init__(self, contender: Running) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self._contender = contender
        self._letters = contender.letters
        self._open = Event()

    async def watching(self) -> None:
        await asyncio.to_thread(self._open.wait)

    def run(self) -> None:
        wanted = None
        with self._letters.watch([{"$match": {"operationType": "insert"}}], max_await_time_ms=200) as stream:
            before = self._letters.estimated_document_count()
            self._open.set()
            while wanted is None or len(self.seen) < wanted:
                change = stream.try_next()
                if change is not None:
                    self.seen[code_of(change["fullDocument"])] = time.time()
                if self._contender.fed > before:
                    wanted = self._contender.fed - before


def code_of(letter: Document) -> str:
    """The credit code of the chamber that a letter is about."""
    key = str(letter["_id"])
    if key.startswith("notify-"):  # the floor's, which repeats the words of another's
        return key.split("-")[1]
    return str(letter["state"]["draft"]["about"]).partition("@")[0].rpartition("-")[2]


def _per(cost: Cost, count: int) -> dict[str, float]:
    """CPU microseconds per message."""
    return {name: seconds / count * 1e6 for name, seconds in cost.cpu.items()}


def by_stage(cpu: Mapping[str, float]) -> dict[str, float]:
    """CPU by stage, broker and store: the copies of a stage together."""
    summed: dict[str, float] = {}
    for name, value in cpu.items():
        stage = name.rpartition("-")[0] or name
        summed[stage] = summed.get(stage, 0) + value
    return summed


def line(record: Mapping[str, Any]) -> str:
    """A record in one line."""
    cpu = by_stage(record["cpu_us"])
    services = sum(cpu[name] for name in STAGES)
    late = f"  p50 {record['p50_ms']:.1f} p99 {record['p99_ms']:.1f} ms" if "p50_ms" in record else ""
    return (
        f"{record['contender']:20} {record['rate']:7.0f}/s  µs {services:6.0f} + {cpu['broker']:5.0f} broker "
        f"+ {cpu['mongod']:5.0f} mongod{late}  load {record['load']:.1f}"
        f"  [{' '.join(f'{k} {cpu[k]:.0f}' for k in STAGES)}]"
    )
