"""The standard 标准 as data: Rubric → Dimension 好 → Clause 条 → Item 指标, with stable codes as keys, never labels."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from services.scoring.domain.case import Need
from services.scoring.domain.conditions import Condition
from services.scoring.domain.fields import Field, Named
from services.scoring.domain.kinds import AnyRule, Bonus, Gate, Judged, PointRule
from services.scoring.domain.kinds.rule import Reference
from services.scoring.domain.parameters import Parameter
from shared.contracts.text import Text
from shared.kernel.canonical import digest


class Item(Named):
    """One demand of the text, with the rules that turn facts into points. Its name is the text, word for word."""

    code: str = Setting(pattern=r"^[A-Z]\d?(\.[a-z])?[a-z]?\d*$")
    """Stable code, e.g. `B2.i`."""
    source: str
    """Where the text stands, e.g. `S:004 B2.i`."""
    points: Decimal = Setting(default=Decimal(0), ge=0)
    """Points of maximum; 0 for gates."""
    held_by: Literal["chamber", "federation"] = "chamber"
    """Who holds the truth; what only the federation knows is to be confirmed by it."""
    applies_if: Condition | None = None
    """Applies only then; otherwise it does not apply and costs nothing."""
    excludes_if: Reference | None = None
    """A policy parameter: where the round says `excludes`, failing this item also keeps the chamber out."""
    rules: tuple[AnyRule, ...] = Setting(min_length=1)
    """How it is judged."""
    fields: dict[str, Field] = Setting(default={})
    """The facts asked for."""
    evidence: Text
    """The evidence asked for."""
    remedy: Text
    """What is to be done if it falls short, and by whom."""

    @cached_property
    def gate(self) -> Gate | None:
        """Its gate, if it is one."""
        return next((rule for rule in self.rules if isinstance(rule, Gate)), None)

    @cached_property
    def bonus(self) -> Bonus | None:
        """Its bonus, if it has one."""
        return next((rule for rule in self.rules if isinstance(rule, Bonus)), None)

    @cached_property
    def point_rules(self) -> tuple[PointRule, ...]:
        """The rules that share out its points."""
        return tuple(rule for rule in self.rules if not isinstance(rule, Gate | Bonus))

    @cached_property
    def weight(self) -> Fraction:
        """Its points as an exact fraction."""
        return Fraction(self.points)

    @cached_property
    def may_lack(self) -> bool:
        """Whether it may not apply."""
        skips = [getattr(rule, "zero", None) == "skip" for rule in self.point_rules]
        return self.applies_if is not None or all(skips)

    @cached_property
    def mark_of(self) -> Fraction:
        """Points that experts give by judgement; 0 if it has no judged rule."""
        judged = sum(rule.share for rule in self.rules if isinstance(rule, Judged))
        return self.weight * judged / 100

    def needs(self) -> Iterator[Need]:
        """The names that its rules and its condition refer to."""
        for part in (*self.rules, *([self.applies_if] if self.applies_if else [])):
            yield from part.needs()


class Clause(Named):
    """A numbered paragraph of the text. Its name is a short label of ours; the text itself stands in the items."""

    code: str = Setting(pattern=r"^[A-Z]\d$")
    points: Decimal = Setting(gt=0)
    """The sum of its items' points."""
    remedy: Text
    """What is to be done where an item gives no remedy of its own."""
    items: tuple[Item, ...] = Setting(min_length=1)


class Dimension(Named):
    """One of the four “好”."""

    code: str = Setting(pattern=r"^[A-Z]$")
    points: Decimal = Setting(gt=0)
    """The sum of its clauses' points."""
    clauses: tuple[Clause, ...] = Setting(min_length=1)


class Rubric(BaseModel):
    """One version of the standard, complete. Made by `load_rubric`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str = Setting(pattern=r"^[a-z0-9-]{3,40}$")
    """Stable id, e.g. `sihao-2019`."""
    version: int = Setting(ge=1)
    """Counts the corrections of this rubric; a round names `id@version`."""
    title: Text
    source: str
    """The document it is taken from."""
    note: Text
    """What is the source's and what is ours."""
    points: Decimal
    """The sum of all points."""
    parameters: dict[str, Parameter]
    """What the text leaves open and every round must fill in."""
    gates: tuple[Item, ...]
    """The scope: who may be recognised at all."""
    dimensions: tuple[Dimension, ...] = Setting(min_length=1)

    @property
    def key(self) -> str:
        """`sihao-2019@1`: what a round refers to."""
        return f"{self.id}@{self.version}"

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item by code, the scope gates first, then in the order of the text."""
        return {item.code: item for item in (*self.gates, *self._numbered())}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over its canonical content."""
        return digest(self.model_dump(mode="json", by_alias=True, exclude_none=True))

    @cached_property
    def judged_maxima(self) -> dict[str, Decimal]:
        """Code → points that experts give by judgement, before any re-basing: the scale of `score(marks=…)`."""
        return {
            item.code: Decimal(item.mark_of.numerator) / Decimal(item.mark_of.denominator)
            for item in self._numbered()
            if item.mark_of
        }

    def _numbered(self) -> Iterator[Item]:
        for dimension in self.dimensions:
            for clause in dimension.clauses:
                yield from clause.items
