"""The committee: no decision without a valid tally, whatever happens at the meeting."""

import math
from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from pydantic import ValidationError

from services.review.domain.minutes import minutes
from services.review.domain.panel import Attend, Ballots, Close, Convene, Matter, Panel, attend, close, convene, vote
from services.review.domain.recusal import Invited, Tie
from services.review.domain.tally import Vote, majority_of, quorum_of
from shared.contracts import PanelDecided, PanelResult, Tally
from shared.kernel.change import Refused
from tests.unit.review import given

NOW = given.NOW
OFFICE = given.officer("CN")
CASES = tuple(given.case(n, "CN") for n in (1, 2))


def committee(members: tuple[Invited, ...]) -> Panel:
    """A committee about two cases."""
    matters = tuple(
        Matter(case=case, chamber=given.code(n), points=given.Decimal(70)) for n, case in enumerate(CASES, 1)
    )
    command = Convene(
        by=OFFICE,
        id="p",
        round="CN-2020",
        jurisdiction="CN",
        members=members,
        quorum="2/3",
        look_back_years=2,
        matters=matters,
    )
    return convene(None, command, NOW).state


def ballots(member: Invited, votes: dict[str, Vote]) -> Ballots:
    """A member's votes."""
    return Ballots(by=OFFICE, member=member, votes=votes)


VOTES: st.SearchStrategy[Vote] = st.sampled_from(["yes", "no", "abstain"])


@st.composite
def meetings(draw: st.DrawFn) -> tuple[Panel, set[str], dict[str, dict[str, Vote]]]:
    """A meeting as it may go: who is a member, tied, present, and how they vote."""
    size = draw(st.integers(1, 12))
    tied = draw(st.lists(st.sets(st.sampled_from([1, 2])), min_size=size, max_size=size))
    members = tuple(
        given.expert(n, *(Tie(code=given.code(chamber), kind="post") for chamber in tied[n])) for n in range(size)
    )
    panel = committee(members)
    present = draw(st.sets(st.sampled_from([m.expert for m in members])))
    came = attend(panel, Attend(by=OFFICE, present=tuple(present)), NOW)
    panel = came.state if came else panel
    cast: dict[str, dict[str, Vote]] = {case: {} for case in CASES}
    for number, member in enumerate(members):
        votes = draw(st.dictionaries(st.sampled_from(CASES), VOTES, min_size=1))
        try:
            voted = vote(panel, ballots(member, votes), NOW)
        except Refused:
            absent = member.expert not in present
            assert absent or any(CASES.index(case) + 1 in tied[number] for case in votes)
        else:
            panel = voted.state if voted else panel
            for case, given_vote in votes.items():
                cast[case][member.expert] = given_vote
    return panel, present, cast


@drawn(meetings())
def test_no_decision_without_a_valid_tally(
    meeting: tuple[Panel, set[str], dict[str, dict[str, Vote]]],
) -> None:
    panel, present, cast = meeting
    change = close(panel, Close(by=OFFICE), NOW)
    results = [result for fact in change.facts if isinstance(fact, PanelDecided) for result in fact.results]
    assert {r.case for r in results} | set(change.state.undecided) == set(CASES)
    recused = {matter.case: set(matter.recused) for matter in panel.matters}
    for case in CASES:
        voters = present - recused[case]
        decided = [result for result in results if result.case == case]
        quorate = 3 * len(voters) >= 2 * len(panel.members)
        assert bool(decided) == quorate
        for result in decided:
            tally = result.tally
            yes = sum(cast[case].get(voter) == "yes" for voter in voters)
            assert (tally.members, tally.present, tally.yes) == (len(panel.members), len(voters), yes)
            assert tally.yes + tally.no + tally.abstain == tally.present >= tally.quorum
            assert (result.outcome == "elected") == (2 * yes > len(panel.members))
    assert bool(change.facts) == bool(results)


@drawn(st.integers(1, 99))
def test_quorum_is_two_thirds_rounded_up_and_majority_more_than_half_of_all(members: int) -> None:
    assert quorum_of(members, Fraction(2, 3)) == math.ceil(Fraction(2 * members, 3))
    assert majority_of(members) * 2 > members >= (majority_of(members) - 1) * 2


def test_a_recused_member_cannot_vote_there_but_elsewhere() -> None:
    tied = given.expert(1, Tie(code=given.code(1), kind="post"))
    panel = committee((tied, given.expert(2)))
    present = attend(panel, Attend(by=OFFICE, present=("e-1", "e-2")), NOW)
    assert present
    with pytest.raises(Refused) as refusal:
        vote(present.state, ballots(tied, {CASES[0]: "yes", CASES[1]: "yes"}), NOW)
    assert refusal.value.problems[0].code == "expert.conflict"
    voted = vote(present.state, ballots(tied, {CASES[1]: "yes"}), NOW)
    assert voted
    assert voted.state.matters[1].votes == {"e-1": "yes"}


