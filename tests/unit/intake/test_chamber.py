"""The register: renames keep the old name, a later list wins, repeats change nothing; a list is one document."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from services.intake.domain.chamber import Merge, Register, RegisteredChamber, Registration, merge, register
from services.intake.domain.importing import Checked, foreign
from services.intake.domain.lists import AcceptList, FinishList, accept, finish
from shared.contracts import ChamberMerged, ChamberRenamed
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from tests.unit.intake.given import CHAMBER, HASH, NOW, after, credit_code


def row(name: str, *, as_of: datetime = NOW, source: str = "list-1") -> Register:
    chamber = CHAMBER.model_copy(update={"name": name})
    return Register(registration=Registration(chamber=chamber), source=source, as_of=as_of)


def test_a_rename_keeps_code_and_former_names() -> None:
    first = after(register(None, row("甲商会"), NOW))
    second = after(register(first, row("乙商会", as_of=NOW + timedelta(days=1)), NOW))
    back = after(register(second, row("甲商会", as_of=NOW + timedelta(days=2)), NOW))
    assert second.chamber.code == first.chamber.code
    assert second.former_names == ("甲商会",)
    assert back.former_names == ("乙商会",)


def test_a_repeated_row_changes_nothing() -> None:
    first = after(register(None, row("甲商会"), NOW))
    assert register(first, row("甲商会"), NOW + timedelta(days=9)) is None


def test_the_later_list_wins_in_whatever_order_rows_arrive() -> None:
    rows = [
        row(name, as_of=NOW + timedelta(days=n), source=f"list-{n}") for n, name in enumerate(["甲会", "乙会", "丙会"])
    ]
    for order in permutations(rows):
        state: RegisteredChamber | None = None
        for command in order:
            change = register(state, command, NOW)
            state = change.state if change else state
        assert state is not None
        assert state.chamber.name == "丙会"
        assert state.source == "list-2"


def test_a_chamber_of_another_area_is_not_taken_over() -> None:
    known = {CHAMBER.code: after(register(None, row("甲商会"), NOW))}
    checked = Checked(rows=(Registration(chamber=CHAMBER),), numbers=(7,), errors=())
    assert list(foreign(checked, known, "35")) == []
    assert list(foreign(checked, known, "CN")) == []
    assert list(foreign(checked, {}, "44")) == []
    (error,) = foreign(checked, known, "44")
    assert (error.row, error.column, error.value) == (7, "统一社会信用代码", CHAMBER.code)


def test_a_list_is_accepted_and_finished_once_per_acceptance() -> None:
    command = AcceptList(file=HASH, rows=(Registration(chamber=CHAMBER),))
    first = after(accept(None, command, NOW))
    assert first.registered_at is None
    later = NOW + timedelta(hours=1)
    again = after(accept(first, command, later))
    assert finish(again, FinishList(accepted_at=NOW), later) is None
    done = after(finish(again, FinishList(accepted_at=later), later))
    assert done.registered_at == later
    assert finish(done, FinishList(accepted_at=later), later) is None
    assert finish(None, FinishList(accepted_at=NOW), NOW) is None


def test_a_rename_is_said_with_its_number_and_a_first_registration_is_none() -> None:
    first = register(None, row("甲商会"), NOW)
    assert first
    assert first.facts == ()
    told = []
    state = first.state
    for n, name in enumerate(("甲商会", "乙商会", "丙商会"), start=1):
        change = register(state, row(name, as_of=NOW + timedelta(days=n)), NOW)
        assert change
        state = change.state
        told += [(fact.former, fact.chamber.name, fact.number) for fact in change.facts if _renamed(fact)]
    assert told == [("甲商会", "乙商会", 1), ("乙商会", "丙商会", 2)]
    assert RegisteredChamber.model_validate(state.model_dump(mode="json")) == state


def _renamed(fact: object) -> bool:
    return isinstance(fact, ChamberRenamed)


OTHER = CHAMBER.model_copy(update={"code": credit_code(body="MJB654321"), "name": "存续商会"})


def other(**changes: object) -> RegisteredChamber:
    """The chamber that goes on."""
    registration = Registration(chamber=OTHER)
    known = after(register(None, Register(registration=registration, source="list-1", as_of=NOW), NOW))
    return known.but(**changes)


def merging(into: RegisteredChamber | None, since: datetime = NOW) -> Merge:
    """The command."""
    by = Actor(id="officer-1", role="officer", area="3502")
    return Merge(by=by, document="批复〔1〕", since=since, code=OTHER.code, into=into)


def test_a_merger_is_entered_once_said_and_kept_through_later_lists() -> None:
    state = after(register(None, row("甲商会"), NOW))
    change = merge(state, merging(other()), NOW)
    [fact] = change.facts
    assert isinstance(fact, ChamberMerged)
    assert (fact.chamber.name, fact.into, fact.document) == ("甲商会", OTHER, "批复〔1〕")
    again = after(register(change.state, row("甲商会", as_of=NOW + timedelta(days=1)), NOW))
    assert again.merged == change.state.merged
    with pytest.raises(Refused) as refusal:
        merge(change.state, merging(other()), NOW)
    assert refusal.value.problems[0].code == "merger.done"


def test_a_merger_that_cannot_be_is_refused_with_its_reason() -> None:
    state = after(register(None, row("甲商会"), NOW))
    gone = other(merged=merge(other(), merging(state), NOW).state.merged)
    for into, since, code in (
        (None, NOW, "merger.unregistered"),
        (state, NOW, "merger.self"),
        (gone, NOW, "merger.done"),
        (other(), NOW + timedelta(days=1), "merger.future"),
    ):
        with pytest.raises(Refused) as refusal:
            merge(state, merging(into, since), NOW)
        assert refusal.value.problems[0].code == code
    with pytest.raises(Refused):
        merge(None, merging(other()), NOW)
