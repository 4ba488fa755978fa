"""In which process and in which order the tests of running services run, so that no core waits for the last file."""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

_ROUND = "tests/e2e"
_LONGEST = (
    _ROUND,
    "test_fuzz",
    "test_conformance",
    "test_province_join",
    "test_province_guide",
    "test_access",
    "test_province_move_broken_off",
    "test_province_link",
    "test_province_move",
    "test_reconciliation",
    "test_restore",
    "test_hostile_input",
    "test_faults",
    "test_catching_up",
    "test_city_signed",
    "test_rolling_upgrade",
)
"""They begin first; the rest fills the gaps."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file at a time, but the files that look at the round that is played once together."""

    def _split_scope(self, nodeid: str) -> Any:
        """What stays together."""
        return _ROUND if nodeid.startswith(f"{_ROUND}/") else super()._split_scope(nodeid)


def arrange(items: list[pytest.Item]) -> None:
    """The longest first."""
    items.sort(key=lambda item: _LONGEST.index(one) if (one := _group(item.path)) in _LONGEST else len(_LONGEST))


def _group(path: Path) -> str:
    return _ROUND if path.parent.name == "e2e" else path.stem
