"""Filling in: two people at once lose nothing, limits hold, and a return opens only what was returned."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.domain.application import Application, SelfAssessment
from services.intake.domain.facts import MAX_BYTES, MAX_COUNT, MAX_TEXT
from services.intake.domain.filling import (
    MAX_FILES,
    AssessYourself,
    Attach,
    Fill,
    ItemEdit,
    Tie,
    assess_yourself,
    attach,
    fill,
    tie,
)
from services.intake.domain.timeline import hear
from shared.contracts import Evidence
from shared.kernel.change import Change, NotFound, Refused
from tests.unit.intake.given import NOW, after, begun, filled, returned, submitted, told


def edit(item: str, version: int, **facts: object) -> Fill:
    return Fill.model_validate({"items": {item: {"version": version, "facts": facts}}})


def file(n: int = 0, *items: str) -> Evidence:
    return Evidence(sha256=f"{n:064x}", name=f"{n}.pdf", media_type="application/pdf", size=9, items=items or ("B2.i",))


def sent_back(*items: str) -> Application:
    return after(hear(submitted(), told(returned(*items), NOW + timedelta(days=1)), NOW))


def codes(refusal: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {p.code for p in refusal.value.problems}


def test_two_tabs_do_not_overwrite_each_other() -> None:
    first = after(fill(begun(), edit("B2.i", 0, visited={"2019": 31}), NOW))
    with pytest.raises(Refused) as refusal:
        fill(first, edit("B2.i", 0, visited={"2019": 40}), NOW)
    (conflict,) = refusal.value.problems
    assert conflict.code == "application.item-changed"
    assert conflict.field == "items.B2.i"
    assert '"2019": 40' in conflict.rule.zh
    assert '"2019": 31' in conflict.rule.zh
    second = after(fill(first, edit("B2.i", 1, visited={"2019": 40}), NOW))
    assert second.items["B2.i"].version == 2


def test_two_people_on_different_items_do_not_meet() -> None:
    first = after(fill(begun(), edit("B2.i", 0, visited=1), NOW))
    second = after(fill(first, edit("A1.a", 0, sessions=2), NOW))
    assert second.facts == {"A1.a": {"sessions": 2}, "B2.i": {"visited": 1}}


def test_several_items_are_all_or_none() -> None:
    state = filled()
    both = Fill(items={"A1.a": ItemEdit(version=0, facts={"n": 1}), "B2.i": ItemEdit(version=9, facts={"n": 2})})
    with pytest.raises(Refused):
        fill(state, both, NOW)


def test_saving_what_stands_there_changes_nothing_whatever_version_was_seen() -> None:
    assert fill(filled(), edit("B2.i", 0, visited={"2019": 31}), NOW) is None


def test_a_cleared_item_keeps_counting_versions() -> None:
    cleared = after(fill(filled(), edit("B2.i", 1), NOW))
    assert cleared.facts == {}
    assert cleared.items["B2.i"].version == 2
    with pytest.raises(Refused):
        fill(cleared, edit("B2.i", 1, visited=5), NOW)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), max_size=12))
def test_no_save_is_ever_lost_unseen(saves: list[tuple[int, int]]) -> None:
    """Two tabs, each saving by the version it saw last: what one overwrites, it had seen."""
    state = begun()
    seen = {0: (0, -1), 1: (0, -1)}
    for tab, value in saves:
        version, believed = seen[tab]
        stored = state.items.get("B2.i")
        current = stored.facts["n"] if stored else -1
        try:
            change = fill(state, edit("B2.i", version, n=value), NOW)
        except Refused:
            assert believed != current or version != (stored.version if stored else 0)
        else:
            assert change is None or believed == current
            state = change.state if change else state
        entry = state.items.get("B2.i")
        if entry is not None:
            number = entry.facts["n"]
            assert isinstance(number, int)
            seen[tab] = (entry.version, number)


@pytest.mark.parametrize(
    "facts",
    [
        {"visited": 1.5},
        {"visited": None},
        {"Visited": 1},
        {"$where": 1},
        {"a.b": 1},
        {"text": "字" * (MAX_TEXT + 1)},
        {"n": MAX_COUNT + 1},
        {"n": {"2019": MAX_COUNT + 1}},
        {"n": {"$x": 1}},
        {"n": {"": 1}},
        {"n": ["字" * 101]},
        {"n": ["x"] * 201},
        {"n": [1]},
        {"n": {"2019": "31"}},
        {"n": {"2019": True}},
        {"n": {"2019": 1.0}},
        {f"f{n}": 1 for n in range(61)},
    ],
)
def test_facts_beyond_shape_and_limits_are_not_read(facts: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as error:
        edit("B2.i", 0, **facts)
    assert error.value.error_count() == 1


@pytest.mark.parametrize("item", ["b2.i", "B2..i", "$x", "B2.i.j.k.l", "", "B2 i"])
def test_item_codes_have_their_form(item: str) -> None:
    with pytest.raises(ValidationError):
        edit(item, 0, n=1)


def test_an_application_does_not_grow_without_end() -> None:
    state = begun()
    for n in range(MAX_BYTES // (MAX_TEXT * 3 + 20)):
        state = after(fill(state, edit(f"A1.x{n}", 0, a="字" * MAX_TEXT), NOW))
    with pytest.raises(Refused) as refusal:
        fill(state, edit("A1.last", 0, a="字" * MAX_TEXT), NOW)
    assert codes(refusal) == {"application.too-much"}


def test_the_same_file_is_on_the_manifest_once() -> None:
    first = after(attach(begun(), Attach(file=file(1, "B2.i")), NOW))
    second = after(attach(first, Attach(file=file(1, "A1.a")), NOW))
    assert [f.items for f in second.evidence] == [("A1.a", "B2.i")]
    assert attach(second, Attach(file=file(1, "A1.a")), NOW) is None


def test_files_are_tied_anew_and_taken_off() -> None:
    state = after(attach(after(attach(begun(), Attach(file=file(1)), NOW)), Attach(file=file(2)), NOW))
    tied = after(tie(state, Tie(sha256=file(1).sha256, items=("A1.b", "A1.a")), NOW))
    assert [f.items for f in tied.evidence] == [("A1.a", "A1.b"), ("B2.i",)]
    off = after(tie(tied, Tie(sha256=file(1).sha256, items=()), NOW))
    assert [f.sha256 for f in off.evidence] == [file(2).sha256]
    with pytest.raises(NotFound):
        tie(off, Tie(sha256=file(1).sha256, items=("A1.a",)), NOW)


def test_files_have_a_limit() -> None:
    many = begun().but(evidence=tuple(file(n) for n in range(MAX_FILES)))
    with pytest.raises(Refused) as refusal:
        attach(many, Attach(file=file(MAX_FILES)), NOW)
    assert codes(refusal) == {"evidence.too-many"}


def test_a_return_opens_only_what_was_returned() -> None:
    state = sent_back("B2.i", "A1")
    assert state.status == "returned"
    assert after(fill(state, edit("B2.i", 1, visited={"2019": 35}), NOW)).facts["B2.i"] == {"visited": {"2019": 35}}
    assert after(fill(state, edit("A1.a", 0, n=1), NOW)).facts["A1.a"] == {"n": 1}
    assert isinstance(attach(state, Attach(file=file(1, "B2.i")), NOW), Change)
    acts: tuple[Callable[[], object], ...] = (
        lambda: fill(state, edit("B2.j", 0, n=1), NOW),
        lambda: attach(state, Attach(file=file(1, "B2.i", "C1.a")), NOW),
    )
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert codes(refusal) == {"application.item-not-returned"}


def test_a_return_ends_with_its_deadline() -> None:
    state = sent_back("B2.i")
    assert state.correction is not None
    with pytest.raises(Refused) as refusal:
        fill(state, edit("B2.i", 1, n=1), state.correction.deadline)
    assert codes(refusal) == {"application.correction-late"}


def test_what_was_handed_in_cannot_be_changed() -> None:
    state = submitted()
    acts: tuple[Callable[[], object], ...] = (
        lambda: fill(state, edit("B2.i", 1, n=1), NOW),
        lambda: attach(state, Attach(file=file()), NOW),
        lambda: tie(state, Tie(sha256=file().sha256, items=()), NOW),
        lambda: assess_yourself(state, AssessYourself(assessment=SelfAssessment()), NOW),
    )
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert codes(refusal) == {"application.not-editable"}


def test_the_chambers_own_marks_are_kept() -> None:
    mine = SelfAssessment(points={"B2.i": Decimal("2.5")}, note="自评")
    state = after(assess_yourself(begun(), AssessYourself(assessment=mine), NOW))
    assert state.self_assessment == mine
    assert assess_yourself(state, AssessYourself(assessment=mine), NOW) is None


def test_nothing_can_be_filled_in_before_it_was_begun() -> None:
    with pytest.raises(NotFound):
        fill(None, edit("B2.i", 0, n=1), NOW)
