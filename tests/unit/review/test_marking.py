"""Experts: when they stand aside, how their marks are taken and settled."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain import opening
from services.review.domain.case import Case
from services.review.domain.expert import Declare, Enrol, declare, enrol
from services.review.domain.marking import Assign, Mark, assign, mark
from services.review.domain.recusal import Tie, must_stand_aside
from services.review.domain.trimmed import settle_item
from shared.contracts import MarksSettled
from shared.kernel.change import Refused
from tests.unit.review import given

NOW = given.NOW
OFFICE = given.officer("CN")
FIVE = tuple(given.expert(n) for n in range(1, 6))
GOOD = dict.fromkeys(given.SETTLES, Decimal("2.50"))
MARKS = st.lists(st.decimals(0, 10, places=2), min_size=1, max_size=12)


def before_experts() -> Case:
    """A nominated case at the centre."""
    half = opening.hear_score(None, given.scored(jurisdiction="CN"), NOW)
    assert half
    whole = opening.hear_nomination(half.state, given.nominated(), NOW)
    assert whole
    return whole.state


def seated() -> Case:
    """… with five experts."""
    return assign(before_experts(), Assign(by=OFFICE, experts=FIVE), NOW).state


def marks_of(number: int, value: str = "2.50", *ties: Tie) -> Mark:
    """An expert's marks."""
    invited = given.expert(number, *ties)
    marks = dict.fromkeys(given.SETTLES, Decimal(value))
    return Mark(by=given.as_expert(invited), expert=invited, marks=marks)


@pytest.mark.parametrize(
    ("until", "aside"),
    [
        (None, True),
        (date(2021, 3, 1), True),
        (date(2019, 3, 2), True),
        (date(2019, 3, 1), False),
        (date(2010, 1, 1), False),
    ],
)
def test_a_tie_holds_while_it_lasts_and_for_two_years_after(until: date | None, *, aside: bool) -> None:
    tie = Tie(code=given.code(1), kind="post", until=until)
    assert must_stand_aside([tie], given.code(1), NOW, 2) is aside
    assert not must_stand_aside([tie], given.code(2), NOW, 2)


def test_the_day_is_chinas_and_a_leap_day_ends_on_the_first_of_march() -> None:
    tie = Tie(code=given.code(1), kind="post", until=date(2020, 2, 29))
    assert must_stand_aside([tie], given.code(1), datetime(2022, 2, 28, 15, 59, tzinfo=UTC), 2)
    assert not must_stand_aside([tie], given.code(1), datetime(2022, 2, 28, 16, 0, tzinfo=UTC), 2)


def test_a_conflicted_expert_is_refused_by_id_and_nobody_is_seated() -> None:
    tied = given.expert(9, Tie(code=given.code(1), kind="kin"))
    with pytest.raises(Refused) as refusal:
        assign(before_experts(), Assign(by=OFFICE, experts=(*FIVE, tied)), NOW)
    [problem] = refusal.value.problems
    assert (problem.code, problem.field) == ("expert.conflict", "e-9")
    assert "kin" not in problem.rule.en


def test_nobody_is_seated_twice_and_nobody_who_is_not_active() -> None:
    idle = given.expert(7).model_copy(update={"active": False})
    with pytest.raises(Refused) as refusal:
        assign(seated(), Assign(by=OFFICE, experts=(FIVE[0], idle)), NOW)
    assert [p.code for p in refusal.value.problems] == ["expert.assigned", "expert.inactive"]


def test_who_is_named_twice_does_not_get_two_seats() -> None:
    with pytest.raises(Refused) as refusal:
        assign(before_experts(), Assign(by=OFFICE, experts=(*FIVE, FIVE[0])), NOW)
    assert [(p.code, p.field) for p in refusal.value.problems] == [("expert.assigned", "e-1")]


def test_marks_settle_when_the_last_expert_has_marked() -> None:
    case = seated()
    for number, value in ((1, "0"), (2, "2.5"), (3, "2.5"), (4, "2.6")):
        change = mark(case, marks_of(number, value), NOW)
        assert change.facts == ()
        case = change.state
    [fact] = mark(case, marks_of(5, "3"), NOW).facts
    assert isinstance(fact, MarksSettled)
    assert [m.item for m in fact.marks] == list(given.SETTLES)
    first = fact.marks[0]
    assert (first.points, first.marks, first.dropped) == (Decimal("2.53"), 5, 2)
    assert (first.lowest, first.highest, first.of) == (Decimal(0), Decimal(3), Decimal(3))


def test_settled_marks_do_not_change() -> None:
    case = seated()
    for number in range(1, 6):
        case = mark(case, marks_of(number), NOW).state
    with pytest.raises(Refused, match="marks"):
        mark(case, marks_of(1, "3"), NOW)
    assert not case.ready
    final = opening.hear_score(
        case, given.scored(sequence=2, jurisdiction="CN", of=given.score("75.00", pending=False)), NOW
    )
    assert final
    assert final.state.ready


