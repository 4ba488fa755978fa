"""When a tie makes an expert stand aside, by what is known of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from pydantic import ValidationError

from services.review.domain.expert import Expert, JudgeTie, judge_tie
from services.review.domain.recusal import Tie, TieState, must_stand_aside
from shared.kernel.change import NotFound
from tests.unit.review import given

CODE, OTHER = given.code(1), given.code(2)
TODAY = date(2021, 3, 1)
OFFICE = given.officer("CN")


def expert(*ties: Tie) -> Expert:
    """An expert with these ties."""
    return Expert(id="e-1", fields=("法律",), area="31", ties=ties)


def judged(state: TieState, reason: str | None = None, code: str = CODE) -> JudgeTie:
    """What the office found out."""
    return JudgeTie(by=OFFICE, code=code, kind="post", state=state, reason=reason)


@drawn(
    st.sampled_from(["confirmed", "pinned", "dismissed", "unknown"]),
    st.none() | st.integers(-4000, 400),
    st.integers(0, 5),
)
def test_only_what_was_dismissed_or_ended_long_ago_lets_an_expert_judge(
    state: TieState, ended: int | None, years: int
) -> None:
    until = None if ended is None else TODAY + timedelta(days=ended)
    tie = Tie(code=CODE, kind="post", until=until, state=state, reason="查证" if state != "unknown" else None)
    now = datetime(2021, 3, 1, 2, tzinfo=UTC)
    aside = must_stand_aside([tie], CODE, now, years)
    assert not must_stand_aside([tie], OTHER, now, years)
    if state == "dismissed":
        assert not aside
    elif state == "pinned" or until is None or until > TODAY:
        assert aside
    elif until <= TODAY - timedelta(days=366 * years + 1):
        assert not aside


def test_a_tie_is_dismissed_or_pinned_with_a_reason() -> None:
    for state in ("dismissed", "pinned"):
        with pytest.raises(ValidationError):
            Tie.model_validate({"code": CODE, "kind": "kin", "state": state})
        with given.refused_as("tie.reason-missing"):
            judge_tie(expert(Tie(code=CODE, kind="post")), judged(state), given.NOW)


def test_the_office_says_what_is_known_of_a_tie_and_no_other_changes() -> None:
    others = Tie(code=OTHER, kind="post"), Tie(code=CODE, kind="kin")
    change = judge_tie(
        expert(Tie(code=CODE, kind="post", state="unknown"), *others), judged("dismissed", "同名，非本人"), given.NOW
    )
    assert change
    first, *rest = change.state.ties
    assert (first.state, first.reason) == ("dismissed", "同名，非本人")
    assert tuple(rest) == others
    assert change.facts == ()
    assert judge_tie(change.state, judged("dismissed", "同名，非本人"), given.NOW) is None
    with pytest.raises(NotFound):
        judge_tie(change.state, judged("confirmed", code=given.code(3)), given.NOW)
