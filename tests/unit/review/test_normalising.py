"""Marks made comparable: exact, whatever the order; within their scales; and nobody below the minimum is touched."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from random import Random

import pytest
from hypothesis import assume, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain.case import Seat
from services.review.domain.normalising import LEAST_DEVIATION, Given, Yardstick, measured, normalised, said
from services.review.domain.settling import in_all, settle
from services.review.domain.trimmed import settle_item

SCALES = {"A1.a": Decimal("0.375"), "B1.a": Decimal("3.00"), "C1.a": Decimal("1.5")}
"""What is possible for three items; a mark of the first is 0.37 at most."""


def marks() -> st.SearchStrategy[dict[str, Decimal]]:
    """An expert's marks of a case."""
    return st.fixed_dictionaries(
        {item: st.integers(0, int(of * 100)).map(lambda n: Decimal(n).scaleb(-2)) for item, of in SCALES.items()}
    )


def rounds() -> st.SearchStrategy[dict[tuple[str, str], dict[str, Decimal]]]:
    """What experts gave cases, by expert and case."""
    who = st.tuples(st.sampled_from(["e-1", "e-2", "e-3"]), st.sampled_from([f"case-{n}" for n in range(6)]))
    return st.dictionaries(who, marks(), min_size=1, max_size=18)


def sums(round_: dict[tuple[str, str], dict[str, Decimal]]) -> list[Given]:
    """What each gave each case in all."""
    of = sum(SCALES.values(), Decimal())
    return [Given(case=c, expert=e, points=sum(row.values(), Decimal()), of=of) for (e, c), row in round_.items()]


def share(row: dict[str, Decimal]) -> Decimal:
    """Points given of points possible."""
    return sum(row.values(), Decimal()) / sum(SCALES.values(), Decimal())


@settings(deadline=None)
@drawn(rounds(), st.randoms(use_true_random=False))
def test_the_order_in_which_marks_are_given_means_nothing(
    round_: dict[tuple[str, str], dict[str, Decimal]], chance: Random
) -> None:
    given = sums(round_)
    shuffled = chance.sample(given, len(given))
    assert measured(given, 2) == measured(shuffled, 2)


@settings(deadline=None)
@drawn(rounds(), st.integers(2, 4))
def test_marks_stay_within_their_scales_keep_their_order_and_have_two_places(
    round_: dict[tuple[str, str], dict[str, Decimal]], least: int
) -> None:
    yardstick = measured(sums(round_), least)
    for (expert, _), row in round_.items():
        counted = normalised(expert, row, SCALES, yardstick)
        assert counted.keys() == row.keys()
        assert all(0 <= counted[item] <= of for item, of in SCALES.items())
        assert all(mark == mark.quantize(Decimal("0.01")) for mark in counted.values())
        moves = {item: counted[item] - row[item] for item in SCALES}
        assert all(move >= 0 for move in moves.values()) or all(move <= 0 for move in moves.values())


@settings(deadline=None)
@drawn(rounds(), st.integers(2, 4))
def test_who_has_marked_too_few_cases_or_all_nearly_alike_is_not_normalised_and_it_is_said(
    round_: dict[tuple[str, str], dict[str, Decimal]], least: int
) -> None:
    yardstick = measured(sums(round_), least)
    for standing in yardstick.experts:
        rows = {case: row for (expert, case), row in round_.items() if expert == standing.expert}
        alike = standing.deviation < LEAST_DEVIATION
        assert standing.cases == len(rows)
        assert standing.normalised == (len(rows) >= least and not alike)
        if not standing.normalised:
            assert standing.why.zh.startswith("未标准化")
            assert standing.why.en.startswith("Not normalised")
            assert all(normalised(standing.expert, row, SCALES, yardstick) == row for row in rows.values())
    assert ("not normalised" in said(yardstick).en.lower()) == any(not one.normalised for one in yardstick.experts)


@settings(deadline=None)
@drawn(rounds())
def test_a_case_comes_to_the_share_that_its_z_score_says(
    round_: dict[tuple[str, str], dict[str, Decimal]],
) -> None:
    yardstick = measured(sums(round_), 2)
    by_id = {one.expert: one for one in yardstick.experts if one.normalised}
    assume(by_id)
    assert yardstick.mean is not None
    assert yardstick.deviation is not None
    for (expert, _), row in round_.items():
        if (standing := by_id.get(expert)) is not None:
            z = (share(row) - standing.mean) / standing.deviation
            aim = min(max(yardstick.mean + z * yardstick.deviation, Decimal(0)), Decimal(1))
            off = share(normalised(expert, row, SCALES, yardstick)) - aim
            assert abs(off) * sum(SCALES.values()) <= Decimal("0.005") * len(SCALES) + Decimal("0.005")