def test_a_tie_found_at_marking_recuses_the_expert_and_their_mark_is_not_taken() -> None:
    case = seated()
    for number in range(1, 5):
        case = mark(case, marks_of(number), NOW).state
    change = mark(case, marks_of(5, "3", Tie(code=given.code(1), kind="declared")), NOW)
    assert change.facts == (), "four are left, five are needed"
    seat = next(s for s in change.state.seats if s.expert == "e-5")
    assert (seat.status, seat.marks) == ("recused", {})
    with pytest.raises(Refused, match="expert"):
        mark(change.state, marks_of(5), NOW)
    with pytest.raises(Refused, match="e-5"):
        assign(change.state, Assign(by=OFFICE, experts=(given.expert(5),)), NOW)
    replaced = assign(change.state, Assign(by=OFFICE, experts=(given.expert(6),)), NOW).state
    assert len(mark(replaced, marks_of(6), NOW).facts) == 1


def test_an_expert_who_does_not_mark_can_be_replaced() -> None:
    case = mark(seated(), marks_of(1), NOW).state
    swapped = assign(case, Assign(by=OFFICE, experts=(given.expert(6),), release=("e-5",)), NOW).state
    assert [s.expert for s in swapped.seats if s.counts] == ["e-1", "e-2", "e-3", "e-4", "e-6"]
    with pytest.raises(Refused, match="release"):
        assign(swapped, Assign(by=OFFICE, experts=(), release=("e-1",)), NOW)


@pytest.mark.parametrize(
    ("marks", "fields"),
    [
        ({"B1.a": "2"}, ["marks.C1.a"]),
        ({"B1.a": "3.01", "C1.a": "-1"}, ["marks.B1.a", "marks.C1.a"]),
        ({"B1.a": "1.005", "C1.a": "1"}, ["marks.B1.a"]),
        ({"B1.a": "1", "C1.a": "1", "B2.i": "1"}, ["marks.B2.i"]),
    ],
)
def test_every_judged_item_has_a_mark_within_its_points_and_nothing_else(
    marks: dict[str, str], fields: list[str]
) -> None:
    given_marks = {item: Decimal(value) for item, value in marks.items()}
    command = Mark(by=given.as_expert(FIVE[0]), expert=FIVE[0], marks=given_marks)
    with pytest.raises(Refused) as refusal:
        mark(seated(), command, NOW)
    assert [p.field for p in refusal.value.problems] == fields


def test_marks_given_before_the_judged_items_changed_have_to_be_given_again() -> None:
    case = seated()
    for number in range(1, 5):
        case = mark(case, marks_of(number), NOW).state
    wider = given.score()
    more = wider.items[1].model_copy(update={"item": "D1.a"})
    changed = opening.hear_score(
        case,
        given.scored(sequence=2, jurisdiction="CN", of=wider.model_copy(update={"items": (*wider.items, more)})),
        NOW,
    )
    assert changed
    fifth = marks_of(5).model_copy(update={"marks": {**GOOD, "D1.a": Decimal(1)}})
    assert mark(changed.state, fifth, NOW).facts == ()


@drawn(MARKS)
def test_the_trimmed_mean_lies_within_what_was_kept_whatever_the_order(marks: list[Decimal]) -> None:
    settled = settle_item("B1.a", Decimal(10), marks, 5)
    assert settled == settle_item("B1.a", Decimal(10), sorted(marks, reverse=True), 5)
    kept = sorted(marks)[1:-1] if len(marks) >= 5 else sorted(marks)
    assert kept[0] <= settled.points <= kept[-1]
    assert settled.points == settled.points.quantize(Decimal("0.01"))
    assert settled.dropped == len(marks) - len(kept)


@drawn(MARKS.filter(lambda marks: len(marks) >= 5), st.decimals(0, 10, places=2))
def test_one_extreme_mark_cannot_lead_beyond_the_others(marks: list[Decimal], extreme: Decimal) -> None:
    settled = settle_item("B1.a", Decimal(10), [*marks, extreme], 5)
    assert min(marks) <= settled.points <= max(marks)


def test_halves_are_rounded_up() -> None:
    assert settle_item("B1.a", Decimal(3), [Decimal("1.00"), Decimal("1.01")], 5).points == Decimal("1.01")


def test_an_expert_is_enrolled_and_declares_ties_once() -> None:
    command = Enrol(by=OFFICE, id="e-1", fields=("法律",), area="3100", ties=(), active=True)
    entry = enrol(None, command, NOW)
    assert entry
    assert entry.state.area == "31"
    assert enrol(entry.state, command, NOW) is None
    tie = Tie(code=given.code(1), kind="declared")
    declared = declare(entry.state, Declare(by=given.as_expert(FIVE[0]), tie=tie), NOW + timedelta(1))
    assert declared
    assert declared.state.invited().ties == (tie,)
    assert declare(declared.state, Declare(by=OFFICE, tie=tie), NOW) is None
