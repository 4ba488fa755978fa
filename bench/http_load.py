"""Load from processes of their own: locust with many users at once, or hand-ins on time in an open loop."""

import asyncio
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.contenders import PEERS_PYTHON
from dev.processes import Child

_PEERS = Path(__file__).parent / "peers"
_LATE = 60
"""Seconds beyond its time that a load may take to end."""
Errand = list[dict[str, Any]]


class Answer(NamedTuple):
    """How one request was answered."""

    name: str
    status: int
    """0 if there was no answer."""
    ms: float


class LoadFailedError(RuntimeError):
    """The load did not run to its end; the message carries the end of its log."""


async def users(url: str, errands: Sequence[Errand], count: int, folder: Path, *, within: int = 600) -> list[Answer]:
    """Have so many users at once work through the errands; answers every request's time."""
    given, answers = folder / "errands.jsonl", folder / "answers.json"
    given.write_text("\n".join(map(json.dumps, errands)), "utf-8")
    locust = ["-m", "locust", "-f", str(_PEERS / "locustfile.py"), "--headless", "--only-summary"]
    options = ["--host", url, "-u", str(count), "-r", str(count), "-t", f"{within}s", "--stop-timeout", "60"]
    told = {"BENCH_ERRANDS": str(given), "BENCH_ANSWERS": str(answers)}
    await _run("locust", [*locust, *options], answers, within + _LATE, **told)
    return [Answer(*one) for one in json.loads(answers.read_text("utf-8"))]


async def on_time(url: str, plan: Iterable[tuple[float, str, str, str]], folder: Path, within: float) -> list[Any]:
    """Hand in at the seconds of the plan, (second, path, token, key); answers [key, status, ms, receipt or reason]."""
    given, answers = folder / "plan.jsonl", folder / "burst.jsonl"
    with given.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in plan)
    client = [str(_PEERS / "burst_client.py"), url, str(given), str(answers)]
    await _run("burst-client", client, answers, within + _LATE)
    return [json.loads(line) for line in answers.read_text("utf-8").splitlines()]


async def _run(name: str, arguments: Sequence[str], answers: Path, within: float, **told: str) -> None:
    """Run one of the peers' programs until it has written its answers.

    Raises:
        ProcessFailedError: it ended without.
    """
    answers.unlink(missing_ok=True)  # noqa: ASYNC240 - nothing else runs here
    log = answers.with_name(f"{name}.log")
    child = Child(name, [str(PEERS_PYTHON), *arguments], log=log, env={**os.environ, **told})
    await child.start()
    try:
        await asyncio.wait_for(child.wait(), within)
    finally:
        await child.kill()
    if not answers.exists():  # noqa: ASYNC240
        raise child.failure("未写出结果", "wrote no answers")
