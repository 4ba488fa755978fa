"""What is refused waits by itself, is probed with one, and opens step by step."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.amqp import Nacked, Unroutable
from shared.runtime.pauses import FIRST, LAST, Between, Flow, Pauses, flow_of
from shared.runtime.relay import refused
from shared.runtime.work import Fact, Outgoing

SCORED = "application.scored.v1"
FUJIAN, SHANDONG = Flow(SCORED, "35"), Flow(SCORED, "37")


def pauses() -> Pauses:
    return Pauses(first=5, longest=15, widest=8)


@pytest.mark.parametrize(
    ("key", "area"), [("35", "35"), ("35.02", "35"), ("35.02.03", "35"), ("CN", "CN")], ids=lambda value: value
)
def test_a_flow_is_an_event_in_one_province(key: str, area: str) -> None:
    flow = flow_of(SCORED, f"{SCORED}.{key}")
    assert flow == Flow(SCORED, area)
    assert flow.keys.start <= f"{SCORED}.{key}" < flow.keys.end


def test_other_provinces_and_events_are_other_flows() -> None:
    start, end = FUJIAN.keys
    for other in (f"{SCORED}.36", f"{SCORED}.34.99", "application.scored.v10.35", "application.submitted.v1.35.02"):
        assert not start <= other < end


def test_a_refused_flow_waits_and_no_other_does() -> None:
    paused = pauses()
    assert paused.refuse(FUJIAN, 100)
    assert FUJIAN in paused
    assert SHANDONG not in paused
    assert paused.due(104.9) == []
    assert paused.due(105) == [FUJIAN]
    assert paused.window(FUJIAN) == 1


def test_a_pause_grows_while_its_probe_is_refused() -> None:
    paused, now, waited = pauses(), 0.0, []
    paused.refuse(FUJIAN, now)
    for _ in range(4):
        while not paused.due(now):
            now += 1
        waited.append(now)
        assert not paused.refuse(FUJIAN, now), "it is told only once"
    assert waited == [5, 15, 30, 45]
    assert paused.ages(45) == {FUJIAN: 45}


def test_what_was_on_its_way_when_the_pause_began_makes_it_no_longer() -> None:
    paused = pauses()
    for moment in (0, 0.1, 0.2):
        paused.refuse(FUJIAN, moment)
    assert paused.due(5) == [FUJIAN]


def test_it_opens_step_by_step_and_a_refusal_closes_it_to_one() -> None:
    paused = pauses()
    paused.refuse(FUJIAN, 0)
    windows = []
    for _ in range(5):
        windows.append(paused.window(FUJIAN))
        paused.widen(FUJIAN)
    assert windows == [1, 2, 4, 8, 8]
    paused.refuse(FUJIAN, 6)
    assert paused.window(FUJIAN) == 1
    assert paused.due(10.9) == [], "what was refused may be claimed again only after the first pause"
    assert paused.due(11) == [FUJIAN], "a queue that took some is soon tried again"


def test_lifted_it_flows_and_begins_anew_when_refused_again() -> None:
    paused = pauses()
    paused.refuse(FUJIAN, 0)
    assert paused.lift(FUJIAN, 12) == 12
    assert FUJIAN not in paused
    assert paused.refuse(FUJIAN, 20)
    assert paused.due(25) == [FUJIAN]


@given(st.lists(st.integers(1, 500), max_size=40))
def test_of_what_is_tried_again_no_more_is_refused_than_passes_and_one_for_every_pause(room: list[int]) -> None:
    """`room`: how much the queue takes before it is full again, pause after pause."""
    paused, now, passed, again = Pauses(first=1, longest=4, widest=1000), 0.0, 0, 0
    paused.refuse(FUJIAN, now)
    for free in [*room, 0]:
        left = free
        now += 4
        assert paused.due(now) == [FUJIAN]
        while (window := paused.window(FUJIAN)) <= left:
            left -= window
            passed += window
            paused.widen(FUJIAN)
        again += window - left
        passed += left
        paused.refuse(FUJIAN, now)
    assert again <= passed + len(room) + 1


@given(st.lists(st.tuples(st.sampled_from([SCORED, "case.opened.v1", "a"]), st.sampled_from(["35", "37", "CN"]))))
def test_the_free_stretches_hold_every_key_but_the_paused_ones(refused_: list[tuple[str, str]]) -> None:
    paused = pauses()
    for event, area in refused_:
        paused.refuse(Flow(event, area), 0)
    stretches, start = [], FIRST
    while found := paused.free_from(start):
        stretches.append(found)
        start = found.end
    for event in (SCORED, "case.opened.v1", "a", "z.v1"):
        for area in ("35", "37", "CN", "65"):
            for key in (f"{event}.{area}", f"{event}.{area}.02.03"):
                times = sum(start <= key < end for start, end in stretches)
                assert times == (Flow(event, area) not in paused)


def test_with_nothing_paused_everything_is_one_stretch() -> None:
    assert pauses().free_from(FIRST) == Between(FIRST, LAST)
    assert pauses().free_from(LAST) is None


def outgoing(id_: str, area: str) -> Outgoing:
    now = datetime.now(UTC)
    return Outgoing("records", id_, Fact(id_, SCORED, f"{SCORED}.{area}.01", "scoring", "s", "", "{}", {}, now, now))


WAVE = [outgoing("a", "35"), outgoing("b", "35"), outgoing("c", "37")]


def test_a_nack_is_a_refusal() -> None:
    assert refused(WAVE, {"a": Nacked(), "b": Nacked()}) == {FUJIAN: 2}
    assert refused(WAVE, {"a": Nacked(), "c": Unroutable()}) == {FUJIAN: 1}


def test_no_answer_is_a_refusal_only_beside_others_that_passed() -> None:
    late = TimeoutError()
    assert refused(WAVE, {"a": late, "b": late}) == {FUJIAN: 2}
    assert refused(WAVE, {"a": late}) == {}, "its own flow passed: the broker is slow, not a queue"
    assert refused(WAVE, {"a": late, "b": late, "c": late}) == {}, "the broker is away"
    assert refused([replace(WAVE[0])], {"a": ConnectionError()}) == {}
