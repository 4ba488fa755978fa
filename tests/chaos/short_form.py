"""The short form: half a minute of load and the faults that matter most, always the same; nothing may be lost."""

import asyncio
import json
import sys
from pathlib import Path

KINDS = ("F1", "F2", "F4", "F6", "F9", "F11", "F19")
PLAN = {
    "seed": "4242",
    "minutes": "0.4",
    "rate": "4",
    "every": "1.2",
    "wave": "60",
    "nodes": "1",
    "faults": ",".join(KINDS),
}
_WITHIN = 400.0
"""Seconds, on a machine that is busy with other things as well."""


async def test_half_a_minute_of_faults_loses_and_doubles_nothing(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    plan = [word for name, value in PLAN.items() for word in (f"--{name}", value)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chaos",
        *plan,
        "--json",
        str(figures),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(), _WITHIN)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, told.decode()
    found = json.loads(figures.read_text("utf-8"))
    assert found["violations"] == 0
    assert found["faults"].keys() == set(KINDS)
    assert found["deaths"] >= 5
    assert found["accepted"] >= 20  # about ninety on a quiet machine
    assert found["dead_letters"] == sum(found["poison_sent"].values()) > 0
