"""The receipt 回执: proof of what was handed in, and when.

Its digest is the SHA-256 of the canonical JSON of four things: chamber, round, facts and evidence. Whoever holds the
receipt and the content can recompute it without us; whoever holds only the receipt can ask whether it is ours.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from shared.contracts import Chamber, Evidence, Facts, Part, Receipt
from shared.kernel.canonical import digest


class Submission(Part):
    """One revision, exactly as it was handed in."""

    revision: int = Field(ge=1)
    """1 for the first, one more after every correction."""
    chamber: Chamber
    """The chamber, as it was then."""
    round: str
    """Code of the round."""
    facts: Facts
    """What it declared."""
    evidence: tuple[Evidence, ...]
    """The manifest of its files."""
    receipt: Receipt
    """The proof it was given."""


def content(chamber: Chamber, round_: str, facts: Facts, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """What a receipt's digest is taken over, as JSON."""
    return {
        "chamber": chamber.model_dump(mode="json"),
        "round": round_,
        "facts": facts,
        "evidence": [file.model_dump(mode="json") for file in evidence],
    }


def content_of(submission: Submission) -> dict[str, Any]:
    """The content of a revision that was handed in."""
    return content(submission.chamber, submission.round, submission.facts, submission.evidence)


def hand_in(
    application: str,
    revision: int,
    *,
    chamber: Chamber,
    round_: str,
    facts: Facts,
    evidence: Sequence[Evidence],
    now: datetime,
) -> Submission:
    """A revision with its receipt."""
    proof = digest(content(chamber, round_, facts, evidence))
    return Submission(
        revision=revision,
        chamber=chamber,
        round=round_,
        facts=facts,
        evidence=tuple(evidence),
        receipt=Receipt(number=f"{application}-R{revision}", digest=proof, at=now),
    )


def application_of(number: str) -> str:
    """The application that a receipt's number names; empty if it has not the form of a number of ours."""
    return number.rpartition("-R")[0]


def genuine(
    submissions: Sequence[Submission], number: str, proof: str, at: datetime | None = None
) -> Submission | None:
    """The revision that a receipt proves, or None: number, digest, time (if told) and what is stored must all agree."""
    for submission in submissions:
        known = submission.receipt
        right = known.number == number and known.digest == proof and at in (None, known.at)
        if right and proof == digest(content_of(submission)):
            return submission
    return None
