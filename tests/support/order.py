"""In which process and in which order the tests of running services run, so that no core waits for the last file."""

from pathlib import Path

import pytest

_LONGEST = (
    "e2e",
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


def arrange(items: list[pytest.Item]) -> None:
    """Every file is a group of its own, the whole round that is played once is one; the longest begin."""
    items.sort(key=lambda item: _LONGEST.index(one) if (one := _group(item.path)) in _LONGEST else len(_LONGEST))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path)))


def _group(path: Path) -> str:
    return "e2e" if path.parent.name == "e2e" else path.stem
