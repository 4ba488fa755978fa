"""The road of an application is put together rightly, from histories and from what a trace store says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.text import text
from sihao.road.show import as_json, length, what_words
from sihao.road.spans import NoTraces, ask, every, trees
from sihao.road.steps import Branch, PutAside, Step, road
from tests.support.jaeger import RECORDED, Jaeger

NOW = datetime(2026, 3, 1, tzinfo=UTC)
APPLICATION = "CN-2020-51350200MJB00102XM"


def step(cause: str, *facts: str, at: int = 0, service: str = "intake", **other: Any) -> Step:
    known = {"document": f"x/{cause}", "n": 1, "what": "submit", "role": "secretary", **other}
    return Step(service=service, at=NOW + timedelta(seconds=at), cause=cause, facts=facts, **known)


def aside(message: str, *, replayed: bool = False) -> PutAside:
    return PutAside(
        service="scoring",
        id="abc",
        message=message,
        event="application.submitted.v1",
        code="refused",
        reason=text("不行", "no"),
        at=NOW,
        replayed=NOW if replayed else None,
    )


def test_what_was_caused_by_a_fact_hangs_under_the_step_that_announced_it() -> None:
    scored = step("f1", "f2", at=3, service="scoring")
    opened = step("f2", "f3", at=10, service="review-35")
    found = road(APPLICATION, [opened, scored, step("command", "f1"), step("other", at=99)])
    first, later = found.branches
    assert (first.step.cause, later.step.cause) == ("command", "other")
    [second] = first.children
    assert isinstance(second, Branch)
    assert (second.step, second.waited) == (scored, timedelta(seconds=3))
    [third] = second.children
    assert isinstance(third, Branch)
    assert (third.step, third.waited) == (opened, timedelta(seconds=7))
    assert not found.waits


def test_what_was_put_aside_hangs_where_it_was_sent_and_waits_until_it_is_replayed() -> None:
    sent = step("command", "f1")
    found = road(APPLICATION, [sent], [aside("f1"), aside("from-outside")])
    assert [one.message for one in found.branches[0].children if isinstance(one, PutAside)] == ["f1"]
    assert [one.message for one in found.astray] == ["from-outside"]
    assert found.waits
    assert not road(APPLICATION, [sent], [aside("f1", replayed=True)]).waits


def test_a_fact_that_is_still_in_its_outbox_waits() -> None:
    assert road(APPLICATION, [step("command", "f1", unsent=frozenset({"f1"}))]).waits


@given(st.permutations([step("a", "b"), step("b", "c", at=1), step("c", at=2), step("d", "e", at=3), step("e", at=4)]))
def test_in_whatever_order_steps_are_read_the_road_is_the_same(steps: list[Step]) -> None:
    found = as_json(road(APPLICATION, steps), None)
    assert found == as_json(road(APPLICATION, sorted(steps, key=lambda one: one.at)), None)
    assert len(list(road(APPLICATION, steps))) == len(steps)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.004, "4 ms"), (2.5, "2.5 s"), (90, "1.5 min"), (5400, "1.5 h"), (129_600, "1.5 d")]
)
def test_a_length_of_time_is_told_in_the_unit_that_suits_it(seconds: float, told: str) -> None:
    assert length(timedelta(seconds=seconds)) == told


def test_events_are_told_in_chinese_first() -> None:
    assert what_words("application.scored.v1") == "申报评分 application.scored.v1"
    assert what_words("due").startswith("期限已到")


# --- a trace store ----------------------------------------------------------------------------------------------------


def test_spans_become_a_tree_under_the_one_whose_parent_is_elsewhere() -> None:
    [root] = trees(RECORDED["data"][0])  # type: ignore[index]
    assert [(one.service, one.id) for one in every([root])] == [("intake", "1"), ("scoring", "2"), ("scoring", "3")]
    [_, failed, again] = every([root])
    assert (failed.failed, again.failed) == (True, False)
    assert (failed.again, again.again) == (False, True)
    assert root.took == timedelta(microseconds=2500)


async def test_a_trace_store_is_asked_for_the_application() -> None:
    with Jaeger(APPLICATION) as jaeger:
        roots = await ask(jaeger.url, APPLICATION, NOW)
    assert [root.name for root in roots] == ["POST /applications/{application}/submit"]
    assert [query["service"] for query in jaeger.asked] == [["intake"], ["scoring"], ["review"], ["notify"]]
    assert all(int(query["start"][0]) < int(query["end"][0]) for query in jaeger.asked)


@pytest.mark.parametrize(("answer", "status"), [(b"<html>", 200), (b'{"errors": []}', 200), (b"", 502)])
async def test_whatever_else_a_trace_store_says_is_told_apart(answer: bytes, status: int) -> None:
    with Jaeger(APPLICATION, answer, status) as jaeger, pytest.raises(NoTraces):
        await ask(jaeger.url, APPLICATION, NOW)
