"""The task of an assignment, as cases and experts stand."""

import pytest
from pydantic import ValidationError

from services.review.domain.case import Case, Seat
from services.review.domain.demand import Demand
from services.review.domain.expert import Expert, eligible
from services.review.domain.marking import Assign, assign
from services.review.domain.recusal import Tie
from services.review.domain.stages import ExpertPanel
from services.review.domain.task import Wishes, task_of
from tests.unit.review import given

STAGE = next(stage for stage in given.rules("CN").procedure.stages if isinstance(stage, ExpertPanel))


def before_experts(number: int, *seats: Seat) -> Case:
    """A case before the experts."""
    return Case(
        id=given.case(number, "CN"),
        application=given.application(number),
        round="CN-2020",
        jurisdiction="CN",
        chamber=given.chamber(number),
        status="open",
        rules=given.rules("CN"),
        stage=STAGE.id,
        score=given.score(),
        seats=seats,
    )


def expert(number: int, *fields: str, area: str = "11", active: bool = True, ties: tuple[Tie, ...] = ()) -> Expert:
    """An expert of the pool."""
    return Expert(id=f"e-{number}", fields=fields, area=area, active=active, ties=ties)


POOL = [
    expert(1, "财务", "法律"),
    expert(2, "财务", ties=(Tie(code=given.code(2), kind="employer"),)),
    expert(3, "法律"),
    expert(4, "法律", area="3501"),
    expert(5, "党建", active=False),
    expert(6, "党建", ties=(Tie(code=given.code(2), kind="native_place"),)),
]


def test_only_empty_seats_are_asked_for_and_what_an_expert_has_counts() -> None:
    cases = [
        before_experts(
            1,
            Seat(expert="e-1", status="marked"),
            Seat(expert="e-2", status="recused"),
            Seat(expert="e-3", status="released"),
            Seat(expert="gone", status="assigned"),
        ),
        before_experts(2, Seat(expert="e-1", status="assigned")),
    ]
    wishes = Wishes(seed="s", capacity=3, capacities={"e-3": 9}, needs={"财务": 1, "法律": 1}, waived=(cases[1].id,))
    task = task_of(cases, POOL, STAGE, wishes, given.NOW)
    assert task.demands[0] == Demand(
        case=cases[0].id,
        chamber=given.code(1),
        area="3502",
        seats=STAGE.experts - 2,
        needs={"财务": 1},
        barred=frozenset({"e-1", "e-2", "gone"}),
    )
    assert task.demands[1].seats == STAGE.experts - 1
    assert {one.id: (one.capacity, one.load) for one in task.reviewers} == {
        "e-1": (3, 2),
        "e-2": (3, 0),
        "e-3": (9, 0),
        "e-4": (3, 0),
        "e-6": (3, 0),
    }
    assert task.limits.look_back_years == STAGE.look_back_years
    assert task.limits.waived == {cases[1].id}


def test_who_sits_there_meets_as_many_needs_as_can_be_met() -> None:
    seats = tuple(Seat(expert=f"e-{n}", status="marked") for n in (1, 3))
    wishes = Wishes(seed="s", capacity=3, needs={"财务": 1, "法律": 1})
    for row in (seats, seats[::-1]):
        [demand] = task_of([before_experts(1, *row)], POOL, STAGE, wishes, given.NOW).demands
        assert demand.needs == {}, "who knows both leaves the law to who knows only the law"
    [demand] = task_of([before_experts(1, seats[1])], POOL, STAGE, wishes, given.NOW).demands
    assert demand.needs == {"财务": 1}


def test_more_needs_than_empty_seats_are_all_wanted() -> None:
    seats = tuple(Seat(expert=f"gone-{n}", status="marked") for n in range(STAGE.experts - 1))
    wishes = Wishes(seed="s", capacity=3, needs={"财务": 1, "法律": 1})
    [demand] = task_of([before_experts(1, *seats)], POOL, STAGE, wishes, given.NOW).demands
    assert (demand.seats, demand.wanted) == (1, 2)


@pytest.mark.parametrize("wrong", [{"capacities": {"e-1": -1}}, {"needs": {"法律": -1}}, {"needs": {"法律": 0}}])
def test_numbers_that_mean_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Wishes.model_validate({"seed": "s", "capacity": 1, **wrong})


def test_who_was_not_drawn_is_not_asked() -> None:
    wishes = Wishes(seed="s", capacity=3, experts=("e-1", "e-5"))
    task = task_of([before_experts(1)], POOL, STAGE, wishes, given.NOW)
    assert [one.id for one in task.reviewers] == ["e-1"]


def test_settled_cases_ask_for_nobody() -> None:
    settled = before_experts(1).but(score=given.score(pending=False))
    assert not task_of([settled], POOL, STAGE, Wishes(seed="s", capacity=3), given.NOW).demands


def test_whoever_may_be_proposed_may_be_seated() -> None:
    case = before_experts(2)
    task = task_of([case], POOL, STAGE, Wishes(seed="s", capacity=1), given.NOW)
    fit, aside = eligible(POOL, {case.chamber.code}, given.NOW, STAGE.look_back_years)
    assert [one.id for one in aside] == ["e-2", "e-6"]
    assert {one.id for one in fit} | {one.id for one in aside} == {one.id for one in task.reviewers}
    command = Assign(by=given.officer("CN"), experts=tuple(one.invited() for one in fit))
    assert [seat.expert for seat in assign(case, command, given.NOW).state.seats] == ["e-1", "e-3", "e-4"]
