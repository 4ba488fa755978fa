"""The register of honours: where a term stands follows from its dates, never from the order it became known in."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain.honour import Record, Register, hear_granted, on_due, record
from services.review.domain.sanction import Revoke, revoke
from shared.contracts import HonourEvent, HonourGranted, HonourRecorded
from shared.kernel.change import Change, Due, NotFound, Refused
from tests.unit.review import given

T0 = given.NOW
OFFICE = given.officer("CN")


def day(number: int) -> datetime:
    """A day of this story."""
    return T0 + timedelta(days=number)


def granted(round_: str, begins: int, ends: int) -> HonourGranted:
    """A grant, valid between two days."""
    return HonourGranted(
        area="3502",
        honour=f"national-sihao:{given.code(1)}:{round_}",
        line="national-sihao",
        round=round_,
        chamber=given.chamber(1),
        case=f"{round_}-{given.code(1)}@CN",
        document="演示〔2021〕1号",
        valid_from=day(begins),
        valid_until=day(ends),
    )


def past(round_: str, begins: int, ends: int) -> Record:
    """A past honour, to be recorded."""
    return Record(
        by=OFFICE,
        line="national-sihao",
        round=round_,
        jurisdiction="CN",
        chamber=given.chamber(1),
        document="演示〔2019〕1号",
        source="演示",
        valid_from=day(begins),
        valid_until=day(ends),
    )


def past_of_fujian() -> Record:
    """A past honour of Fujian's own line, which is in force."""
    of = {"by": given.officer("35"), "line": "fujian-sihao", "jurisdiction": "35"}
    return past("FJ-2018", -10, 400).model_copy(update=of)


def hear(register: Register | None, event: HonourGranted, at: int = 0) -> Change[Register]:
    """A grant is heard."""
    change = hear_granted(register, event, day(at))
    assert change
    return change


def run(register: Register, until: int) -> tuple[Register, list[str]]:
    """Let time act up to a day; answers what was announced."""
    told: list[str] = []
    while (due := register.due()) and due <= day(until):
        change = on_due(register, Due(at=due), due)
        assert change
        register = change.state
        told += [f"{fact.name} {fact.round}" for fact in change.facts if isinstance(fact, HonourEvent)]
    return register, told


def standings(register: Register) -> list[tuple[str, str]]:
    """Each term and where it stands."""
    return [(term.round, term.status) for term in register.terms]


def test_a_recorded_honour_is_superseded_by_the_next_once_that_begins() -> None:
    silent = record(None, past("R-1", -700, 30), day(0))
    assert standings(silent.state) == [("R-1", "valid")]
    assert [fact.name for fact in silent.facts] == ["honour.recorded"]
    both = hear(silent.state, granted("R-2", 10, 740))
    assert standings(both.state) == [("R-1", "valid"), ("R-2", "upcoming")]
    register, told = run(both.state, 10)
    assert standings(register) == [("R-1", "superseded"), ("R-2", "valid")]
    assert told == ["honour.superseded R-1"]
    assert register.terms[0].by == f"national-sihao:{given.code(1)}:R-2"
    assert run(register, 740)[1] == ["honour.expired R-2"]


def test_a_grant_in_force_supersedes_at_once() -> None:
    silent = record(None, past("R-1", -700, 30), day(0))
    change = hear(silent.state, granted("R-2", -1, 740))
    assert [fact.name for fact in change.facts] == ["honour.superseded"]


def test_without_a_successor_it_expires_by_the_clock() -> None:
    register, told = run(hear(None, granted("R-1", -1, 5)).state, 4)
    assert standings(register) == [("R-1", "valid")]
    register, more = run(register, 5)
    assert (standings(register), told, more) == ([("R-1", "expired")], [], ["honour.expired R-1"])
    assert register.due() is None


def test_an_expired_past_is_recorded_without_telling_that_it_expired() -> None:
    change = record(None, past("R-0", -900, -100), day(0))
    assert standings(change.state) == [("R-0", "expired")]
    assert [fact.name for fact in change.facts] == ["honour.recorded"]


def test_a_past_that_had_a_successor_says_so_when_it_is_recorded() -> None:
    present = hear(None, granted("R-2", -1, 740)).state
    change = record(present, past("R-1", -700, 30), day(0))
    (recorded,) = change.facts
    assert isinstance(recorded, HonourRecorded)
    assert recorded.superseded_by == f"national-sihao:{given.code(1)}:R-2"


SPANS = st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 30)), min_size=1, max_size=4)


@drawn(SPANS, st.integers(-20, 60), st.data())
def test_any_order_of_grants_ends_in_the_same_register(
    spans: list[tuple[int, int]], now: int, data: st.DataObject
) -> None:
    events = [granted(f"R-{n}", begins, begins + length) for n, (begins, length) in enumerate(spans)]
    order = data.draw(st.sampled_from(list(permutations(events))))
    ends = []
    for sequence in (events, order):
        register: Register | None = None
        for event in sequence:
            register = hear(register, event, now).state
            assert hear_granted(register, event, day(now)) is None, "a grant heard twice changes nothing"
        assert register
        ends.append(register)
    assert ends[0] == ends[1]
    assert sum(term.status == "valid" for term in ends[0].terms) <= 1


def test_a_revocation_is_announced_and_final() -> None:
    register = hear(None, granted("R-1", -1, 500)).state
    command = Revoke(
        by=OFFICE, round="R-1", reason=given.text("弄虚作假", "false facts"), document="演示〔2021〕9号", plaque=15
    )
    change = revoke(register, command, day(0))
    assert [fact.name for fact in change.facts] == ["honour.revoked"]
    assert standings(run(change.state, 600)[0]) == [("R-1", "revoked")]
    with pytest.raises(Refused) as refusal:
        revoke(change.state, command, day(1))
    assert refusal.value.problems[0].code == "honour.standing"
    with pytest.raises(NotFound):
        revoke(register, command.model_copy(update={"round": "R-9"}), day(0))


def test_revoking_the_present_does_not_bring_back_the_past_but_one_never_begun_supersedes_nothing() -> None:
    reason = given.text("弄虚作假", "false facts")
    old = record(None, past("R-1", -700, 100), day(0)).state
    begun = hear(old, granted("R-2", -1, 740)).state
    gone = revoke(begun, Revoke(by=OFFICE, round="R-2", reason=reason, document="d", plaque=15), day(0))
    assert standings(gone.state) == [("R-1", "superseded"), ("R-2", "revoked")]
    upcoming = hear(old, granted("R-2", 20, 740)).state
    never = revoke(upcoming, Revoke(by=OFFICE, round="R-2", reason=reason, document="d", plaque=15), day(0))
    register, told = run(never.state, 120)
    assert standings(register) == [("R-1", "expired"), ("R-2", "revoked")]
    assert told == ["honour.expired R-1"]


def test_a_record_is_entered_once_and_with_sound_dates() -> None:
    register = record(None, past("R-1", -700, 30), day(0)).state
    with pytest.raises(Refused) as refusal:
        record(register, past("R-1", -700, 30), day(0))
    assert refusal.value.problems[0].code == "honour.known"
    with pytest.raises(Refused) as refusal:
        record(register, past("R-0", 5, 5), day(0))
    assert refusal.value.problems[0].code == "honour.dates"
