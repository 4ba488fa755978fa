"""The timeline: any order, any repeats, the same end."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.application import STATUS_WORDS, Application
from services.intake.domain.timeline import Told, hear
from services.intake.domain.words import HEARD
from services.intake.handlers import concerned, table
from shared.contracts import Event, HonourGranted, HonourRevoked, text
from shared.contracts.ledgers import LedgerClosed, LedgerDiffered
from shared.contracts.trust import KeyRegistered, KeyWithdrawn
from tests.unit.intake.given import APPLICATION, EVENTS, NOW, after, begun, returned, submit, submitted, told

MANY = [told(event, NOW + timedelta(hours=n), f"e{n}") for n, event in enumerate(EVENTS)]
"""All events, in the order in which they happened."""


def heard_all(state: Application, messages: list[Told]) -> Application:
    for message in messages:
        change = hear(state, message, NOW)
        state = change.state if change else state
    return state


def test_every_event_of_the_table_has_a_line_in_both_languages() -> None:
    assert {type(event) for event in EVENTS} == set(HEARD)
    state = heard_all(submitted(), MANY)
    assert len(state.steps) == len(EVENTS) + 1
    for step in state.steps:
        assert step.what.zh
        assert step.what.en
        assert step.detail.zh
        assert step.detail.en


@given(st.data())
def test_any_order_and_any_repeats_come_to_the_same_end(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(MANY), max_size=12, unique_by=lambda message: message.id))
    expected = heard_all(submitted(), sorted(chosen, key=lambda message: message.at))
    repeats = data.draw(st.lists(st.sampled_from(chosen), max_size=8)) if chosen else []
    shuffled = data.draw(st.permutations(chosen + repeats))
    assert heard_all(submitted(), list(shuffled)) == expected


@given(st.permutations(MANY))
def test_the_steps_stand_in_the_order_of_time(order: list[Told]) -> None:
    steps = heard_all(submitted(), order).steps
    assert [step.id for step in steps] == ["submit-1", *(message.id for message in MANY)]


def test_instants_are_compared_whatever_their_zone() -> None:
    east = timezone(timedelta(hours=8))
    here, there = told(EVENTS[1], NOW, "a"), told(EVENTS[2], (NOW + timedelta(hours=1)).astimezone(east), "b")
    assert [step.id for step in heard_all(begun(), [there, here]).steps] == ["a", "b"]


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["application.scored"], "submitted"),
        (["case.opened"], "under_review"),
        (["case.opened", "case.returned"], "returned"),
        (["case.nominated", "case.opened"], "nominated"),
        (["case.returned", "case.declined"], "declined"),
        (["case.nominated", "notice.opened"], "on_notice"),
        (["notice.opened", "objection.ruled", "honour.granted"], "honoured"),
        (["notice.opened", "honour.withheld"], "withheld"),
        (["honour.granted", "honour.superseded"], "superseded"),
        (["honour.granted", "honour.suspended"], "suspended"),
        (["honour.granted", "honour.suspended", "honour.reinstated"], "honoured"),
        (["honour.granted", "honour.suspended", "honour.expired"], "expired"),
        (["honour.granted", "honour.suspended", "honour.revoked"], "revoked"),
        (["honour.granted", "honour.ended"], "ended"),
        (["honour.granted", "honour.expired"], "expired"),
        (["honour.granted", "honour.revoked"], "revoked"),
    ],
)
def test_the_status_follows_from_what_was_heard(names: list[str], status: str) -> None:
    by_name: dict[str, Event] = {event.name: event for event in EVENTS}
    messages = [told(by_name[name], NOW + timedelta(hours=1 + n)) for n, name in enumerate(names)]
    for order in (messages, messages[::-1]):
        assert heard_all(submitted(), order).status == status


def test_a_distinction_comes_and_goes_beside_the_honour_which_alone_says_where_it_stands() -> None:
    granted = next(event for event in EVENTS if isinstance(event, HonourGranted))
    revoked = next(event for event in EVENTS if isinstance(event, HonourRevoked))
    top = {"line": "national-sihao-top10", "within": "national-sihao", "honour": "national-sihao-top10:x:CN-2020"}
    best = granted.model_copy(update={**top, "called": text("十佳四好商会", "Ten Best")})
    messages = [
        told(event, NOW + timedelta(hours=n), f"d{n}")
        for n, event in enumerate((granted, best, revoked.model_copy(update=top)), start=1)
    ]
    state = heard_all(submitted(), messages)
    assert state.status == "honoured"
    assert "授予“十佳四好商会”称号" in [step.what.zh for step in state.steps]


def test_a_return_that_was_answered_does_not_open_the_form_again() -> None:
    late = told(returned("B2.i"), NOW + timedelta(hours=1), "r1")
    back = after(hear(submitted(), late, NOW))
    again = after(submit(back, NOW + timedelta(hours=2)))
    assert again.status == "submitted"
    delayed = told(returned("A1.a"), NOW + timedelta(hours=1, minutes=1), "r2")
    assert after(hear(again, delayed, NOW)).status == "submitted"
    new = told(returned("A1.a"), NOW + timedelta(hours=3), "r3")
    assert after(hear(again, new, NOW)).status == "returned"


def test_a_return_counts_although_its_clock_is_behind_that_of_the_submission() -> None:
    behind = told(returned("B2.i").model_copy(update={"revision": 1}), NOW - timedelta(hours=1), "r1")
    back = after(hear(submitted(), behind, NOW))
    assert back.status == "returned"
    again = after(submit(back, NOW - timedelta(minutes=30)))
    assert again.status != "returned"
    delayed = told(returned("A1.a").model_copy(update={"revision": 1}), NOW + timedelta(hours=2), "r2")
    assert after(hear(again, delayed, NOW)).status != "returned"


@pytest.mark.parametrize(("declined_on", "opened_on", "status"), [(1, 1, "declined"), (1, 2, "under_review")])
def test_whether_a_case_was_reopened_is_told_by_the_scoring_and_not_by_the_clock(
    declined_on: int, opened_on: int, status: str
) -> None:
    by_name = {event.name: event for event in EVENTS}
    declined = by_name["case.declined"].model_copy(update={"sequence": declined_on})
    opened = by_name["case.opened"].model_copy(update={"sequence": opened_on})
    for ahead in (timedelta(hours=1), timedelta(hours=-1)):
        messages = [told(declined, NOW + timedelta(hours=2)), told(opened, NOW + timedelta(hours=2) + ahead)]
        for order in (messages, messages[::-1]):
            assert heard_all(submitted(), order).status == status


def test_the_latest_return_counts() -> None:
    first, second = returned("B2.i"), returned("A1.a")
    messages = [told(first, NOW + timedelta(hours=1)), told(second, NOW + timedelta(hours=2))]
    for order in (messages, messages[::-1]):
        correction = heard_all(submitted(), order).correction
        assert correction is not None
        assert [item.item for item in correction.items] == ["A1.a"]


def test_an_application_that_did_not_come_through_here_is_left_alone() -> None:
    assert hear(None, MANY[0], NOW) is None


def test_every_event_finds_its_application() -> None:
    assert {tuple(concerned(event)) for event in EVENTS} == {(APPLICATION,)}


def test_the_table_hears_what_it_can_tell() -> None:
    wires = {subscription.event.wire() for subscription in table()}
    ledgers = {event.wire() for event in (LedgerClosed, LedgerDiffered)}
    keys = {event.wire() for event in (KeyRegistered, KeyWithdrawn)}
    assert wires == {event.wire() for event in HEARD} | {"rubric.published.v1"} | keys | ledgers


def test_every_status_has_words() -> None:
    assert all(words.zh and words.en for words in STATUS_WORDS.values())