def test_a_tie_found_at_the_vote_recuses_and_takes_an_earlier_vote_away() -> None:
    panel = committee((given.expert(1), given.expert(2)))
    present = attend(panel, Attend(by=OFFICE, present=("e-1", "e-2")), NOW)
    assert present
    voted = vote(present.state, ballots(given.expert(1), dict.fromkeys(CASES, "yes")), NOW)
    assert voted
    tied = given.expert(1, Tie(code=given.code(1), kind="declared"))
    after = vote(voted.state, ballots(tied, dict.fromkeys(CASES, "no")), NOW)
    assert after
    assert (after.state.matters[0].recused, after.state.matters[0].votes) == (("e-1",), {})
    assert after.state.matters[1].votes == {"e-1": "yes"}, "nothing of the later ballot was taken"


@pytest.mark.parametrize(
    ("member", "votes", "code"),
    [
        (given.expert(2), {CASES[0]: "yes"}, "panel.not-present"),
        (given.expert(9), {CASES[0]: "yes"}, "panel.not-present"),
        (given.expert(1), {"x@CN": "yes"}, "panel.unknown-case"),
    ],
)
def test_only_members_present_vote_and_only_on_what_is_before_them(
    member: Invited, votes: dict[str, Vote], code: str
) -> None:
    panel = attend(committee((given.expert(1), given.expert(2))), Attend(by=OFFICE, present=("e-1",)), NOW)
    assert panel
    with pytest.raises(Refused) as refusal:
        vote(panel.state, ballots(member, votes), NOW)
    assert refusal.value.problems[0].code == code


def test_a_closed_meeting_takes_no_more_votes() -> None:
    panel = close(committee((given.expert(1),)), Close(by=OFFICE), NOW).state
    assert panel.undecided == CASES
    with pytest.raises(Refused) as refusal:
        vote(panel, ballots(given.expert(1), {CASES[0]: "yes"}), NOW)
    assert refusal.value.problems[0].code == "panel.closed"
    with pytest.raises(Refused, match="present"):
        attend(committee((given.expert(1),)), Attend(by=OFFICE, present=("nobody",)), NOW)


@drawn(meetings())
def test_the_minutes_say_what_the_record_says(
    meeting: tuple[Panel, set[str], dict[str, dict[str, Vote]]],
) -> None:
    panel, present, cast = meeting
    closed = close(panel, Close(by=OFFICE), NOW).state
    said = minutes(closed)
    head, *about = said.en.split("\n## ")
    assert len(about) == len(CASES)
    absent = "、".join(m for m in closed.members if m not in present) or "–"
    assert f"Absent: {absent}." in head
    results = {result.case: result for result in closed.results}
    for matter, part in zip(closed.matters, about, strict=True):
        assert part.startswith(f"{matter.case}, {matter.points} points")
        voters = [m for m in closed.members if m in present and m not in matter.recused]
        for vote_, words in (("yes", "for"), ("no", "against"), ("abstain", "abstaining")):
            named = [m for m in voters if cast[matter.case].get(m, "abstain") == vote_]
            assert f"- {words} {len(named)}: {'、'.join(named) or '–'}\n" in part
        expected = {"elected": ": elected", "not_elected": ": not elected", "": "no quorum: not decided"}
        outcome = results[matter.case].outcome if matter.case in results else ""
        assert part.rstrip().endswith(expected[outcome])
    assert len(said.zh.split("\n## ")) == len(CASES) + 1


TALLIES = st.builds(
    Tally,
    members=st.integers(1, 9),
    present=st.integers(0, 9),
    recused=st.just(0),
    quorum=st.integers(1, 9),
    yes=st.integers(0, 9),
    no=st.integers(0, 9),
    abstain=st.integers(0, 9),
    majority=st.integers(1, 9),
)


@drawn(TALLIES, st.sampled_from(["elected", "not_elected"]))
def test_a_decision_cannot_exist_without_its_proof_of_quorum(tally: Tally, outcome: str) -> None:
    sound = (
        tally.present >= tally.quorum
        and tally.yes + tally.no + tally.abstain == tally.present
        and (outcome == "elected") == (tally.yes >= tally.majority)
    )
    given_ = {"case": "c", "outcome": outcome, "points": "70", "tally": tally.model_dump()}
    if sound:
        assert PanelResult.model_validate(given_).tally == tally
    else:
        with pytest.raises(ValidationError):
            PanelResult.model_validate(given_)
