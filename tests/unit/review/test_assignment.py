"""The assignment of experts: all rules kept, loads as even as any, no “impossible” that is not, and cures that cure."""

from random import Random

import networkx as nx
from hypothesis import assume, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.review.domain.assignment import assign
from services.review.domain.cures import MoreCapacity, MoreExperts, Waiver
from services.review.domain.demand import Assignment, Demand, Limits, Reviewer, Task
from services.review.domain.obstacles import Infeasible
from shared.contracts.text import text
from tests.unit.review import given, tasks


@settings(deadline=None)
@drawn(tasks.tasks())
def test_it_keeps_every_rule_is_as_even_as_any_and_impossible_only_if_all_fail(task: Task) -> None:
    possible = tasks.all_loads(task)
    found = assign(task)
    if isinstance(found, Infeasible):
        assert not possible
    else:
        assert tasks.keeps_the_rules(task, found)
        loads = [found.loads[reviewer.id] for reviewer in task.reviewers]
        assert sum(load**2 for load in loads) == min(sum(load**2 for load in one) for one in possible)


@settings(deadline=None)
@drawn(tasks.tasks(), st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_given_plays_no_part(task: Task, random: Random) -> None:
    mixed = task.model_copy(
        update={
            "demands": tuple(random.sample(task.demands, len(task.demands))),
            "reviewers": tuple(random.sample(task.reviewers, len(task.reviewers))),
        }
    )
    assert assign(mixed) == assign(task)


@settings(deadline=None)
@drawn(tasks.tasks())
def test_what_is_said_of_the_empty_seats_is_so(task: Task) -> None:
    found = assign(task)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    assert sum(one.missing for one in found.short) == found.missing == most_empty(task)
    assert all(one.missing_without < found.missing for one in found.binding)
    without = {one.rule: one.missing_without for one in found.binding}
    assert without.get("province", found.missing) == most_empty(relaxed(task, "province"))
    assert without.get("capacity", found.missing) == most_empty(relaxed(task, "capacity"))
    assert without.get("conflict", found.missing) == most_empty(relaxed(task, "conflict"))


@settings(deadline=None)
@drawn(tasks.tasks())
def test_every_cure_cures_and_nothing_less_of_its_kind_does(task: Task) -> None:
    found = assign(task)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    for cure in found.cures:
        assert isinstance(assign(cure.applied(task)), Assignment)
        if isinstance(cure, MoreCapacity):
            assert isinstance(assign(raised(task, cure.by)), Assignment)
            assert isinstance(assign(raised(task, cure.by - 1)), Infeasible)
            extra = sum(
                most - max(reviewer.capacity, reviewer.load)
                for reviewer in task.reviewers
                if (most := cure.capacities.get(reviewer.id))
            )
            assert extra == found.missing
        elif isinstance(cure, MoreExperts):
            fewer = cure.model_copy(update={"count": cure.count - 1})
            assert isinstance(assign(fewer.applied(task)), Infeasible)
        else:
            for case in cure.cases:
                fewer_cases = cure.model_copy(update={"cases": tuple(one for one in cure.cases if one != case)})
                assert isinstance(assign(fewer_cases.applied(task)), Infeasible)


@settings(deadline=None)
@drawn(tasks.tasks())
def test_a_cure_is_kept_back_only_if_it_would_not_do(task: Task) -> None:
    found = assign(task)
    assume(isinstance(found, Infeasible))
    assert isinstance(found, Infeasible)
    kinds = {cure.kind for cure in found.cures}
    assert ("capacity" in kinds) == (most_empty(relaxed(task, "capacity")) == 0)
    assert ("waiver" in kinds) == (most_empty(relaxed(task, "province")) == 0)
    if "experts" not in kinds:
        needs = tuple(sorted({one.need for one in found.short if one.need}))
        for area in tasks.AREAS:
            crowd = MoreExperts(count=20, fields=needs, area=area, capacity=3, why=text("多", "many"))
            assert isinstance(assign(crowd.applied(task)), Infeasible)


def test_a_shortage_is_named_with_what_would_cure_it() -> None:
    pool = tuple(reviewer(n, "35" if n < 3 else "33", "财务" if n < 3 else "法律", capacity=2) for n in range(5))
    wants = tuple(demand(n, "35", seats=2, needs={"财务": 1}) for n in range(2))
    found = assign(Task(demands=wants, reviewers=pool, limits=Limits(look_back_years=2), seed="s", at=given.NOW))
    assert isinstance(found, Infeasible)
    assert {(one.case, one.need, one.missing) for one in found.short} == {("case-0", "财务", 1), ("case-1", "财务", 1)}
    assert {(one.rule, one.missing_without) for one in found.binding} == {("province", 0), ("field", 0)}
    assert "财务" in found.short[0].why.zh
    assert [cure.kind for cure in found.cures] == ["waiver", "experts"]
    waiver, experts = found.cures
    assert isinstance(waiver, Waiver)
    assert waiver.cases == ("case-0", "case-1")
    assert isinstance(experts, MoreExperts)
    assert (experts.count, experts.fields, experts.area, experts.capacity) == (1, ("财务",), "11", 2)


def test_many_cases_are_no_less_even_than_one_by_one_and_the_seed_tells() -> None:
    task = many(cases=300, experts=60, seed="one")
    found = assign(task)
    assert isinstance(found, Assignment)
    assert tasks.keeps_the_rules(task, found)
    assert spread(found.loads) <= spread(one_by_one(task))
    assert spread(found.loads) <= 1
    other = assign(task.model_copy(update={"seed": "two"}))
    assert isinstance(other, Assignment)
    assert other.digest != found.digest


def test_a_network_simplex_finds_nothing_more_even() -> None:
    task = many(cases=12, experts=9, seed="net", ties=1)
    found = assign(task)
    assert isinstance(found, Assignment)
    assert sum(load**2 for load in found.loads.values()) == cheapest(task)


def cheapest(task: Task) -> int:
    """The least sum of squared loads, by networkx' min-cost flow."""
    network = nx.DiGraph()
    for wanted in task.demands:
        network.add_node(wanted.case, demand=-wanted.seats)
        for expert in task.reviewers:
            if tasks.may(task, expert, wanted):
                network.add_edge(wanted.case, expert.id, capacity=1, weight=0)
    network.add_node("end", demand=sum(wanted.seats for wanted in task.demands))
    for expert in task.reviewers:
        for load in range(1, expert.capacity + 1):
            network.add_edge(expert.id, (expert.id, load), capacity=1, weight=2 * load - 1)
            network.add_edge((expert.id, load), "end", capacity=1, weight=0)
    cost: int = nx.network_simplex(network)[0]
    return cost


def one_by_one(task: Task) -> dict[str, int]:
    """The straightforward way: case by case, the experts with least to do."""
    loads = {expert.id: expert.load for expert in task.reviewers}
    for wanted in task.demands:
        fit = sorted((e.id for e in task.reviewers if tasks.may(task, e, wanted)), key=loads.__getitem__)
        for chosen in fit[: wanted.seats]:
            loads[chosen] += 1
    return loads


def spread(loads: dict[str, int]) -> int:
    """From the least to the most."""
    return max(loads.values()) - min(loads.values())


def most_empty(task: Task) -> int:
    """How many seats stay empty at the least, by networkx' maximum flow on experts, fields in a case and posts."""
    network = nx.DiGraph()
    network.add_node("from")
    network.add_node("to")
    for wanted in task.demands:
        rest = wanted.seats - sum(wanted.needs.values())
        for need, seats in (*wanted.needs.items(), ("", rest)):
            network.add_edge((wanted.case, need), "to", capacity=seats)
        for expert in task.reviewers:
            if tasks.may(task, expert, wanted):
                network.add_edge(expert.id, (expert.id, wanted.case), capacity=1)
                for need in ("", *expert.fields & wanted.needs.keys()):
                    network.add_edge((expert.id, wanted.case), (wanted.case, need), capacity=1)
    for expert in task.reviewers:
        network.add_edge("from", expert.id, capacity=max(0, expert.capacity - expert.load))
    seats = sum(wanted.seats for wanted in task.demands)
    filled: int = nx.maximum_flow_value(network, "from", "to")
    return seats - filled


def relaxed(task: Task, rule: str) -> Task:
    """The same task without a rule."""
    if rule == "province":
        return task.model_copy(update={"limits": task.limits.model_copy(update={"elsewhere": False})})
    if rule == "capacity":
        return raised(task, 99)
    free = tuple(expert.model_copy(update={"ties": ()}) for expert in task.reviewers)
    return task.model_copy(update={"reviewers": free})


def raised(task: Task, by: int) -> Task:
    """The same task, with more capacity for everybody."""
    more = tuple(expert.model_copy(update={"capacity": expert.capacity + by}) for expert in task.reviewers)
    return task.model_copy(update={"reviewers": more})


def many(*, cases: int, experts: int, seed: str, ties: int = 2) -> Task:
    """A round with more than enough capacity."""
    provinces = [str(n) for n in (11, 31, 33, 35, 44, 51)]
    wants = tuple(demand(n, provinces[n % 6], seats=5) for n in range(cases))
    pool = tuple(
        reviewer(n, provinces[n * 7 % 6], "法律", capacity=2 * 5 * cases // experts, tied=range(n, n + ties))
        for n in range(experts)
    )
    return Task(demands=wants, reviewers=pool, limits=Limits(look_back_years=2), seed=seed, at=given.NOW)


def demand(number: int, area: str, *, seats: int, needs: dict[str, int] | None = None) -> Demand:
    """A case."""
    return Demand(case=f"case-{number}", chamber=given.code(number), area=area, seats=seats, needs=needs or {})


def reviewer(number: int, area: str, field: str, *, capacity: int, tied: range = range(0)) -> Reviewer:
    """An expert."""
    ties = tuple(tasks.Tie(code=given.code(n), kind="post") for n in tied)
    return Reviewer(id=f"e-{number}", fields=frozenset({field}), area=area, ties=ties, capacity=capacity)
