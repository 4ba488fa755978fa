"""How fast what has waited goes out."""

from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.pace import Pace


def test_without_a_rate_nobody_waits() -> None:
    pace = Pace(None)
    assert pace.portion is None
    assert pace.wait(10_000, 0) == 0


@given(st.integers(1, 1000), st.lists(st.tuples(st.integers(1, 300), st.floats(0, 5)), min_size=1))
def test_whoever_waits_as_told_never_sends_faster_than_the_rate(rate: int, sent: list[tuple[int, float]]) -> None:
    pace, now, count = Pace(rate), 0.0, 0
    for many, idle in sent:
        count += many
        now += pace.wait(many, now)
        assert count <= rate * now * (1 + 1e-9) + 1e-6
        now += idle


def test_time_that_was_not_used_is_not_saved_up() -> None:
    pace = Pace(100)
    pace.wait(100, 0)
    assert pace.wait(100, 1_000) == 1


def test_portions_come_evenly() -> None:
    assert Pace(200).portion == 50
    assert Pace(0.5).portion == 1
