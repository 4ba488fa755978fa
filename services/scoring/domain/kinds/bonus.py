"""Bonus: points beyond an item's own, with a cap (e.g. reports that leaders endorsed, S:004 C2.f).

A bonus only makes good points that are lost in the same clause, so that no clause, dimension or total exceeds its
maximum. It is outside the item's shares.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from services.scoring.domain.case import Case, Need, needs
from services.scoring.domain.figure import Row, Terms
from services.scoring.domain.words import rounded
from shared.contracts.text import Text, text


class Bonus(BaseModel):
    """Every one of `field` earns `each` points, up to `cap`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["bonus"]
    field: str
    """Field of the number."""
    each: Decimal = Setting(gt=0)
    """Points for each."""
    cap: Decimal = Setting(gt=0)
    """Points at most."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        label = case.label(self.field)
        return text(
            f"加分：{label.zh}每 1 加 {self.each} 分，最多 {self.cap} 分，只弥补本条失分",
            f"bonus: {self.each} for each of {label.en}, at most {self.cap}, only against points lost in the clause",
        )

    @property
    def whole(self) -> int:
        """Into how many parts a point must be divided."""
        return lcm(Fraction(self.each).denominator, Fraction(self.cap).denominator)

    def figure(self, terms: Terms, whole: int) -> Callable[[Row], int]:
        """The function that finds the bonus in a row of facts, before the clause's limit; `whole` parts are a point."""
        place, each, cap = terms.places[self.field], int(self.each * whole), int(self.cap * whole)
        return lambda row: min(cap, (row[place] or 0) * each)

    def reason(self, case: Case) -> Text | None:
        """Why; a missing fact earns nothing and needs no reason."""
        number = case.whole(self.field)
        if not number:
            return None
        points, label = rounded(self._earned(number)), case.label(self.field)
        return text(
            f"{label.zh} {number}，可加 {points} 分",
            f"{label.en}: {number}, up to {points} bonus points",
        )

    def _earned(self, number: int) -> Fraction:
        return min(Fraction(self.cap), number * Fraction(self.each))

    def needs(self) -> Iterator[Need]:
        """The field it refers to."""
        yield from needs("field", self.field, "integer")
