"""One application as a row: every fact of the rubric in its place, then the chamber's properties, then the marks.

Rules read places, not names. The row is also what the digest covers: the facts in the order of the rubric, lists in
order, so that neither the order of facts nor that inside a list means anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.scoring.domain.chamber import PROPERTIES
from services.scoring.domain.fields import fits
from services.scoring.domain.figure import Row, Terms
from services.scoring.domain.marks import Marks
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.rubric import Item, Rubric
from shared.contracts.chambers import Chamber


@dataclass(frozen=True, slots=True)
class _Column:
    """The place of one fact."""

    place: int
    fits: Callable[[Any], bool]
    is_list: bool


class Columns:
    """The places of a rubric's rows, and what fits into each."""

    def __init__(self, rubric: Rubric, parameters: Parameters) -> None:
        self._parameters = parameters
        self._facts: dict[str, dict[str, _Column]] = {}
        place = 0
        for item in rubric.items.values():
            self._facts[item.code] = own = {}
            for name, field in item.fields.items():
                if field.origin is None:
                    names = parameters.names(field.choices) if isinstance(field.choices, str) else field.choices
                    own[name] = _Column(place, fits(field.type, names), is_list=field.type in {"list", "dates"})
                    place += 1
        self._places = {
            item.code: {name: self._place(item, name) for name in item.fields} for item in rubric.items.values()
        }
        self.facts = place
        """How many places hold facts: the first ones."""
        self._chamber = {name: place + number for number, name in enumerate(PROPERTIES)}
        place += len(PROPERTIES)
        self._marks = {code: place + number for number, code in enumerate(rubric.items)}
        self._empty = [None] * (place + len(rubric.items))

    def row(self, facts: Mapping[str, Any], chamber: Chamber, marks: Marks) -> Row | None:
        """The row of an application; None if a fact does not fit (`check_facts` says which, and why)."""
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
        for name, place in self._chamber.items():
            row[place] = getattr(chamber, name)
        for code, mark in marks.items():
            row[self._marks[code]] = mark
        return row

    def terms(self, item: Item) -> Terms:
        """What the rules of an item are compiled against."""
        chamber = {f"chamber.{name}": place for name, place in self._chamber.items()}
        return Terms(
            chamber | self._places[item.code], self._marks[item.code], item.mark_of, item.fields, self._parameters
        )

    def values(self, item: Item, row: Row) -> dict[str, Any]:
        """The facts of an item as far as given, references followed."""
        return {name: row[place] for name, place in self._places[item.code].items() if row[place] is not None}

    def mark(self, item: Item, row: Row) -> Fraction | None:
        """The experts' mark of an item, in points."""
        mark = row[self._marks[item.code]]
        return None if mark is None else Fraction(mark)

    def _place(self, item: Item, name: str) -> int:
        """Where a field stands, or the field that it refers to."""
        code, _, origin = (item.fields[name].origin or f"{item.code}.{name}").rpartition(".")
        return self._facts[code][origin].place
