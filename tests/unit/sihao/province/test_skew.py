"""Two clocks: an answer dated to the second, between two readings of our own."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sihao.province.agreeing import skew
from sihao.province.findings import Outcome

THERE = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


@given(st.floats(0, 0.999), st.floats(0, 4), st.floats(0, 4))
def test_one_clock_agrees_with_itself(fraction: float, there_after: float, back_after: float) -> None:
    answered = THERE + timedelta(seconds=fraction)  # which is dated THERE
    before, after = answered - timedelta(seconds=there_after), answered + timedelta(seconds=back_after)
    assert skew(before, after, THERE).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("ahead", "outcome", "word"),
    [
        (3600, Outcome.FAILED, "快 3599 秒"),
        (-3600, Outcome.FAILED, "慢 3600 秒"),
        (32, Outcome.FAILED, "快 31 秒"),
        (20, Outcome.WARNING, "相差 19 秒"),
        (-20, Outcome.WARNING, "相差 20 秒"),
        (4, Outcome.OK, "一致"),
    ],
)
def test_another_clock_is_told_by_how_far_and_which_way(ahead: int, outcome: Outcome, word: str) -> None:
    now = THERE + timedelta(seconds=ahead)
    found = skew(now, now, THERE)
    assert found.outcome is outcome
    assert word in found.says.zh