def test_a_strict_expert_and_a_mild_one_who_rank_alike_come_to_the_same_marks() -> None:
    mild = {f"case-{n}": {"B1.a": Decimal(mark)} for n, mark in enumerate(("2.00", "2.40", "2.80"))}
    strict = {case: {"B1.a": row["B1.a"] - Decimal("1.20")} for case, row in mild.items()}
    scales = {"B1.a": Decimal(3)}
    given = [
        Given(case=case, expert=expert, points=row["B1.a"], of=Decimal(3))
        for expert, rows in (("mild", mild), ("strict", strict))
        for case, row in rows.items()
    ]
    yardstick = measured(given, 3)
    assert [(one.expert, one.mean, one.deviation) for one in yardstick.experts] == [
        ("mild", Decimal("0.800000"), Decimal("0.108866")),
        ("strict", Decimal("0.400000"), Decimal("0.108866")),
    ]
    assert (yardstick.mean, yardstick.deviation) == (Decimal("0.600000"), Decimal("0.227710"))
    for case, row in mild.items():
        assert normalised("mild", row, scales, yardstick) == normalised("strict", strict[case], scales, yardstick)
    assert normalised("mild", mild["case-2"], scales, yardstick) == {"B1.a": Decimal("2.64")}
    assert said(measured(given, 4)).en == "Not normalised: 2, who marked fewer than 4 cases, or all nearly alike."


@drawn(st.lists(st.integers(0, 300), min_size=2, max_size=30), st.integers(2, 60))
def test_mean_and_deviation_are_those_of_a_long_decimal_rounded_once(points: list[int], digits: int) -> None:
    given = [
        Given(case=f"c-{n}", expert="e", points=Decimal(one).scaleb(-2), of=Decimal(3)) for n, one in enumerate(points)
    ]
    with localcontext() as context:
        context.prec = digits  # whatever the surrounding precision is, it has no part in the result
        [found] = measured(given, 2).experts
    with localcontext() as context:
        context.prec = 60
        shares = [Decimal(one) / 300 for one in points]
        mean = sum(shares) / len(shares)
        deviation = (sum((one - mean) ** 2 for one in shares) / len(shares)).sqrt()
        places = Decimal("0.000001")
        assert found.mean == mean.quantize(places, ROUND_HALF_UP)
        assert abs(found.deviation - deviation) <= places / 2 + Decimal(10) ** -40


def test_marks_are_normalised_first_and_trimmed_then_and_the_extremes_are_told_as_given() -> None:
    rows = {f"e-{n}": {"B1.a": Decimal(mark)} for n, mark in enumerate(("1", "2", "2", "2.5", "3"), start=1)}
    scales = {"B1.a": Decimal(3)}
    given = [Given(case="case-1", expert=e, points=row["B1.a"], of=Decimal(3)) for e, row in rows.items()]
    given += [Given(case="case-2", expert=e, points=Decimal("1.50"), of=Decimal(3)) for e in rows]
    yardstick = measured(given, 2)
    seats = [Seat(expert=expert, status="marked", marks=row) for expert, row in rows.items()]
    [settled] = settle(seats, scales, 5, yardstick)
    counted = [normalised(expert, row, scales, yardstick)["B1.a"] for expert, row in rows.items()]
    again = settle_item("B1.a", Decimal(3), counted, 5)
    assert (settled.points, settled.dropped) == (again.points, 2)
    assert (settled.lowest, settled.highest) == (Decimal(1), Decimal(3))
    assert settle(seats, scales, 5, None) == (settle_item("B1.a", Decimal(3), [r["B1.a"] for r in rows.values()], 5),)


@pytest.mark.parametrize("expert", ["e-1", "stranger"])
def test_nothing_is_normalised_where_nobody_has_marked_enough(expert: str) -> None:
    row = {item: Decimal("0.30") for item in SCALES}
    yardstick = measured(sums({("e-1", "case-0"): row}), 2)
    assert (yardstick.mean, yardstick.deviation) == (None, None)
    assert normalised(expert, row, SCALES, yardstick) == row
    assert yardstick.of(["nobody"]) == Yardstick(min_cases=2, mean=None, deviation=None, experts=())


@settings(deadline=None, max_examples=40)
@drawn(rounds(), st.randoms(use_true_random=False), st.integers(2, 40))
def test_what_settles_depends_on_no_order_and_on_no_surrounding_precision(
    round_: dict[tuple[str, str], dict[str, Decimal]], chance: Random, digits: int
) -> None:
    def settled(items: dict[str, Decimal], order: list[tuple[str, str]]) -> object:
        seats = [(case, Seat(expert=expert, status="marked", marks=round_[expert, case])) for expert, case in order]
        given = [one for case, seat in seats for one in in_all(case, [seat], items)]
        yardstick = measured(given, 2)
        cases = sorted({case for case, _ in seats})
        rows = {case: [seat for other, seat in seats if other == case] for case in cases}
        return yardstick, [
            sorted(settle(rows[case], items, 3, yardstick), key=lambda mark: mark.item) for case in cases
        ]

    plainly = settled(SCALES, sorted(round_))
    with localcontext() as context:
        context.prec = digits
        turned = settled(dict(reversed(SCALES.items())), chance.sample(sorted(round_), len(round_)))
    assert turned == plainly
