"""One application as a row: every fact of the rubric in its place, then the chamber's properties, then the marks.

Rules read places, not names. The row is also what the digest covers: the facts in the order of the rubric, lists in
order, so that neither the order of facts nor that inside a list means anything.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from operator import attrgetter
from typing import Any, NamedTuple

from services.scoring.domain.chamber import PROPERTIES
from services.scoring.domain.fields import fits
from services.scoring.domain.figure import Row, Terms
from services.scoring.domain.marks import Marks
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.rubric import Item, Rubric
from shared.contracts.chambers import Chamber


class _Column(NamedTuple):
    """The place of one fact."""

    place: int
    fits: Callable[[Any], bool]
    is_list: bool


_properties = attrgetter(*PROPERTIES)


class Columns:
    """The places of a rubric's rows, and what fits into each."""

    def __init__(self, rubric: Rubric, parameters: Parameters) -> None:
        self._parameters = parameters
        own = [
            (item.code, name, field)
            for item in rubric.items.values()
            for name, field in item.fields.items()
            if field.origin is None
        ]
        self.facts = len(own)
        """How many places hold facts: the first ones."""
        marks = self.facts + len(PROPERTIES)
        width = marks + len(rubric.items)
        self._facts: dict[str, dict[str, _Column]] = {code: {} for code in rubric.items}
        for place, (code, name, field) in enumerate(own):
            names = parameters.names(field.choices) if isinstance(field.choices, str) else field.choices
            is_list = field.type in {"list", "dates"}
            self._facts[code][name] = _Column(place, fits(field.type, names), is_list=is_list)
        self._chamber = slice(self.facts, marks)
        self._marks = {code: marks + number for number, code in enumerate(rubric.items)}
        self._scales = rubric.judged_maxima
        self._empty = [None] * width

    def row(self, facts: Mapping[str, Any], chamber: Chamber, marks: Marks) -> Row | None:
        """The row of an application; None if a fact or a mark does not fit (`check_facts`, `check_marks`: why)."""
        row: list[Any] = self._empty.copy()
        for code, given in facts.items():
            known = self._facts.get(code)
            if known is None or not isinstance(given, dict):
                return None
            for name, value in given.items():
                column = known.get(name)
                if column is None or not column.fits(value):
                    return None
                row[column.place] = sorted(value) if column.is_list else value
        row[self._chamber] = _properties(chamber)
        for code, mark in marks.items():
            if code not in self._scales or not 0 <= mark <= self._scales[code]:
                return None
            row[self._marks[code]] = mark
        return row

    def terms(self, item: Item) -> Terms:
        """What the rules of an item are compiled against."""
        chamber = {f"chamber.{name}": self.facts + number for number, name in enumerate(PROPERTIES)}
        columns = {name: self._column(item, name) for name in item.fields}
        return Terms(
            places=chamber | {name: column.place for name, column in columns.items()},
            mark=self._marks[item.code],
            mark_of=item.mark_of,
            fields=item.fields,
            parameters=self._parameters,
        )

    def values(self, item: Item, row: Row) -> dict[str, Any]:
        """The facts of an item as far as given, references followed."""
        found = {name: row[self._column(item, name).place] for name in item.fields}
        return {name: value for name, value in found.items() if value is not None}

    def mark(self, item: Item, row: Row) -> Fraction | None:
        """The experts' mark of an item, in points."""
        mark = row[self._marks[item.code]]
        return None if mark is None else Fraction(mark)

    def _column(self, item: Item, name: str) -> _Column:
        """Where a field stands, or the field that it refers to."""
        code, _, origin = (item.fields[name].origin or f"{item.code}.{name}").rpartition(".")
        return self._facts[code][origin]
