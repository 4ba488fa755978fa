"""The clock file: written whole, read back, zero when missing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev.clock import TurnedClock

BRIEF = timedelta(seconds=5)


@pytest.fixture
def clock(tmp_path: Path) -> TurnedClock:
    return TurnedClock(tmp_path / "new" / "clock.json")


def test_a_missing_file_is_the_real_time(clock):
    assert clock.offset == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < BRIEF


def test_turns_add_up_and_are_whole_seconds_in_the_file(clock):
    clock.turn_by(timedelta(days=7))
    clock.turn_by(timedelta(hours=-1))
    assert json.loads(clock.path.read_text("utf-8")) == {"offset_seconds": 7 * 86_400 - 3_600}
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=7, hours=-1)) < BRIEF


@pytest.mark.parametrize("days", [-400, 400])
def test_turned_to_an_instant_it_is_that_instant_and_never_before(clock, days):
    instant = datetime.now(UTC) + timedelta(days=days)
    reached = clock.turn_to(instant)
    assert instant <= reached < instant + BRIEF


def test_no_half_written_file_is_left_beside_it(clock):
    clock.turn_by(timedelta(seconds=1))
    clock.turn_by(timedelta(seconds=1))
    assert list(clock.path.parent.iterdir()) == [clock.path]


def test_parts_of_a_second_and_naive_instants_are_refused(clock):
    with pytest.raises(ValueError, match="whole seconds"):
        clock.turn_by(timedelta(milliseconds=1))
    with pytest.raises(ValueError, match="time zone"):
        clock.turn_to(datetime(2030, 1, 1))  # noqa: DTZ001 - a naive instant is what is tested
    assert not clock.path.exists()
