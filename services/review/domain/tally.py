"""Quorum and majority 法定人数与过半数, per case and after recusal.

令39: two thirds of the committee must be present, the vote is by name, and more than half of *all* members must be in
favour. That a member who stands aside counts neither as present nor less among all members is our reading.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from shared.contracts.cases import Tally

Vote = Literal["yes", "no", "abstain"]


def quorum_of(members: int, share: Fraction) -> int:
    """Members who must be present: the share of all, rounded up."""
    return -(-members * share.numerator // share.denominator)


def majority_of(members: int) -> int:
    """Votes in favour that are needed: more than half of all members."""
    return members // 2 + 1


def count(
    members: frozenset[str],
    present: frozenset[str],
    recused: frozenset[str],
    votes: Mapping[str, Vote],
    share: Fraction,
) -> Tally:
    """The vote on one case; who is present, not recused and cast no ballot abstains."""
    voters = (present & members) - recused
    cast = [votes.get(voter, "abstain") for voter in voters]
    return Tally(
        members=len(members),
        present=len(voters),
        recused=len(recused & members),
        quorum=quorum_of(len(members), share),
        yes=cast.count("yes"),
        no=cast.count("no"),
        abstain=cast.count("abstain"),
        majority=majority_of(len(members)),
    )


def has_quorum(tally: Tally) -> bool:
    """Whether a decision could be taken."""
    return tally.present >= tally.quorum


def is_elected(tally: Tally) -> bool:
    """Whether the case has its majority."""
    return has_quorum(tally) and tally.yes >= tally.majority
