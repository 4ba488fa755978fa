"""New results beside the committed ones: what fell, as ratios within one run."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from shutil import which
from typing import Any

from bench.ratios import RATIOS
from bench.results import RESULTS
from dev.runs import PROJECT

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Compared:
    """One figure in two runs."""

    name: str
    before: float
    now: float
    tolerance: float

    @property
    def fell(self) -> bool:
        """Whether it lost more than is tolerated."""
        return self.now < self.before * (1 - self.tolerance)

    @property
    def line(self) -> str:
        """As a person reads it."""
        mark = "✗ 下降 fell" if self.fell else "✓"
        return f"{self.name:62} {self.before:8.3f} → {self.now:8.3f}  × {self.now / self.before:.2f}  {mark}"


def compared(before: Results, now: Results, tolerance: float) -> list[Compared]:
    """Every figure that both runs have."""
    found: list[Compared] = []
    for benchmark, ratios in RATIOS.items():
        if benchmark in before and benchmark in now:
            old, new = ratios(before[benchmark]["records"]), ratios(now[benchmark]["records"])
            found += [Compared(f"{benchmark}: {name}", old[name], new[name], tolerance) for name in old if name in new]
    return found


def committed() -> dict[str, dict[str, Any]]:
    """The results of the last commit, by benchmark; what it does not have, or nobody can look up, is left out."""
    git = which("git")
    found = {name: _shown(git, f"HEAD:./{RESULTS.relative_to(PROJECT)}/{name}.json") for name in RATIOS} if git else {}
    return {name: json.loads(text) for name, text in found.items() if text}


def _shown(git: str, what: str) -> bytes:
    command = [git, "show", what]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, check=False).stdout  # noqa: S603 - a fixed command
