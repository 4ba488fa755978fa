"""The short form: half a minute of load and the faults that matter most, always the same; nothing may be lost."""

import asyncio
import json
import sys
from pathlib import Path

from chaos.trial import tried
from dev.processes import leashed

KINDS = ("F1", "F2", "F3", "F4", "F6", "F9", "F10", "F11", "F16", "F18", "F19")
PLAN = {
    "seed": "4242",
    "minutes": "0.4",
    "rate": "6",
    "every": "0.8",
    "wave": "80",
    "nodes": "1",
    "faults": ",".join(KINDS),
}


async def test_half_a_minute_of_faults_loses_and_doubles_nothing(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    plan = [word for name, value in PLAN.items() for word in (f"--{name}", value)]
    process = await asyncio.create_subprocess_exec(
        *leashed([sys.executable, "-m", "chaos", *plan, "--json", str(figures)]),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, told.decode()
    found = json.loads(figures.read_text("utf-8"))
    assert found["violations"] == 0
    assert found["faults"].keys() <= set(KINDS)
    assert len(found["faults"]) >= 8  # what had to wait too long for another is left out
    assert found["deaths"] >= 4  # how many points are come to in time is up to the machine
    assert found["accepted"] >= 50  # about a hundred and forty on a quiet machine
    assert found["dead_letters"] == sum(found["poison_sent"].values()) > 0
    assert found["balanced"] > 100


async def test_a_service_that_drops_what_it_cannot_read_is_noticed() -> None:
    noticed, by, _ = await tried("forget-poison")
    assert noticed, by


async def test_a_service_that_clears_its_outbox_too_soon_is_noticed() -> None:
    noticed, by, _ = await tried("clear-before-confirm")
    assert noticed, by
