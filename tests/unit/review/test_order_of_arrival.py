"""What waited for a province, heard in any order, ends the same; in the order of events the same is announced, too."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain import officer, opening
from services.review.domain.case import Case
from services.review.domain.opening import Scored, Withdrawn
from shared.kernel.change import Change, Due
from tests.unit.review import given
from tests.unit.review.given import NOW

Told = tuple[datetime, Scored | Withdrawn]
LATER = NOW + timedelta(days=3)


def hear(case: Case | None, message: Scored | Withdrawn, now: datetime) -> Change[Case] | None:
    if isinstance(message, Withdrawn):
        return opening.hear_withdrawal(case, message, now)
    return opening.hear_score(case, message, now)


def heard(before: Case | None, told: Sequence[Told], *, at_once: datetime | None = None) -> tuple[Case, list[str]]:
    """The case after all of it, and what was announced; heard as it came, or all at once later."""
    case, facts = before, list[str]()
    for at, message in told:
        change = hear(case, message, at_once or at)
        if change is not None:
            case = change.state
            facts += [f"{fact.wire()} {getattr(fact, 'revision', '')} {fact.area}" for fact in change.facts]
    assert case is not None
    return case, facts


def essence(case: Case) -> tuple[Any, ...]:
    """What does not depend on when it was heard; of a withdrawn case that it is."""
    if case.status == "withdrawn":
        return ("withdrawn",)
    return (case.status, case.stage, case.sequence, case.revision, case.ending and case.ending.code)


def returned() -> Case:
    """A case that was sent back."""
    case, _ = heard(None, [(NOW, given.scored())])
    command = officer.Return(by=given.officer("3502"), items=(given.returned("B2.i"),))
    return officer.decide_return(case, command, NOW).state


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    """Submissions, each scored once or again, and perhaps a withdrawal: in the order in which they happened."""
    told: list[Told] = []
    at, sequence = NOW, draw(st.just(2))
    for revision in range(2, 2 + draw(st.integers(0, 3))):
        for _ in range(draw(st.integers(1, 2))):
            at += timedelta(hours=draw(st.integers(1, 9)))
            gate = draw(st.sampled_from(["met", "not_met"]))
            told.append((at, given.scored(sequence=sequence, revision=revision, of=given.score(gate=gate))))
            sequence += 1
    if draw(st.booleans()) or not told:
        told.append((at + timedelta(hours=1), given.withdrawn()))
    return told


@drawn(told=stories(), sent_back=st.booleans())
def test_heard_three_days_later_in_the_order_of_events_it_is_as_if_heard_at_once(
    *, told: list[Told], sent_back: bool
) -> None:
    before = returned() if sent_back else None
    live, away = heard(before, told), heard(before, told, at_once=LATER)
    assert essence(live[0]) == essence(away[0])
    assert live[1] == away[1]


@drawn(data=st.data(), sent_back=st.booleans())
def test_in_any_order_and_repeated_it_ends_the_same(*, data: st.DataObject, sent_back: bool) -> None:
    told = [one for one in data.draw(stories()) if not _excludes(one)]
    told = told or [(NOW, given.withdrawn())]
    before = returned() if sent_back else None
    shuffled = data.draw(st.permutations([*told, *told]))
    assert essence(heard(before, told)[0]) == essence(heard(before, shuffled, at_once=LATER)[0])


def _excludes(told: Told) -> bool:
    """A gate that failed in between ends a case, and is passed by where a newer scorecard is heard first."""
    message = told[1]
    return isinstance(message, Scored) and any(gate.result == "not_met" for gate in message.event.score.gates)


def test_a_correction_that_is_heard_after_its_time_was_declined_takes_the_case_up_again() -> None:
    case = returned()
    assert case.correction
    gone = opening.on_due(case, Due(at=case.correction.closes), case.correction.closes)
    assert gone
    assert gone.state.ending
    assert gone.state.ending.code == "overdue"
    again, _ = heard(gone.state, [(LATER, given.scored(sequence=2, revision=2))])
    assert (again.status, again.stage) == ("open", case.stage)
