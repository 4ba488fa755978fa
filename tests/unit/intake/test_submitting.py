"""Handing in: within the time, with a receipt; late ones are kept as attempts; corrected ones count on."""

from datetime import datetime, timedelta

import pytest

from services.intake.domain.application import Application
from services.intake.domain.filling import Fill, ItemEdit, fill
from services.intake.domain.receipt import genuine
from services.intake.domain.submitting import Start, Submit, Withdraw, starting, submitting, withdraw
from services.intake.domain.timeline import hear
from shared.contracts import ApplicationSubmitted, ApplicationWithdrawn
from shared.kernel.change import NotFound, Refused
from tests.unit.intake.given import (
    APPLICATION,
    CHAMBER,
    EVENTS,
    NOW,
    ROUND,
    START,
    UNTIL,
    after,
    begun,
    filled,
    open_round,
    returned,
    submit,
    submitted,
    told,
)

TICK = timedelta(milliseconds=1)


def code_of(refusal: pytest.ExceptionInfo[Refused]) -> str:
    return refusal.value.problems[0].code


def heard(state: Application, name: str) -> Application:
    event = next(event for event in EVENTS if event.name == name)
    return after(hear(state, told(event, NOW + timedelta(days=1)), NOW))


def test_a_draft_is_begun_once_and_only_in_an_open_round() -> None:
    command = Start(round=ROUND.code, chamber=CHAMBER.code)
    state = begun()
    assert state.id == APPLICATION
    assert starting(open_round(), CHAMBER)(state, command, NOW) is None
    for status in ("draft", "frozen"):
        with pytest.raises(Refused) as refusal:
            starting(open_round().but(status=status), CHAMBER)(None, command, NOW)
        assert code_of(refusal) == "round.not-open"
        with pytest.raises(Refused) as refusal:
            submitting(open_round().but(status=status), CHAMBER)(filled(), Submit(undertaking=True), NOW)
        assert code_of(refusal) == "round.not-open"
    assert after(starting(open_round().but(status="closed"), CHAMBER)(None, command, UNTIL)).status == "draft"


def test_a_submission_has_a_receipt_and_is_announced() -> None:
    change = submit(filled())
    assert change is not None
    (fact,) = change.facts
    assert isinstance(fact, ApplicationSubmitted)
    assert fact.routing_key == "application.submitted.v1.35.02"
    assert fact.subject == APPLICATION
    assert (fact.revision, fact.receipt.number, fact.receipt.at) == (1, f"{APPLICATION}-R1", NOW)
    assert fact.facts == {"B2.i": {"visited": {"2019": 31}}}
    assert genuine(change.state.submissions, fact.receipt.number, fact.receipt.digest) is not None
    assert change.state.status == "submitted"


@pytest.mark.parametrize("now", [START, UNTIL - TICK])
def test_the_first_and_the_last_moment_are_in_time(now: datetime) -> None:
    assert after(submit(filled(), now)).status == "submitted"


def test_a_moment_too_early_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        submit(filled(), START - TICK)
    assert code_of(refusal) == "application.too-early"


def test_a_moment_too_late_is_kept_as_an_attempt_and_announced_to_nobody() -> None:
    change = submit(filled(), UNTIL)
    assert change is not None
    assert change.facts == ()
    assert change.state.status == "late"
    assert change.state.late_at == UNTIL
    assert change.state.submissions == ()
    with pytest.raises(Refused) as refusal:
        submit(change.state, UNTIL + timedelta(days=1))
    assert code_of(refusal) == "application.late"
    with pytest.raises(Refused) as refusal:
        fill(change.state, Fill(items={"A1.a": ItemEdit(version=0, facts={"n": 1})}), UNTIL)
    assert code_of(refusal) == "application.not-editable"
    with pytest.raises(Refused):
        withdraw(change.state, Withdraw(), UNTIL)


def test_truth_must_be_undertaken_and_something_declared() -> None:
    decide = submitting(open_round(), CHAMBER)
    with pytest.raises(Refused) as refusal:
        decide(filled(), Submit(undertaking=False), NOW)
    assert code_of(refusal) == "application.undertaking"
    with pytest.raises(Refused) as refusal:
        decide(begun(), Submit(undertaking=True), NOW)
    assert code_of(refusal) == "application.empty"
    with pytest.raises(NotFound):
        decide(None, Submit(undertaking=True), NOW)


def test_handing_in_twice_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        submit(submitted())
    assert code_of(refusal) == "application.already-submitted"


def test_a_corrected_application_counts_on_even_after_the_round_closed() -> None:
    back = after(hear(submitted(), told(returned("B2.i"), UNTIL + TICK), NOW))
    edit = Fill(items={"B2.i": ItemEdit(version=1, facts={"visited": {"2019": 33}})})
    corrected = after(fill(back, edit, UNTIL + timedelta(days=1)))
    renamed = CHAMBER.model_copy(update={"name": "鹭岛虚构商会（新名）"})
    decide = submitting(open_round().but(status="closed"), renamed)
    change = decide(corrected, Submit(undertaking=True), UNTIL + timedelta(days=1))
    assert change is not None
    (fact,) = change.facts
    assert isinstance(fact, ApplicationSubmitted)
    assert fact.revision == 2
    assert fact.chamber.name == "鹭岛虚构商会（新名）"
    assert change.state.status == "submitted"
    assert change.state.correction is None
    first, second = change.state.submissions
    assert first.facts != second.facts
    for submission in (first, second):
        assert genuine(change.state.submissions, submission.receipt.number, submission.receipt.digest) == submission


def test_a_correction_after_its_deadline_is_refused() -> None:
    back = after(hear(submitted(), told(returned("B2.i", deadline=UNTIL), NOW + TICK), NOW))
    with pytest.raises(Refused) as refusal:
        submit(back, UNTIL)
    assert code_of(refusal) == "application.correction-late"


def test_withdrawing_is_announced_once() -> None:
    change = withdraw(submitted(), Withdraw(reason="换届"), NOW)
    assert change is not None
    (fact,) = change.facts
    assert isinstance(fact, ApplicationWithdrawn)
    assert fact.reason == "换届"
    assert change.state.status == "withdrawn"
    assert withdraw(change.state, Withdraw(), NOW) is None


def test_a_draft_is_withdrawn_in_silence() -> None:
    change = withdraw(begun(), Withdraw(), NOW)
    assert change is not None
    assert change.facts == ()
    with pytest.raises(NotFound):
        withdraw(None, Withdraw(), NOW)


@pytest.mark.parametrize("name", ["case.opened", "case.returned", "case.nominated"])
def test_withdrawing_is_possible_under_review(name: str) -> None:
    assert after(withdraw(heard(submitted(), name), Withdraw(), NOW)).status == "withdrawn"


@pytest.mark.parametrize("name", ["notice.opened", "case.declined", "honour.granted", "honour.withheld"])
def test_withdrawing_ends_with_the_public_notice(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        withdraw(heard(submitted(), name), Withdraw(), NOW)
    assert code_of(refusal) == "application.not-withdrawable"


def test_a_withdrawal_is_for_the_whole_round() -> None:
    gone = after(withdraw(begun(), Withdraw(), NOW))
    with pytest.raises(Refused) as refusal:
        starting(open_round(), CHAMBER)(gone, Start(round=ROUND.code, chamber=CHAMBER.code), NOW)
    assert code_of(refusal) == "application.withdrawn"
