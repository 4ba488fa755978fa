"""`python -m chaos.trial [NAME…]`: every mutant in a run of its own, or those named; ends with 1 if one went unnoticed.

The suite is only worth its verdicts if it notices every one of them.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from rich.console import Console
from rich.table import Table

from chaos.mutants import MUTANTS
from dev.processes import interruptible, leashed

PLAN = ("--seed", "42", "--rate", "6", "--every", "1.5", "--wave", "80", "--nodes", "1")
"""The same for all; each mutant has its own faults and its own length."""


async def tried(name: str) -> tuple[bool, Counter[str], float]:
    """Run one; answers whether it was noticed, the violations by invariant, and the seconds it took."""
    began = monotonic()
    with TemporaryDirectory() as directory:
        figures = Path(directory) / "figures.json"
        command = [sys.executable, "-m", "chaos", "--mutant", name, *PLAN, "--json", str(figures)]
        process = await asyncio.create_subprocess_exec(
            *leashed(command),
            cwd=Path(__file__).parents[1],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        if not figures.exists():
            raise RuntimeError(told.decode())
        broken = json.loads(figures.read_text("utf-8"))["broken"]
    return process.returncode == 0, Counter(one["invariant"] for one in broken), monotonic() - began


async def main(names: Sequence[str]) -> int:
    """One after the other, then the table."""
    console = Console()
    table = Table("变异 / mutant", "做错什么 / what it does wrong", "发现 / noticed by", "秒 / s")
    missed = 0
    with interruptible():
        for name in names:
            noticed, by, seconds = await tried(name)
            missed += not noticed
            told = " ".join(f"{invariant}×{count}" for invariant, count in sorted(by.items()))
            told = told if noticed else f"未发现 / NOT NOTICED {told}"
            console.print(f"{name}: {told} ({seconds:.0f} s)", markup=False)
            table.add_row(name, MUTANTS[name].what, told, f"{seconds:.0f}")
    console.print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:] or list(MUTANTS))))
