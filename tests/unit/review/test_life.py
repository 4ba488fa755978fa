"""A whole round: whatever order messages arrive in, and however often, every case ends the same."""

from random import Random

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.review.domain import officer
from services.review.domain.honour import Register
from shared.contracts import GateResult
from tests.unit.review import given
from tests.unit.review.world import World, apply, play, withdraw


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
@drawn(st.randoms())
def test_any_order_and_any_repeats_end_the_same(chance: Random) -> None:
    world = play(chance)
    assert ends(world) == EXPECTED
    register = world.documents[f"national-sihao:{given.code(1)}"]
    assert isinstance(register, Register)
    assert [(term.round, term.status) for term in register.terms] == [("CN-2020", "valid")]
    assert world.names().count("honour.granted") == 1
    assert world.names().count("honour.withheld") == 1
    assert world.names().count("case.nominated") == 2
    assert world.names().count("case.declined") == 3


@settings(max_examples=30, deadline=None)
@drawn(chance=st.randoms())
def test_a_withdrawal_in_the_middle_ends_the_application_everywhere(chance: Random) -> None:
    world = play(chance, withdraws=True)
    withdrawn = {"2@35": "withdrawn", "2@CN": "withdrawn", "3@35": "nominated", "3@CN": "honoured"}
    assert {key: status for key, (status, _, _) in ends(world).items() if key in withdrawn} == withdrawn
    assert ends(world)["1@CN"] == EXPECTED["1@CN"]
    assert "honour.withheld" not in world.names()


@settings(max_examples=30, deadline=None)
@drawn(chance=st.randoms())
def test_a_withdrawal_may_overtake_the_scorecard(chance: Random) -> None:
    world = World(chance)
    apply(world, 2, given.score())
    withdraw(world, 2)
    world.settle()
    assert {world.case(2, place).status for place in ("35", "CN")} == {"withdrawn"}


@settings(max_examples=50, deadline=None)
@drawn(chance=st.randoms(), gates=st.lists(st.sampled_from(["met", "not_met"]), min_size=1, max_size=4))
def test_the_newest_scorecard_decides_on_the_gates(chance: Random, gates: list[GateResult]) -> None:
    world = World(chance)
    for sequence, gate in enumerate(gates, start=1):
        apply(world, 1, given.score(f"{sequence}0.00", gate=gate), sequence=sequence)
    world.settle()
    case = world.case(1, "35")
    assert case.sequence == len(gates)
    assert case.score is not None
    assert str(case.score.total) == f"{len(gates)}0.00"
    assert case.status == ("open" if gates[-1] == "met" else "declined")


@settings(max_examples=30, deadline=None)
@drawn(chance=st.randoms(), first=st.sampled_from(["correction", "deadline"]))
def test_a_correction_counts_though_the_deadline_was_noticed_first(chance: Random, first: str) -> None:
    world = World(chance)
    apply(world, 1, given.score())
    world.settle()
    command = officer.Return(by=given.officer("3502"), items=(given.returned("B2.i"),))
    world.act(given.case(1), command, officer.decide_return)
    due = world.case(1, "35").due()
    assert due
    for step in [first, *({"correction", "deadline"} - {first})]:
        if step == "deadline":
            world.turn_clock(due)
        else:
            apply(world, 1, given.score("90.00"), sequence=2, revision=2)
            world.settle()
    assert world.case(1, "35").status == "open"
    assert world.case(1, "35").revision == 2
    assert world.names().count("case.declined") == (1 if first == "deadline" else 0)
