"""Results as they are kept: one JSON file per benchmark, with the machine, the versions, the plan and every record."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.machine import describe, load

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RESULTS = Path(__file__).parent / "results"


def keep(name: str, records: Sequence[dict[str, Any]], plan: "DataclassInstance", folder: Path = RESULTS) -> None:
    """Write `<name>.json`, in place of the last one."""
    folder.mkdir(exist_ok=True)
    whole = {
        "benchmark": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "load_after": load(),
        "plan": asdict(plan),
        "records": list(records),
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")


def kept(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Every result, by benchmark."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
