"""`python -m chaos`: one run of the fault suite. Ends with 1 if a promise was broken; the seed gives the same faults.

With `--mutant NAME` the services are made wrong on purpose, and the run ends with 0 only if that was noticed.
"""

import argparse
import asyncio
import logging
import secrets
import sys
import warnings
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from chaos import report
from chaos.faults import BY_KIND, left_out, named
from chaos.mutants import MUTANTS
from chaos.plan import Plan, Result
from chaos.run import run
from dev.processes import interruptible
from dev.runs import run_directory


async def main(plan: Plan, written: Path | None) -> int:
    """Run, tell, and answer what the process shall end with."""
    console = Console()
    for noisy in ("aiormq", "aio_pika", "mail.log", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", RuntimeWarning)  # a connection that failed to open is dropped without being closed
    with interruptible(), run_directory("chaos") as directory:
        console.print(f"SEED={plan.seed}", highlight=False)
        for kind, why in plan.left_out.items():
            title = BY_KIND[kind].title
            console.print(f"略去 / left out: {kind} {title}: {why}", markup=False, highlight=False)
        result = await run(plan, directory, say=lambda text: console.print(text, markup=False))
        report.tell(result, console)
        report.write(result, written or directory / "logs" / "report.json")
    return _verdict(result, console)


def _verdict(result: Result, console: Console) -> int:
    by = {violation.invariant for violation in result.violations}
    if result.plan.mutant is not None:
        noticed = by & MUTANTS[result.plan.mutant].by
        told = f"发现，依 / noticed by {' '.join(sorted(noticed))}" if noticed else "未被发现 / NOT NOTICED"
        console.print(f"{result.plan.mutant}: {told}")
        return 0 if noticed else 1
    console.print(f"{'有承诺未守住 / BROKEN' if by else '全部守住 / all promises kept'}  SEED={result.plan.seed}")
    return 1 if by else 0


def cli() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description="故障测试 / the fault suite")
    parser.add_argument("--seed", type=int, default=None, help="种子；不给则随机 / seed; random unless given")
    parser.add_argument("--minutes", type=float, default=5.0, help="负载时长（分钟）/ minutes of load")
    parser.add_argument("--rate", type=float, default=8.0, help="每秒申报数 / applications a second")
    parser.add_argument("--every", type=float, default=2.0, help="故障间隔（秒）/ seconds between faults, on average")
    parser.add_argument("--wave", type=int, default=150, help="每届申报数 / applications in one round")
    parser.add_argument("--faults", default="", help="只用这些故障，如 F1,F2 / only these kinds")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=3, help="节点数 / nodes of broker and of store")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="故意做错的服务 / a service made wrong on purpose")
    parser.add_argument("--json", type=Path, default=None, help="结果文件 / where the figures go")
    given = parser.parse_args()
    mutant = MUTANTS.get(given.mutant)
    kinds = mutant.faults if mutant else named(given.faults.split(",") if given.faults else ())
    if not kinds:
        parser.error(f"未知的故障 / unknown faults: {given.faults}; {', '.join(BY_KIND)}")
    missing = asyncio.run(left_out(kinds, given.nodes))
    plan = Plan(
        seed=given.seed if given.seed is not None else secrets.randbelow(1_000_000),
        seconds=given.minutes * 60,
        rate=given.rate,
        every=given.every,
        wave=given.wave,
        kinds=tuple(kind for kind in kinds if kind not in missing),
        nodes=given.nodes,
        left_out=missing,
    )
    if mutant:
        plan = replace(plan, mutant=given.mutant, seconds=mutant.seconds, withdrawn=mutant.withdrawn)
    return asyncio.run(main(plan, given.json))


if __name__ == "__main__":
    sys.exit(cli())
