"""The life of a letter: once, in any order of reports, until an end."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.letter import (
    LEASE,
    PAUSES,
    Deferred,
    Letter,
    MarkRead,
    Rejected,
    Retry,
    Sent,
    Take,
    create,
    mark_read,
    recall,
    record,
    retry,
    take,
)
from shared.contracts import LetterDelivered, LetterFailed
from shared.kernel.change import NotFound, Refused
from tests.unit.notify.given import NOW, draft

ACTS = st.sampled_from([Take(), Sent(), Deferred(reason="451"), Rejected(reason="550"), Retry()])
STEPS = st.lists(st.tuples(ACTS, st.integers(0, 3000)), max_size=60)


def queued() -> Letter:
    change = create(None, draft(), NOW)
    assert change
    return change.state


def test_one_letter_per_event_person_and_channel() -> None:
    keys = {draft(a, b, c).key for a in ("p", "q") for b in ("mail", "inbox") for c in ("e", "f")}
    assert len(keys) == 8
    assert draft().key == draft(body={"zh": "另一段", "en": "other"}).key
    assert create(queued(), draft(), NOW + timedelta(days=1)) is None


def test_an_inbox_letter_is_delivered_by_being_written() -> None:
    change = create(None, draft(channel="inbox"), NOW)
    assert change
    assert change.state.status == "delivered"
    assert change.facts == (
        LetterDelivered(
            area="3502",
            letter=change.state.id,
            because="event-1",
            about="case-1",
            channel="inbox",
            recipient="sec-1",
            attempts=1,
        ),
    )


def test_a_letter_taken_by_one_postman_is_left_alone_by_the_others() -> None:
    mine = take(queued(), Take(), NOW)
    assert mine
    assert mine.state.attempts == 1
    assert take(mine.state, Take(), NOW + LEASE - timedelta(seconds=1)) is None
    again = take(mine.state, Take(), NOW + LEASE)
    assert again
    assert again.state.attempts == 2


def test_pauses_grow_to_the_least_time_before_giving_up() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert sum(PAUSES, timedelta()) >= timedelta(days=4)


def test_a_letter_that_is_never_accepted_fails_after_the_last_pause() -> None:
    letter, now, transmissions = queued(), NOW, 0
    while letter.status == "queued":
        assert letter.next_try
        now = letter.next_try
        taken = take(letter, Take(), now)
        assert taken
        transmissions += 1
        change = record(taken.state, Deferred(reason="451 busy"), now)
        assert change
        letter = change.state
    assert transmissions == len(PAUSES) + 1
    assert now - NOW >= timedelta(days=4)
    assert letter.status == "failed"
    assert change.facts == (
        LetterFailed(
            area="3502",
            letter=letter.id,
            because="event-1",
            about="case-1",
            channel="mail",
            recipient="sec-1",
            attempts=transmissions,
            reason="451 busy",
        ),
    )


@given(STEPS)
def test_whatever_happens_a_letter_keeps_its_words_and_ends_once(steps: list[tuple[object, int]]) -> None:
    letter, now, ends = queued(), NOW, 0
    first = letter.draft
    for act, minutes in steps:
        now += timedelta(minutes=minutes)
        before = letter.status
        try:
            change = (
                take(letter, act, now)
                if isinstance(act, Take)
                else retry(letter, act, now)
                if isinstance(act, Retry)
                else record(letter, act, now)
            )
        except Refused:
            assert isinstance(act, Retry)
            assert before != "failed"
            continue
        if change is None:
            continue
        letter = change.state
        ends += len(change.facts)
        assert before != "delivered", "a delivered letter never changes"
        assert bool(change.facts) == (letter.status in {"delivered", "failed"})
        assert (letter.next_try is not None) == (letter.status == "queued")
        assert letter.draft == first
    assert ends <= 1 + sum(isinstance(act, Retry) for act, _ in steps)


def test_only_a_failed_letter_is_sent_again() -> None:
    failed = record(queued(), Rejected(reason="550"), NOW)
    assert failed
    again = retry(failed.state, Retry(), NOW)
    assert again
    assert again.state.status == "queued"
    assert again.state.attempts == 0
    with pytest.raises(Refused) as refused:
        retry(again.state, Retry(), NOW)
    assert refused.value.problems[0].code == "letter.not-failed"
    with pytest.raises(NotFound):
        retry(None, Retry(), NOW)


def test_a_letter_is_read_by_its_addressee_only() -> None:
    letter = create(None, draft(channel="inbox"), NOW)
    assert letter
    read = mark_read(letter.state, MarkRead(by="sec-1"), NOW)
    assert read
    assert read.state.read_at == NOW
    assert mark_read(read.state, MarkRead(by="sec-1"), NOW + timedelta(days=1)) is None
    for strange in (letter.state, queued(), None):
        with pytest.raises(NotFound):
            mark_read(strange, MarkRead(by="somebody"), NOW)


def outcome(kind: type[LetterDelivered | LetterFailed], **more: str) -> LetterDelivered | LetterFailed:
    """A fact about the letter that was announced before the store was lost."""
    letter = queued()
    about = {"area": "3502", "letter": letter.id, "because": "event-1", "about": "case-1", "recipient": "sec-1"}
    return kind.model_validate({**about, "channel": "mail", "attempts": 2, **more})


def test_a_restored_letter_that_went_out_is_not_sent_again_and_nothing_is_announced_again() -> None:
    change = recall(queued(), outcome(LetterDelivered), NOW)
    assert change
    assert (change.state.status, change.state.attempts, change.state.next_try) == ("delivered", 2, None)
    assert change.facts == ()
    assert take(change.state, Take(), NOW + timedelta(days=1)) is None
    assert recall(change.state, outcome(LetterDelivered), NOW) is None
    assert recall(change.state, outcome(LetterFailed, reason="550"), NOW) is None


def test_a_restored_letter_that_failed_and_was_retried_ends_delivered() -> None:
    failed = recall(queued(), outcome(LetterFailed, reason="550"), NOW)
    assert failed
    assert (failed.state.status, failed.state.reason, failed.facts) == ("failed", "550", ())
    delivered = recall(failed.state, outcome(LetterDelivered), NOW)
    assert delivered
    assert (delivered.state.status, delivered.state.reason) == ("delivered", "")


def test_a_letter_that_cannot_be_had_again_is_recalled_by_nothing() -> None:
    assert recall(None, outcome(LetterDelivered), NOW) is None
