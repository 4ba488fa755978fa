"""The ranked list: one order, with reasons; sealed once, within the quota."""

from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain.ranking import Bounds, Contender, order, places
from services.review.domain.shortlist import seal
from services.review.domain.stages import Cap, TieRule
from services.review.domain.what_if import what_if
from shared.contracts import ShortlistSealed
from shared.kernel.change import Refused
from tests.unit.review import given

TIES: tuple[TieRule, ...] = ("doubts", "A", "code")
PROVINCE = given.officer("35")
CONTENDERS = st.lists(
    st.builds(
        given.contender,
        st.integers(1, 10**6),
        st.sampled_from(["70", "70.00", "80.5"]),
        doubts=st.integers(0, 2),
        dimension_a=st.sampled_from(["10", "20"]),
    ),
    max_size=8,
    unique_by=lambda contender: contender.code,
)


@drawn(CONTENDERS, st.randoms())
def test_there_is_one_order_whatever_order_they_came_in(contenders: list[Contender], chance: given.Random) -> None:
    shuffled = list(contenders)
    chance.shuffle(shuffled)
    assert order(shuffled, TIES) == order(contenders, TIES)


@drawn(CONTENDERS, st.integers(0, 9))
def test_nobody_inside_has_fewer_points_than_somebody_outside(contenders: list[Contender], quota: int) -> None:
    found = places(order(contenders, TIES), TIES, Bounds(quota=quota))
    assert [place.rank for place in found] == list(range(1, len(contenders) + 1))
    inside = [place.points for place in found if place.nominated]
    outside = [place.points for place in found if not place.nominated]
    assert len(inside) == min(quota, len(contenders))
    assert not inside or not outside or min(inside) >= max(outside)


def test_equal_points_are_parted_by_the_rules_and_the_place_says_by_which() -> None:
    doubtful = given.contender(1, doubts=1)
    weaker = given.contender(2, dimension_a="19")
    later, first = given.contender(4), given.contender(3)
    ordered = order([doubtful, weaker, later, first], TIES)
    assert ordered == [first, later, weaker, doubtful]
    reasons = [place.why.zh for place in places(ordered, TIES, Bounds(quota=2))]
    assert "同分" not in reasons[0]
    assert "统一社会信用代码较小" in reasons[1]
    assert "政治引领得分较高" in reasons[2]
    assert "待核资格条件较少" in reasons[3]


def test_sealing_nominates_within_the_quota() -> None:
    contenders = tuple(given.contender(n, str(60 + n)) for n in (1, 2, 3))
    change = seal(None, given.sealing(PROVINCE, contenders), given.NOW)
    [fact] = change.facts
    assert isinstance(fact, ShortlistSealed)
    assert [(e.case, e.rank, e.nominated) for e in fact.entries] == [
        (given.case(3), 1, True),
        (given.case(2), 2, True),
        (given.case(1), 3, False),
    ]
    assert fact.entries[0].points == Decimal(63)
    assert change.state.reason is None


def test_another_order_needs_every_case_and_a_reason() -> None:
    contenders = tuple(given.contender(n, str(60 + n)) for n in (1, 2, 3))
    command = given.sealing(PROVINCE, contenders, quota=1)
    passed_over = command.model_copy(update={"order": (given.case(2), given.case(3), given.case(1))})
    with pytest.raises(Refused) as refusal:
        seal(None, passed_over, given.NOW)
    assert refusal.value.problems[0].code == "shortlist.reason-missing"
    reason = given.text("统筹兼顾地区平衡", "balance of regions")
    change = seal(None, passed_over.model_copy(update={"reason": reason}), given.NOW)
    assert change.state.reason == reason
    assert "按说明理由的调整排列" in change.state.places[1].why.zh
    with pytest.raises(Refused) as refusal:
        seal(None, command.model_copy(update={"order": (given.case(2),), "reason": reason}), given.NOW)
    assert refusal.value.problems[0].code == "shortlist.order-incomplete"


