"""Turns: one at a time, the same request again and again, and none for ever."""

from services.review.domain.turn import LONGEST, GiveBack, Take, Turn, give_back, take
from tests.unit.review import given

ME = given.officer("CN")


def taken(by: str, turn: Turn | None = None) -> Turn:
    """A turn, taken now."""
    return take(turn, Take(by=ME, holder=by), given.NOW).state


def test_one_at_a_time_until_it_is_given_back() -> None:
    turn = taken("a")
    with given.refused_as("turn.taken"):
        taken("b", turn)
    assert taken("a", turn) == turn
    assert give_back(turn, GiveBack(by=ME, holder="b"), given.NOW) is None
    change = give_back(turn, GiveBack(by=ME, holder="a"), given.NOW)
    assert change
    assert taken("b", change.state).holder == "b"


def test_a_turn_that_is_never_given_back_ends_by_itself() -> None:
    turn = taken("a")
    assert take(turn, Take(by=ME, holder="b"), given.NOW + LONGEST).state.holder == "b"
    late = GiveBack(by=ME, holder="a")
    assert give_back(taken("b", turn.but(holder=None)), late, given.NOW) is None
