"""When a service knows that it has heard what was said, and which deadlines wait until then."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.abreast import REASONS, Abreast, Look, acts_until

LATE, SETTLE = 300.0, 10.0
CALM = Look(consuming=True, linked=True, waiting=0, oldest=None)
CUT_OFF = CALM._replace(consuming=False)
OLD = CALM._replace(waiting=9_000, oldest=3 * 86_400.0)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def after(*looks: tuple[float, Look]) -> Abreast:
    found = Abreast(0, late=LATE, settle=SETTLE)
    for at, look in looks:
        found.see(look, at)
    return found


def test_a_service_that_has_just_started_does_not_know_what_waits_for_it() -> None:
    assert after().behind == "starting"
    assert after((0, CUT_OFF), (9, CALM)).behind == "starting"
    assert after((0, CALM), (10, CALM)).behind is None


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (CUT_OFF, "cut-off"),
        (CALM._replace(linked=False), "link-down"),
        (OLD, "backlog"),
        (OLD._replace(linked=False, consuming=False), "cut-off"),
    ],
)
def test_it_falls_behind_at_once_and_says_why(look: Look, why: str) -> None:
    found = after((0, CALM), (10, CALM), (20, look))
    assert found.behind == why
    assert found.since == 20
    found.see(CALM, 21)
    assert found.behind == why
    assert found.see(CALM, 31)
    assert found.behind is None


def test_many_that_are_new_are_no_backlog() -> None:
    busy = CALM._replace(waiting=5_000, oldest=LATE)
    assert after((0, CALM), (10, CALM), (11, busy), (12, busy._replace(oldest=None))).behind is None


def test_a_backlog_of_which_nothing_was_handled_lately_is_one_all_the_same() -> None:
    assert after((0, OLD), (60, OLD._replace(oldest=None)), (120, OLD._replace(oldest=None))).behind == "backlog"


def test_a_repeat_of_something_old_is_no_backlog() -> None:
    assert after((0, CALM), (10, CALM), (11, OLD._replace(waiting=0))).behind is None


LOOKS = st.builds(
    Look, st.booleans(), st.booleans(), st.sampled_from([0, 1, 900]), st.sampled_from([None, 0.0, 301.0, 9e5])
)


@given(st.lists(st.tuples(st.floats(0.1, 20), LOOKS), min_size=1, max_size=40))
def test_it_is_abreast_only_after_calm_and_tells_every_turn(steps: list[tuple[float, Look]]) -> None:
    found, now, past = Abreast(0, late=LATE, settle=SETTLE), 0.0, list[tuple[float, Look, bool]]()
    for step, look in steps:
        now += step
        before = found.behind is None
        assert found.see(look, now) == (before is not (found.behind is None))
        assert found.behind in (None, *REASONS)
        past.append((now, look, found.behind is None))
    for (_, _, before), (at, look, abreast) in pairwise(past):
        assert not abreast or look.consuming
        if abreast and not before:
            calm = [p for p in past if at - SETTLE <= p[0] <= at]
            assert all(p[1].consuming and p[1].linked for p in calm)


def test_time_waits_for_what_a_message_may_answer_and_for_nothing_else() -> None:
    held = timedelta(days=14)
    assert acts_until(NOW, behind=True, answerable=True, held=held) == NOW - held
    assert acts_until(NOW, behind=False, answerable=True, held=held) == NOW
    assert acts_until(NOW, behind=True, answerable=False, held=held) == NOW
