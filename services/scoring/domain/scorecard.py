"""The scorecard 评分卡: for every item value, rule, points, reason and evidence; gates, totals, shortfalls, digest.

All points are rounded once, from exact fractions, to two places. Each figure is rounded by itself: a total is the
rounded exact sum, not the sum of rounded figures, and may differ from it in the last place.
"""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.scoring.domain.fields import Value
from shared.contracts.chambers import Chamber
from shared.contracts.scores import GateResult, ItemOutcome, Shortfall
from shared.contracts.text import Text


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class GateLine(_Line):
    """A gate, and how it came out."""

    code: str
    text: Text
    source: str
    value: dict[str, Value]
    """The facts used."""
    rule: Text
    result: GateResult
    reason: Text
    remedy: Text
    evidence: tuple[str, ...]
    """SHA-256 of the files tied to it."""


class ItemLine(_Line):
    """An item that gives points."""

    code: str
    text: Text
    source: str
    value: dict[str, Value]
    """The facts used."""
    rule: Text
    """The rule in words."""
    maximum: Decimal
    """Points of maximum here, with its part of what does not apply; 0 if it does not apply itself."""
    points: Decimal
    """Points given."""
    pending: Decimal
    """Points that a judged mark may still add."""
    bonus: Decimal
    """Bonus points it offers, before the clause's limit."""
    outcome: ItemOutcome
    reason: Text
    """Why, with the figures."""
    evidence: tuple[str, ...]
    """SHA-256 of the files tied to it."""


class ClauseLine(_Line):
    """A clause, and what its items add up to."""

    code: str
    text: Text
    maximum: Decimal
    points: Decimal
    """With the bonus credited."""
    pending: Decimal
    bonus: Decimal
    """Bonus points credited: never more than the clause has lost."""
    items: tuple[ItemLine, ...]


class DimensionLine(_Line):
    """A dimension, and what its clauses add up to."""

    code: str
    text: Text
    maximum: Decimal
    points: Decimal
    pending: Decimal
    clauses: tuple[ClauseLine, ...]


class Scorecard(_Line):
    """One application under one rubric and one round's parameters. Same input, same bytes."""

    rubric: str
    """`sihao-2019@1`."""
    rubric_digest: str
    """SHA-256 of the rubric's canonical content."""
    parameters: dict[str, Any]
    """The round's parameters, in canonical form."""
    chamber: Chamber
    """The chamber's profile as scored."""
    admitted: bool
    """Every gate is met or does not apply."""
    gates: tuple[GateLine, ...]
    dimensions: tuple[DimensionLine, ...]
    maximum: Decimal
    """Points of maximum: 100 unless nothing at all applies."""
    total: Decimal
    """Points given so far."""
    pending: Decimal
    """Points that judged marks may still add."""
    shortfalls: tuple[Shortfall, ...]
    """Every item that lost points, costliest first, with cause and remedy."""
    digest: str
    """SHA-256 over the inputs and the figures. The sentences follow from these and are not in it."""

    @property
    def blockers(self) -> tuple[GateLine, ...]:
        """The gates that keep the chamber out: not met, or still to be verified."""
        return tuple(gate for gate in self.gates if gate.result in {"not_met", "to_be_verified"})

    @property
    def items(self) -> tuple[ItemLine, ...]:
        """Every item that gives points, in the order of the text."""
        return tuple(item for d in self.dimensions for clause in d.clauses for item in clause.items)
