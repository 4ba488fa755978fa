"""The driver's own log: what people tried, what they were answered, what was sent that nobody can read.

It is the only witness that does not depend on the platform: whatever it says was accepted must be there afterwards.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple


class Accepted(NamedTuple):
    """A submission that was answered with a receipt."""

    application: str
    revision: int
    number: str
    digest: str
    subject: str
    """Whose token."""
    key: str
    """Idempotency key."""


class Act(NamedTuple):
    """Any other command that was answered with yes."""

    service: str
    collection: str
    document: str
    what: str
    subject: str
    key: str


class Poison(NamedTuple):
    """A message nobody can read, as it was put into one queue."""

    queue: str
    service: str
    kind: str
    body: str
    """SHA-256."""


class Trespass(NamedTuple):
    """Something that a foreign user of the broker tried and may not."""

    who: str
    what: str
    refused: bool


class Timing(NamedTuple):
    """How long a submission took, from the first try to the receipt."""

    began: float
    """Monotonic seconds."""
    seconds: float


@dataclass
class Ledger:
    """Everything the driver knows."""

    chambers: dict[str, str] = field(default_factory=dict)
    """Area by credit code."""
    attempted: set[str] = field(default_factory=set)
    """Applications anybody tried to hand in."""
    accepted: dict[tuple[str, int], Accepted] = field(default_factory=dict)
    """Receipts, by application and revision."""
    contradictions: list[str] = field(default_factory=list)
    """Answers that contradict earlier ones: another receipt for the same key, say."""
    unexpected: list[str] = field(default_factory=list)
    """Errors that a service answered with, other than “not now”."""
    acts: set[Act] = field(default_factory=set)
    """Decisions and withdrawals that were answered with yes."""
    poison: list[Poison] = field(default_factory=list)
    trespasses: list[Trespass] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    """Registered secretaries, person by credit code; each hears by mail and in the inbox."""
    timings: list[Timing] = field(default_factory=list)
    restored: set[str] = field(default_factory=set)
    """Services whose store was put back from a backup."""
    unanswered: int = 0
    """Requests given up without an answer: nothing may be concluded from them."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Domain refusals, by code."""
    duplicates: int = 0
    """Messages that were published again."""
    reordered: int = 0
    """Messages that were published again, in another order."""

    def accept(self, receipt: Accepted, began: float) -> None:
        """Note a receipt, and whether it contradicts the one given before."""
        before = self.accepted.setdefault((receipt.application, receipt.revision), receipt)
        self.timings.append(Timing(began, monotonic() - began))
        if (before.number, before.digest) != (receipt.number, receipt.digest):
            self.contradictions.append(f"{receipt.application}: {before} ≠ {receipt}")


def sha256(body: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(body).hexdigest()
