"""What is decided 决定, as it stood when the result was announced: a list that cannot be changed unnoticed.

Every case of the round that was ever opened here is one leaf. Leaves are hashed as canonical JSON into a Merkle tree;
the announcement names its root, and whoever has a leaf and its path can check that it was in the list. A leaf holds
codes and figures, no names and no personal data.

What became of a case is the public's business if it was honoured or had been on public notice. Of every other the
public sees a hash. Its leaf has a salt, so that nobody can try out what the hash might stand for, and leaves are in the
order of their hashes, so that a place in the list tells nothing either. The chamber itself gets the leaf: it opens it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.moves import BEFORE_THE_PUBLIC
from shared.contracts.event import CreditCode, Sha256
from shared.contracts.text import Text, text
from shared.kernel.canonical import canonical_bytes
from shared.kernel.change import Change
from shared.kernel.command import Command
from shared.kernel.merkle import Tree, leaf_hash
from shared.kernel.state import State

Outcome = Literal["honoured", "withheld", "declined", "nominated", "withdrawn", "undecided"]

OUTCOME_WORDS: dict[Outcome, Text] = {
    "honoured": text("授予称号", "the honour is granted"),
    "withheld": text("公示后不授予", "the honour is withheld after the public notice"),
    "declined": text("未通过", "declined"),
    "nominated": text("已推荐上报", "nominated"),
    "withdrawn": text("已撤回", "withdrawn"),
    "undecided": text("尚未决定", "not decided yet"),
}

PUBLIC: frozenset[Outcome] = frozenset({"honoured", "withheld"})
"""What anyone may know of: the honour is granted, or the chamber had been on public notice."""

FIELDS = (
    *("id", "application", "round", "chamber.code", "status", "ending.stage", "rules.procedure.id"),
    *(f"rules.procedure.stages.{name}" for name in ("id", "kind")),
    *(f"score.{name}" for name in ("total", "rubric", "digest")),
)
"""What is read of a case, as stored."""


class Leaf(BaseModel):
    """One case in the list."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    form: Literal["sihao.decision.v1", "sihao.decision.v2"] = "sihao.decision.v2"
    """What this is, and in which form; the first had no salt."""
    salt: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$", exclude_if=lambda salt: salt is None)
    """128 random bits; a leaf without does not mention it, since its hash would be another."""
    round: str
    """Code of the round."""
    case: str
    """Id of the case: `<application>@<jurisdiction>`."""
    application: str
    """Id of the application."""
    chamber: CreditCode
    """Credit code of the chamber."""
    outcome: Outcome
    """Withheld: declined after it had been on public notice. Undecided: left to a later announcement."""
    points: Decimal
    """Points, of 100."""
    rubric: str
    """Id of the rubric version."""
    scorecard: Sha256
    """Digest of the scorecard."""
    procedure: str
    """Id of the procedure version."""
    entries: int
    """How many entries the case's history had."""
    head: Sha256
    """Hash of the last of them; through it the leaf stands for the whole history."""

    @property
    def canonical(self) -> bytes:
        """The bytes that are hashed."""
        return canonical_bytes(self.model_dump(mode="json"))

    @property
    def hash(self) -> bytes:
        """Its hash in the tree."""
        return leaf_hash(self.canonical)

    @property
    def public(self) -> bool:
        """Whether it is for anyone."""
        return self.outcome in PUBLIC


class Decided(State):
    """A leaf, and the proof that it is in the list."""

    root: Sha256
    """The root of the list."""
    size: int
    """How many leaves it has."""
    index: int
    """Which of them this is, from 0."""
    leaf: Leaf
    """The leaf."""
    path: tuple[Sha256, ...]
    """Its audit path (RFC 6962 §2.1.1), lowest first."""

    @property
    def key(self) -> str:
        """Its key: by the root, so that a list which no announcement came to name is in nobody's way."""
        return key_of(self.root, self.index)


class Freeze(Command):
    """Keep a leaf for good."""

    decided: Decided


def freeze(decided: Decided | None, command: Freeze, _now: datetime) -> Change[Decided] | None:
    """Keep it; the same root stands for the same leaves."""
    return None if decided else Change(command.decided)


def key_of(root: str, index: int) -> str:
    """The key of a leaf in the list with this root; keys are in the order of the list.

    Leaves without a salt, in lists of before, are in the order of their cases' ids and have those in their keys.
    """
    return f"{root}/{index:07d}"


def leaf_of(case: Mapping[str, Any], entries: int, head: str, granted: Collection[str], salt: str) -> Leaf:
    """The leaf of an opened case, with the length of its history and the hash of its last entry.

    Args:
        case: `FIELDS` of it, as stored.
        entries: How many entries its history has.
        head: The hash of the last of them.
        granted: The cases that this announcement grants the honour.
        salt: 128 random bits, in hexadecimal.
    """
    return Leaf(
        salt=salt,
        round=case["round"],
        case=case["id"],
        application=case["application"],
        chamber=case["chamber"]["code"],
        outcome="honoured" if case["id"] in granted else _outcome(case),
        points=case["score"]["total"],
        rubric=case["score"]["rubric"],
        scorecard=case["score"]["digest"],
        procedure=case["rules"]["procedure"]["id"],
        entries=entries,
        head=head,
    )


def listed(leaves: Iterable[Leaf]) -> tuple[Decided, ...]:
    """All leaves in the order of their hashes, each with its proof."""
    ordered = sorted(leaves, key=lambda one: one.hash)
    tree = Tree(one.canonical for one in ordered)
    root = tree.root.hex()
    return tuple(
        Decided(
            root=root, size=tree.size, index=index, leaf=one, path=tuple(beside.hex() for beside in tree.proof(index))
        )
        for index, one in enumerate(ordered)
    )


def _outcome(case: Mapping[str, Any]) -> Outcome:
    status = case["status"]
    if status in ("open", "returned"):
        return "undecided"
    stages = {stage["id"]: stage["kind"] for stage in case["rules"]["procedure"]["stages"]}
    if status == "declined" and stages.get(case["ending"]["stage"]) in BEFORE_THE_PUBLIC:
        return "withheld"
    outcome: Outcome = status
    return outcome
