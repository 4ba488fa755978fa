"""What can be done with an honour as it stands: the table of acts, suspensions through time, and plaques."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from pydantic import ValidationError

from services.review import sanctions
from services.review.domain import plaque
from services.review.domain.chamber import KnownChamber, Merged
from services.review.domain.credential import require_issuable
from services.review.domain.honour import Register, hear_granted, on_due
from services.review.domain.merger import Carry, End, carry, end
from services.review.domain.sanction import (
    FROM,
    STANDING_WORDS,
    TO,
    Act,
    Reinstate,
    Revoke,
    Sanctions,
    Suspend,
    may,
    reinstate,
    revoke,
    suspend,
)
from services.review.domain.status_list import TOLD
from services.review.domain.term import IN_FORCE, Standing
from shared.contracts import HonourEvent, HonourRevoked
from shared.kernel.change import Change, Due, NotFound, Refused
from tests.unit.review import given
from tests.unit.review.test_honour import OFFICE, day, granted, hear, run, standings

SAID: dict[str, Any] = {"by": OFFICE, "round": "R-1", "reason": given.text("事由", "a cause"), "document": "演示〔9〕"}
GONE = KnownChamber(code=given.code(1), merged=Merged(into=given.chamber(2), document="合并〔1〕", since=day(-1)))


def act(name: Act, register: Register, at: int = 0) -> Change[Register]:
    """Do it, on a day."""
    acts: dict[Act, tuple[Callable[..., Any], Any]] = {
        "suspend": (suspend, Suspend(**SAID, cause="penalty")),
        "reinstate": (reinstate, Reinstate(**SAID)),
        "revoke": (revoke, Revoke(**SAID, cause="penalty", plaque=15)),
        "carry": (carry, Carry(**SAID, chamber=GONE, held=())),
        "end": (end, End(**SAID, chamber=GONE, plaque=15)),
    }
    decide, command = acts[name]
    change: Change[Register] = decide(register, command, day(at))
    return change


def valid() -> Register:
    """An honour in force, until day 100."""
    return hear(None, granted("R-1", -10, 100)).state


def standing(as_: Standing) -> Register:
    """An honour that stands so on day 0."""
    made: dict[Standing, Callable[[], Register]] = {
        "upcoming": lambda: hear(None, granted("R-1", 10, 100)).state,
        "valid": valid,
        "suspended": lambda: act("suspend", valid()).state,
        "superseded": lambda: hear(valid(), granted("R-2", -5, 200)).state,
        "expired": lambda: hear(None, granted("R-1", -10, -1)).state,
        "revoked": lambda: act("revoke", valid()).state,
        "ended": lambda: act("end", valid()).state,
    }
    register = made[as_]()
    assert register.terms[0].status == as_
    return register


@pytest.mark.parametrize("as_", get_args(Standing))
@pytest.mark.parametrize("name", get_args(Act))
def test_the_table_says_what_can_be_done_and_where_it_leads(name: Act, as_: Standing) -> None:
    register = standing(as_)
    if as_ not in FROM[name]:
        with pytest.raises(Refused) as refusal:
            act(name, register)
        [problem] = refusal.value.problems
        assert problem.code == "honour.standing"
        assert STANDING_WORDS[as_][0] in problem.rule.zh
        return
    change = act(name, register)
    assert change.state.terms[0].status == TO[name]
    assert len(change.facts) == (2 if name == "carry" else 1)


def test_only_what_is_over_leaves_nothing_to_do() -> None:
    doable = {as_: {name for name in get_args(Act) if may(name, standing(as_).terms[0])} for as_ in get_args(Standing)}
    assert {as_ for as_, acts in doable.items() if acts} == IN_FORCE


STEPS = st.lists(st.tuples(st.sampled_from(get_args(Act)), st.integers(0, 25)), max_size=12)


@drawn(STEPS)
def test_whatever_is_tried_in_whatever_order_facts_and_register_agree(steps: list[tuple[Act, int]]) -> None:
    """A refusal changes nothing; every change is told; what is over stays over; a suspension is lifted once."""
    register, now, told = valid(), 0, []
    for name, later in steps:
        now += later
        while (due := register.due()) and due <= day(now):
            change = on_due(register, Due(at=due), due)
            assert change
            register = change.state
            told += [fact.name for fact in change.facts]
        before = register.terms[0]
        try:
            change = act(name, register, now)
        except Refused:
            assert not may(name, before)
            continue
        assert may(name, before)
        register = change.state
        told += [fact.name for fact in change.facts if isinstance(fact, HonourEvent)]
        if before.status not in IN_FORCE:
            assert name == "revoke"
            assert before.open_suspension
    term = register.terms[0]
    assert told.count("honour.suspended") == len(term.suspensions)
    assert told.count("honour.reinstated") == sum(one.lifted is not None for one in term.suspensions)
    assert told.count("honour.revoked") == (term.revocation is not None)
    assert told.count("honour.ended") + told.count("honour.carried") == (term.closing is not None)
    assert [one.number for one in term.suspensions] == list(range(1, len(term.suspensions) + 1))
    assert all(one.lifted for one in term.suspensions[:-1]), "one at a time"
    assert (term.plaque is not None) == (term.status in ("revoked", "ended"))
    assert Register.model_validate(register.model_dump(mode="json")) == register


def test_time_goes_on_while_an_honour_is_suspended() -> None:
    register = standing("suspended")
    assert register.due() == day(100)
    register, told = run(register, 100)
    assert (standings(register), told) == ([("R-1", "expired")], ["honour.expired R-1"])
    with pytest.raises(Refused):
        act("reinstate", register, 101)


def test_nobody_escapes_a_revocation_because_the_clock_ran_out_first() -> None:
    register, _ = run(standing("suspended"), 100)
    change = act("revoke", register, 120)
    assert standings(change.state) == [("R-1", "revoked")]
    assert [fact.name for fact in change.facts] == ["honour.revoked"]
    lapsed, _ = run(valid(), 100)
    with pytest.raises(Refused):
        act("revoke", lapsed, 120)


def test_what_has_run_out_is_over_even_before_the_clock_has_told() -> None:
    with given.refused_as("honour.standing"):
        act("suspend", valid(), 100)
    begun = act("suspend", standing("upcoming"), 10)
    assert standings(begun.state) == [("R-1", "suspended")]
    late = act("revoke", standing("suspended"), 100)
    assert [fact.name for fact in late.facts] == ["honour.revoked"]


def test_a_suspended_honour_gives_way_to_the_next_and_the_next_holds() -> None:
    both = hear(standing("suspended"), granted("R-2", 20, 300)).state
    assert standings(both) == [("R-1", "suspended"), ("R-2", "upcoming")]
    register, told = run(both, 20)
    assert standings(register) == [("R-1", "superseded"), ("R-2", "valid")]
    assert told == ["honour.superseded R-1"]


def test_a_suspension_of_the_present_does_not_bring_back_the_past() -> None:
    register = standing("superseded")
    change = suspend(register, Suspend(**{**SAID, "round": "R-2"}, cause="penalty"), day(1))
    assert standings(change.state) == [("R-1", "superseded"), ("R-2", "suspended")]


def test_what_is_not_in_force_has_no_certificate_and_stands_in_the_list() -> None:
    for as_ in get_args(Standing):
        term = standing(as_).terms[0]
        if as_ in ("upcoming", "valid"):
            require_issuable(term)
        else:
            with pytest.raises(NotFound):
                require_issuable(term)
    assert get_args(Standing) == tuple(STANDING_WORDS)
    assert set(get_args(Standing)) - TOLD == {"upcoming", "valid", "expired"}


# --- causes ---------------------------------------------------------------------------------------------------------

RULES = sanctions.load()


def test_a_cause_must_be_known_and_fit_the_act() -> None:
    RULES.require("suspend", "inquiry")
    RULES.require("revoke", "deregistered")
    wrong: list[tuple[Any, str]] = [("revoke", "inquiry"), ("suspend", "deregistered"), ("suspend", "whim")]
    for name, code in wrong:
        with given.refused_as("honour.cause"):
            RULES.require(name, code)


def test_every_cause_has_a_source_and_words_in_both_languages() -> None:
    assert all(cause.source and cause.title.zh and cause.title.en for cause in RULES.causes.values())
    assert RULES.plaque == 15
    with pytest.raises(ValidationError):
        Sanctions.model_validate({"plaque": 15, "causes": {"x": {"title": {"zh": "一", "en": "a"}, "acts": []}}})


# --- plaques --------------------------------------------------------------------------------------------------------


def receive(register: Register, on: date, at: datetime) -> Register:
    """The plaque comes back."""
    command = plaque.Receive(by=OFFICE, round="R-1", on=on, received_by="收件人甲")
    return plaque.receive(register, command, at).state


def test_a_revoked_honours_plaque_is_due_after_fifteen_days_and_its_return_is_entered_once() -> None:
    change = act("revoke", valid())
    due = change.state.terms[0].plaque
    assert due
    assert due.due == datetime.fromisoformat("2021-03-17T00:00:00+08:00"), "the day of the act is not counted"
    [fact] = change.facts
    assert isinstance(fact, HonourRevoked)
    assert fact.plaque_due == due.due
    assert not plaque.overdue(due, due.due - timedelta(seconds=1))
    assert plaque.overdue(due, due.due)
    back = receive(change.state, day(30).date(), day(30))
    returned = back.terms[0].plaque
    assert returned
    assert returned.returned
    assert (returned.returned.on, plaque.overdue(returned, day(99))) == ("2021-03-31", False)
    with given.refused_as("plaque.returned"):
        receive(back, day(31).date(), day(31))


def test_no_plaque_comes_back_from_the_future_or_of_an_honour_in_force() -> None:
    with given.refused_as("plaque.future"):
        receive(act("revoke", valid()).state, day(2).date(), day(1))
    with given.refused_as("plaque.not-due"):
        receive(valid(), day(0).date(), day(0))
    with pytest.raises(NotFound):
        plaque.receive(valid(), plaque.Receive(by=OFFICE, round="R-9", on=day(0).date(), received_by="x"), day(0))


def test_a_grant_heard_again_after_all_this_changes_nothing() -> None:
    assert hear_granted(act("revoke", valid()).state, granted("R-1", -10, 100), day(1)) is None