def test_a_list_is_sealed_once_in_time_and_when_all_is_decided() -> None:
    command = given.sealing(PROVINCE, (given.contender(1),))
    sealed = seal(None, command, given.NOW).state
    for state, changed, now, code in (
        (sealed, command, given.NOW, "shortlist.sealed"),
        (None, command, given.ROUND.calendar.nominate_until, "shortlist.too-late"),
        (None, command.model_copy(update={"undecided": ("x@35",)}), given.NOW, "shortlist.undecided"),
    ):
        with pytest.raises(Refused) as refusal:
            seal(state, changed, now)
        assert refusal.value.problems[0].code == code
    reason = given.text("该会经催办未补正", "it did not answer")
    left = command.model_copy(update={"undecided": ("x@35",), "leave_undecided": reason})
    assert seal(None, left, given.NOW).state.undecided_reason == reason


def test_what_makes_a_seal_the_same_is_what_the_officer_said() -> None:
    one = given.sealing(PROVINCE, (given.contender(1),))
    two = given.sealing(PROVINCE, ())
    assert one.model_dump(mode="json") == two.model_dump(mode="json")


CAPS = st.lists(st.builds(Cap, by=st.just("city"), value=st.just("3502"), at_most=st.integers(0, 3)), max_size=1)
BOUNDS = st.builds(
    Bounds,
    quota=st.integers(0, 9),
    floor=st.none() | st.just(Decimal(75)),
    reserves=st.integers(0, 3),
    caps=CAPS.map(tuple),
)


@drawn(CONTENDERS, BOUNDS, st.randoms())
def test_floor_caps_and_reserves_hold_and_nobody_is_passed_over_without_a_reason(
    contenders: list[Contender], bounds: Bounds, chance: given.Random
) -> None:
    sorted_ = [one.model_copy(update={"city": chance.choice(("3502", "3505"))}) for one in contenders]
    city = {one.case: one.city for one in sorted_}
    found = places(order(sorted_, TIES), TIES, bounds)
    inside = [place for place in found if place.nominated]
    assert len(inside) <= bounds.quota
    assert bounds.floor is None or all(place.points >= bounds.floor for place in inside)
    for cap in bounds.caps:
        assert sum(city[place.case] == cap.value for place in inside) <= cap.at_most
    assert [place.reserve for place in found if place.reserve] == list(
        range(1, sum(place.reserve is not None for place in found) + 1)
    )
    assert sum(place.reserve is not None for place in found) <= bounds.reserves
    last = max((place.rank for place in inside), default=0)
    for place in found:
        passed_over = place.rank < last and not place.nominated
        assert not passed_over or "宁缺毋滥" in place.why.zh or "统筹兼顾" in place.why.zh
        room = len(inside) < bounds.quota
        assert not room or place.nominated or "宁缺毋滥" in place.why.zh or "统筹兼顾" in place.why.zh


@drawn(CONTENDERS, st.integers(0, 9), st.integers(0, 9))
def test_what_if_names_exactly_who_enters_and_who_leaves(contenders: list[Contender], now: int, then: int) -> None:
    found, movers = what_if(contenders, TIES, Bounds(quota=now), Bounds(quota=then), {})
    before = {p.case for p in places(order(contenders, TIES), TIES, Bounds(quota=now)) if p.nominated}
    after = {place.case for place in found if place.nominated}
    assert {mover.case for mover in movers if mover.enters} == after - before
    assert {mover.case for mover in movers if not mover.enters} == before - after


def test_a_weight_changes_the_order_and_each_mover_says_why() -> None:
    strong_in_a, more_points = given.contender(1, "79", dimension_a="24"), given.contender(2, "80", dimension_a="10")
    _, movers = what_if([strong_in_a, more_points], TIES, Bounds(quota=1), Bounds(quota=1), {"A": Decimal("1.2")})
    assert {(mover.case, mover.enters) for mover in movers} == {(strong_in_a.case, True), (more_points.case, False)}
    [enters] = [mover for mover in movers if mover.enters]
    assert "79 分，第 2 名" in enters.before.zh
    assert "83.80 分，第 1 名" in enters.after.zh
