"""How many cores a round needs: what an application costs in every process, measured, times how fast they come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.pipeline import by_stage

Result = Mapping[str, Any]

PARTS = ("intake", "scoring", "review", "notify", "broker", "mongod")
HEADINGS = ("", "份/秒 per s", *PARTS, "合计 in all")


@dataclass(frozen=True)
class Demand:
    """Applications that come, and the time in which they come."""

    name: str
    applications: int
    seconds: int

    @property
    def rate(self) -> float:
        """Applications a second."""
        return self.applications / self.seconds


_EIGHT_HOURS = 8 * 3600
DEMANDS = (
    Demand("中位：一万份的四成，最后八小时 / middle: 40 % of 10,000 in the last eight hours", 4_000, _EIGHT_HOURS),
    Demand("其高峰，十倍 / its peak, ten times that", 40_000, _EIGHT_HOURS),
    Demand("高位：两万五千份，高峰 / high: 25,000, the peak", 100_000, _EIGHT_HOURS),
    Demand("断线后一小时内补齐一万份 / catching up 10,000 in an hour", 10_000, 3600),
    Demand("十分钟内补齐 / in ten minutes", 10_000, 600),
)
"""The estimates are those of the deadline burst; the last two are ours."""


def costs(accepting: Result, draining: Result) -> dict[str, float]:
    """CPU seconds per application in every part, with tracing and metrics on; store and broker without accepting."""
    accepted = [
        record["cpu_us"]["intake"]
        for record in accepting["records"]
        if record["road"] == "http" and record["way"] == "group"
    ]
    drained = [by_stage(r["cpu_us"]) for r in draining["records"] if r["contender"] == "sihao-telemetry"]
    others = {part: median(found[part] for found in drained) for part in PARTS[1:]}
    return {part: us / 1e6 for part, us in {"intake": median(accepted), **others}.items()}


def rows(cost: Mapping[str, float], demands: Sequence[Demand] = DEMANDS) -> Iterator[list[str]]:
    """One row per demand: cores that are busy in every part, and in all."""
    for demand in demands:
        cores = [cost[part] * demand.rate for part in PARTS]
        yield [demand.name, f"{demand.rate:.2f}", *(f"{busy:.2f}" for busy in (*cores, sum(cores)))]
