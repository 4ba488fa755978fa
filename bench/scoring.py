"""Scoring: what an application costs here, and in the rules engines a user would take, in CPU time.

The engines live in an environment of their own; `bench.engines` runs there, with every contender in one process.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.contenders import PEERS_PYTHON
from bench.figures import Spread, ratio

CONTENDERS: Mapping[str, str] = {
    "zen": "zen-engine，决策图，逐份 / decision graph, one by one",
    "zen-batch": "zen-engine，成批 / the same, in batches",
    "cel": "CEL（Rust），一个程序 / one program",
    "figures": "本平台，得分与关口 / here: points, total, gates",
    "proven": "本平台，校验、得分与摘要 / here: facts checked, figures, digest",
    "card": "本平台，完整评分卡 / here: the full card in words",
    "decider": "本平台，服务的判定 / here: the service's decider, with its event",
}
"""By name; the first three are the engines."""
ENGINES = ("zen", "zen-batch", "cel")


@dataclass(frozen=True)
class Plan:
    """How often, on how many applications."""

    rounds: int
    count: int
    """Applications per round, new ones every time."""
    seed: int = 1


def measure(plan: Plan) -> list[dict[str, Any]]:
    """One record per contender and round: CPU microseconds per application.

    Raises:
        CalledProcessError: the engines are not installed, or a contender decided differently.
    """
    options = {"--seed": plan.seed, "--rounds": plan.rounds, "--count": plan.count}
    given = [word for name, value in options.items() for word in (name, str(value))]
    command = [str(PEERS_PYTHON), "-m", "bench.engines", *given]
    records: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        for line in process.stdout or ():
            records.append(record := json.loads(line))
            print(f"{record['round']:3} {record['contender']:10} {record['us']:9.1f} µs", flush=True)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return records


def rows(records: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The table: medians, and how many times an engine costs what we do, taken round by round."""
    costs = {name: [r["us"] for r in records if r["contender"] == name] for name in CONTENDERS}
    return [
        [
            f"{name} — {title}",
            f"{1e6 / (cost := Spread.of(costs[name])).median:,.0f}",
            f"{cost.median:.0f} [{cost.least:.0f}–{cost.most:.0f}]",
            *("—" if name in ENGINES else f"{ratio(costs[engine], costs[name]).median:.1f}" for engine in ENGINES),
        ]
        for name, title in CONTENDERS.items()
    ]
