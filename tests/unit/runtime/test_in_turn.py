"""The order in which what has arrived is handled."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.in_turn import InTurn

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
Came = list[tuple[str, int]]
CAME = st.lists(st.tuples(st.sampled_from(["CN", "33", "35"]), st.integers(0, 50)), max_size=60)


def put(came: Came) -> InTurn[tuple[str, int, int]]:
    waiting = InTurn[tuple[str, int, int]]()
    for number, (area, minute) in enumerate(came):
        waiting.put((area, minute, number), area, BEGIN + timedelta(minutes=minute))
    return waiting


@given(CAME, st.integers(1, 7))
def test_everything_comes_out_once_and_of_an_area_the_oldest_first(came: Came, limit: int) -> None:
    waiting, out = put(came), list[tuple[str, int, int]]()
    assert len(waiting) == len(list(waiting)) == len(came)
    while waiting:
        taken = waiting.take(limit)
        assert len(taken) == min(limit, len(came) - len(out))
        out += taken
    assert sorted(out) == sorted((area, minute, n) for n, (area, minute) in enumerate(came))
    for area in {area for area, _ in came}:
        assert [(m, n) for a, m, n in out if a == area] == sorted((m, n) for a, m, n in out if a == area)


@given(CAME)
def test_no_area_waits_for_more_than_one_of_each_other(came: Came) -> None:
    out = [area for area, _, _ in put(came).take(len(came))]
    for position, area in enumerate(out):
        before = out[:position]
        assert before.count(area) <= min(before.count(other) for other in {*out[position:]})
    first = out[: len({*out})]
    assert len(first) == len({*first})


def test_what_comes_later_from_another_area_does_not_wait_for_a_backlog() -> None:
    waiting = put([("35", 1)] * 1000)
    waiting.take(100)
    waiting.put(("33", 99, 0), "33", BEGIN + timedelta(days=9))
    assert ("33", 99, 0) in waiting.take(2)
