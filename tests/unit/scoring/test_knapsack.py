"""The choice is exact: it reaches what it must, and no other choice does so for less."""

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.knapsack import Clause, Dimension, Option, cheapest

NUMBERS = st.integers(0, 12)


@st.composite
def dimensions(draw: Any) -> list[Dimension]:
    """Up to nine options in up to four clauses."""
    found, name = [], 0
    for _ in range(draw(st.integers(1, 2))):
        clauses = []
        for _ in range(draw(st.integers(1, 2))):
            options = []
            for _ in range(draw(st.integers(0, 3 if name < 7 else 0))):
                must = draw(st.integers(0, 5)) == 0
                options.append(Option(name, draw(st.integers(1, 5)), draw(NUMBERS), must=must))
                name += 1
            points = draw(NUMBERS)
            clauses.append(Clause(points, points + draw(NUMBERS), tuple(options)))
        found.append(Dimension(draw(NUMBERS), tuple(clauses)))
    return found


def options_of(given_: list[Dimension]) -> list[Option]:
    return [option for dimension in given_ for clause in dimension.clauses for option in clause.options]


def points(dimension: Dimension, names: set[int]) -> int:
    return sum(min(c.most, c.points + sum(o.gain for o in c.options if o.name in names)) for c in dimension.clauses)


def reaches(given_: list[Dimension], goal: int, names: set[int]) -> bool:
    found = [points(dimension, names) for dimension in given_]
    musts = {option.name for option in options_of(given_) if option.must}
    floors = all(have >= dimension.floor for have, dimension in zip(found, given_, strict=True))
    return musts <= names and floors and sum(found) >= goal


@settings(max_examples=300, deadline=None)
@given(dimensions(), st.integers(0, 40))
def test_no_choice_that_reaches_the_goal_costs_less(given_: list[Dimension], goal: int) -> None:
    costs = {option.name: option.cost for option in options_of(given_)}
    subsets = (set(names) for size in range(len(costs) + 1) for names in combinations(costs, size))
    least = min((sum(map(costs.__getitem__, names)) for names in subsets if reaches(given_, goal, names)), default=None)
    found = cheapest(given_, goal)
    if least is None:
        assert found is None
    else:
        assert found is not None
        assert reaches(given_, goal, set(found))
        assert sum(costs[name] for name in found) == least


@given(dimensions(), st.integers(0, 40))
def test_the_answer_is_always_the_same(given_: list[Dimension], goal: int) -> None:
    turned = [
        Dimension(d.floor, tuple(Clause(c.points, c.most, c.options[::-1]) for c in d.clauses[::-1]))
        for d in given_[::-1]
    ]
    assert cheapest(given_, goal) == cheapest(turned, goal)
