"""A whole round: whatever order messages arrive in, and however often, every case ends the same."""

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.domain.honour import Register
from tests.unit.review import given
from tests.unit.review.world import World, play


def ends(world: World) -> dict[str, tuple[str, str, str]]:
    """Where every case ended: status, stage, reason code."""
    return {
        f"{number}@{place}": (case.status, case.stage, case.ending.code if case.ending else "")
        for number in (1, 2, 3, 4)
        for place in ("35", "CN")
        for case in [world.case(number, place)]
    }


EXPECTED = {
    "1@35": ("nominated", "shortlist", ""),
    "2@35": ("nominated", "shortlist", ""),
    "3@35": ("declined", "shortlist", "quota"),
    "4@35": ("declined", "own_level", "gate"),
    "1@CN": ("honoured", "announcement", ""),
    "2@CN": ("declined", "public_notice", "objection"),
    "3@CN": ("awaited", "", ""),
    "4@CN": ("awaited", "", ""),
}


@settings(max_examples=60, deadline=None)
@drawn(st.integers(min_value=0))
def test_any_order_and_any_repeats_end_the_same(seed: int) -> None:
    world = play(seed)
    assert ends(world) == EXPECTED
    register = world.documents[f"national-sihao:{given.code(1)}"]
    assert isinstance(register, Register)
    assert [(term.round, term.status) for term in register.terms] == [("CN-2020", "active")]
    assert world.names().count("honour.granted") == 1
    assert world.names().count("honour.withheld") == 1
    assert world.names().count("case.nominated") == 2
    assert world.names().count("case.declined") == 3


@pytest.mark.parametrize("moment", ["before", "middle"])
@settings(max_examples=30, deadline=None)
@drawn(seed=st.integers(min_value=0))
def test_a_withdrawal_ends_the_application_everywhere(moment: str, seed: int) -> None:
    if moment == "before":
        world = _withdrawn_at_any_time(seed)
    else:
        world = play(seed, withdraw_at="middle")
        assert ends(world)["1@CN"] == EXPECTED["1@CN"]
        assert ends(world)["3@35"] == ("nominated", "shortlist", "")
    assert world.case(2, "35").status == "withdrawn"
    assert world.case(2, "CN").status == "withdrawn"
    assert "honour.withheld" not in world.names()


def _withdrawn_at_any_time(seed: int) -> World:
    """A scorecard and a withdrawal under way together, whichever comes first."""
    import random

    from services.review.domain import opening

    world = World(random.Random(seed))
    for place in ("35", "CN"):
        world.send(given.case(2, place), given.scored(2, jurisdiction=place), opening.hear_score)
        world.send(given.case(2, place), given.withdrawn(2, jurisdiction=place), opening.hear_withdrawal)
    world.settle()
    return world
