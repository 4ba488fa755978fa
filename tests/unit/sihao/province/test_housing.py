"""What a store says about itself, judged."""

from pathlib import Path

import pytest

from sihao.province.findings import Outcome
from sihao.province.housing import _members, _room, file_is_private

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("hello", "outcome"),
    [
        ({"isWritablePrimary": True}, Outcome.FAILED),
        ({"setName": "rs0", "hosts": ["a:27017"]}, Outcome.WARNING),
        ({"setName": "rs0", "hosts": ["a:27017", "b:27017", "c:27017"]}, Outcome.OK),
    ],
)
def test_a_store_is_to_be_a_replica_set_of_three(hello: dict[str, object], outcome: Outcome) -> None:
    found = _members(hello)
    assert found.outcome is outcome
    assert (found.remedy is None) == (outcome is Outcome.OK)


@pytest.mark.parametrize(("used", "outcome"), [(89, Outcome.OK), (90, Outcome.OK), (91, Outcome.FAILED)])
def test_so_much_room_is_left_on_its_disk(used: int, outcome: Outcome) -> None:
    assert _room({"fsTotalSize": 100 * GB, "fsUsedSize": used * GB}, 10).outcome is outcome


@pytest.mark.parametrize(("mode", "outcome"), [(0o600, Outcome.OK), (0o640, Outcome.WARNING), (0o604, Outcome.WARNING)])
def test_a_file_is_private_if_only_its_owner_reads_it(tmp_path: Path, mode: int, outcome: Outcome) -> None:
    path = tmp_path / "join.yaml"
    path.touch()
    path.chmod(mode)
    assert file_is_private(path).outcome is outcome


def test_the_disk_of_a_database_without_data_is_not_known() -> None:
    assert _room({"fsTotalSize": 0, "fsUsedSize": 0}, 10).outcome is Outcome.WARNING
