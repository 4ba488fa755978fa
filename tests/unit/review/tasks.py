"""Assignments to be made, invented: small ones of any kind, and what can be said of them by trying all."""

from collections.abc import Iterable
from itertools import combinations, permutations

from hypothesis import strategies as st

from services.review.domain.demand import Assignment, Demand, Limits, Reviewer, Task, conflicted, too_near
from services.review.domain.recusal import Tie
from tests.unit.review import given

FIELDS = ("党建", "法律", "财务")
AREAS = ("35", "33", "CN")


@st.composite
def tasks(draw: st.DrawFn, *, cases: int = 4, experts: int = 5) -> Task:
    """Any small task, more often tight than not."""
    wanted = draw(st.lists(demands(), min_size=1, max_size=cases))
    numbered = tuple(
        demand.model_copy(update={"case": f"case-{n}", "chamber": given.code(n)}) for n, demand in enumerate(wanted)
    )
    pool = draw(st.lists(reviewers(len(numbered)), max_size=experts))
    named = tuple(reviewer.model_copy(update={"id": f"e-{n}"}) for n, reviewer in enumerate(pool))
    limits = Limits(look_back_years=2, elsewhere=draw(st.booleans()))
    return Task(demands=numbered, reviewers=named, limits=limits, seed=draw(st.sampled_from("abc")), at=given.NOW)


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    """A case that wants up to three experts."""
    seats = draw(st.integers(1, 3))
    needs = draw(st.dictionaries(st.sampled_from(FIELDS), st.integers(1, 1), max_size=seats))
    barred = draw(st.frozensets(st.sampled_from(["e-0", "e-1"]), max_size=1))
    area = draw(st.sampled_from(AREAS))
    return Demand(case="", chamber=given.code(0), area=area, seats=seats, needs=needs, barred=barred)


@st.composite
def reviewers(draw: st.DrawFn, cases: int) -> Reviewer:
    """An expert with a little time."""
    tied = draw(st.sets(st.integers(0, cases - 1), max_size=2))
    return Reviewer(
        id="",
        fields=draw(st.frozensets(st.sampled_from(FIELDS))),
        area=draw(st.sampled_from(AREAS)),
        ties=tuple(Tie(code=given.code(n), kind="kin") for n in sorted(tied)),
        capacity=draw(st.integers(0, 3)),
        load=draw(st.integers(0, 1)),
    )


def plain(*, cases: int, experts: int) -> Task:
    """A task that is easily done: two experts a case, each of whom takes as many as there are."""
    return Task(
        demands=tuple(Demand(case=f"case-{n}", chamber=given.code(n), area="35", seats=2) for n in range(cases)),
        reviewers=tuple(Reviewer(id=f"e-{n}", fields=frozenset(), area="11", capacity=cases) for n in range(experts)),
        limits=Limits(look_back_years=2),
        seed="a",
        at=given.NOW,
    )


def keeps_the_rules(task: Task, found: Assignment) -> bool:
    """Whether everything holds that was asked: demand, needs, conflicts, provinces, capacity, loads."""
    by_id = {reviewer.id: reviewer for reviewer in task.reviewers}
    for demand in task.demands:
        row = found.seats[demand.case]
        experts = [by_id[seated.expert] for seated in row]
        if len(row) != demand.seats or len({seated.expert for seated in row}) != demand.seats:
            return False
        for field, least in demand.needs.items():
            if sum(seated.need == field and field in by_id[seated.expert].fields for seated in row) != least:
                return False
        if any(not may(task, expert, demand) for expert in experts):
            return False
    given_out = [seated.expert for row in found.seats.values() for seated in row]
    loads = {reviewer.id: reviewer.load + given_out.count(reviewer.id) for reviewer in task.reviewers}
    return loads == found.loads and all(
        loads[one.id] <= max(one.capacity, one.load) for one in task.reviewers if given_out.count(one.id)
    )


def may(task: Task, expert: Reviewer, demand: Demand) -> bool:
    """Whether this expert may sit in this case at all."""
    return not (
        expert.id in demand.barred or conflicted(expert, demand, task) or too_near(expert.area, demand, task.limits)
    )


def all_loads(task: Task) -> set[tuple[int, ...]]:
    """The loads of every assignment there is, by trying all. Empty: there is none."""
    found = {tuple(reviewer.load for reviewer in task.reviewers)}
    for demand in task.demands:
        found = {
            raised
            for loads in found
            for team in _teams(task, demand)
            if (raised := _raised(task, loads, team)) is not None
        }
    return found


def _teams(task: Task, demand: Demand) -> Iterable[tuple[int, ...]]:
    fit = [number for number, expert in enumerate(task.reviewers) if may(task, expert, demand)]
    needs = [field for field, least in demand.needs.items() for _ in range(least)]
    for team in combinations(fit, demand.seats):
        if any(
            all(field in task.reviewers[number].fields for field, number in zip(needs, row, strict=False))
            for row in permutations(team)
        ):
            yield team


def _raised(task: Task, loads: tuple[int, ...], team: tuple[int, ...]) -> tuple[int, ...] | None:
    raised = tuple(load + (number in team) for number, load in enumerate(loads))
    fits = all(raised[number] <= task.reviewers[number].capacity for number in team)
    return raised if fits else None
