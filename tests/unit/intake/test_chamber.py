"""The register: renames keep the old name, a later list wins, repeats change nothing; a list is one document."""

from datetime import datetime, timedelta
from itertools import permutations

from services.intake.domain.chamber import Register, RegisteredChamber, Registration, register
from services.intake.domain.importing import Checked, foreign
from services.intake.domain.lists import AcceptList, FinishList, accept, finish
from tests.unit.intake.given import CHAMBER, HASH, NOW, after


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
