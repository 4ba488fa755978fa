"""Deduction: full points, less a part for every occurrence, never below nothing (S:004 B1.b)."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from services.scoring.domain.case import Case, Need, needs
from services.scoring.domain.figure import NONE, Figure, Row, Share, Terms
from services.scoring.domain.kinds.rule import Changes, Percentage, Rule
from services.scoring.domain.words import not_given, percent
from shared.contracts.text import Text, text


class Deduction(Rule):
    """Every one of `field` costs `each` percent of the points."""

    kind: Literal["deduction"]
    field: str
    """Field of the number of occurrences; it must be given, also when it is 0."""
    each: Percentage
    """Percent of the points that one occurrence costs."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        label, each = case.label(self.field), self.each
        return text(
            f"{label.zh}：0 得满分，每有 1 扣 {each} %，扣完为止",
            f"{label.en}: 0 earns full points, each costs {each} %, down to nothing",
        )

    def figure(self, terms: Terms) -> Figure:
        """What is left."""
        place = terms.places[self.field]
        cost, whole = (terms.parameters.percent(self.each) / 100).as_integer_ratio()

        def figure(row: Row) -> Share:
            number = row[place]
            return NONE if number is None else (max(0, whole - number * cost), 0, whole)

        return figure

    def reason(self, case: Case) -> Text:
        """What it costs."""
        number = case.whole(self.field)
        label = case.label(self.field)
        if number is None:
            return not_given(label)
        if not number:
            return text(f"{label.zh} 0，不扣分", f"{label.en}: 0, nothing deducted")
        cost = percent(min(Fraction(1), number * case.parameters.percent(self.each) / 100))
        return text(f"{label.zh} {number}，扣 {cost}", f"{label.en}: {number}, costs {cost}")

    def fulfil(self, case: Case) -> Changes | None:
        """That there was none, if nothing was said of it; what has happened cannot be undone."""
        return None if case.whole(self.field) else {self.field: 0}

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        yield from needs("field", self.field, "integer")
        if isinstance(self.each, str):
            yield Need("each", self.each, ("percent",))
