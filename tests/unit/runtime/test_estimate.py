"""When a backlog will be done."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.estimate import Progress, estimate

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def seen(*looks: tuple[float, int], window: float = 60) -> Progress:
    progress = Progress(window)
    for at, waiting in looks:
        progress.see(waiting, at)
    return progress


def test_a_backlog_that_falls_steadily_ends_when_the_rest_has_gone_at_that_rate() -> None:
    found = seen((0, 10_000), (10, 9_000)).estimate(NOW)
    assert (found.rate, found.trend) == (100, "falling")
    assert found.ends == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("later", [10_000, 10_500])
def test_a_backlog_that_stands_or_grows_has_no_end(later: int) -> None:
    found = seen((0, 10_000), (10, later)).estimate(NOW)
    assert (found.ends, found.trend) == (None, "not-falling")


def test_nothing_is_said_after_one_look_or_at_once() -> None:
    assert Progress().estimate(NOW).trend == "done"
    assert seen((0, 5)).estimate(NOW).trend == "unknown"
    assert seen((0, 500), (0.5, 1)).estimate(NOW).trend == "unknown"


def test_what_falls_too_slowly_to_end_within_a_year_does_not_fall() -> None:
    assert estimate(1_000_000, 0.01, NOW).trend == "not-falling"
    assert estimate(1_000, 0.01, NOW).trend == "falling"


def test_a_stop_is_noticed_within_the_window() -> None:
    progress = seen(*((t, 10_000 - 100 * t) for t in range(30)))
    assert progress.estimate(NOW).trend == "falling"
    for t in range(30, 120):
        progress.see(7_100, t)
    assert progress.estimate(NOW).trend == "not-falling"


def test_whoever_forgets_begins_anew() -> None:
    progress = seen((0, 10), (10, 5))
    progress.forget()
    progress.see(7, 20)
    assert progress.estimate(NOW).trend == "unknown"


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=100), st.floats(1, 30))
def test_an_end_is_never_in_the_past_and_only_told_of_what_falls(waiting: list[int], step: float) -> None:
    found = seen(*((n * step, w) for n, w in enumerate(waiting))).estimate(NOW)
    assert found.ends is None or found.ends >= NOW
    assert (found.trend == "falling") == (found.ends is not None and found.waiting > 0)
    assert found.waiting == waiting[-1]
