"""An application as a rules engine reads it best: one flat mapping; what is not given is −1, or null."""

from collections.abc import Callable, Mapping
from typing import Any

from services.scoring.domain import Item, Standard
from services.scoring.domain.figure import Row

NOT_GIVEN = -1.0


class Inputs:
    """What the expressions read: each name, and how its value is found in a row."""

    def __init__(self, standard: Standard) -> None:
        self._standard = standard
        self._reads: dict[str, Callable[[Row], Any]] = {}

    def number(self, item: Item, field: str) -> str:
        """A whole number; −1 if it is not given."""
        place, name = self._place(item, field)
        return self._known(name, lambda row: _number(row[place]))

    def in_year(self, item: Item, field: str, year: str) -> str:
        """A count of one year; −1 if it is not given."""
        place, name = self._place(item, field)
        return self._known(f"{name}_{year}", lambda row: _number((row[place] or {}).get(year)))

    def events(self, item: Item, part: str, whole: str) -> str:
        """Two counts per event, side by side."""
        (of, name), (by, _) = self._place(item, part), self._place(item, whole)

        def pairs(row: Row) -> list[dict[str, float]]:
            parts, wholes = row[of] or {}, row[by] or {}
            return [{"of": _number(parts.get(e)), "by": _number(wholes.get(e))} for e in {**parts, **wholes}]

        return self._known(f"{name}_events", pairs)

    def plain(self, item: Item, field: str) -> str:
        """Yes or no, or a word; null if it is not given."""
        place, name = self._place(item, field)
        return self._known(name, lambda row: row[place])

    def listed(self, item: Item, field: str) -> str:
        """A list of words; empty if it is not given."""
        place, name = self._place(item, field)
        return self._known(name, lambda row: row[place] or [])

    def day(self, item: Item, field: str) -> str:
        """A date as a number that compares: 20191120; −1 if it is not given."""
        place, name = self._place(item, field)
        return self._known(f"{name}_day", lambda row: day(row[place]) if row[place] else NOT_GIVEN)

    def last_day(self, item: Item, field: str) -> str:
        """The last of several dates; 0 if there is none, −1 if they are not given."""
        place, name = self._place(item, field)
        return self._known(f"{name}_last", lambda row: _last(row[place]))

    def mark(self, item: Item) -> str:
        """The experts' mark; −1 while there is none."""
        place = self._standard.columns.terms(item).mark
        return self._known(f"{name_of(item)}_mark", lambda row: _number(row[place]))

    def values(self, row: Row) -> Mapping[str, Any]:
        """Everything that is read, of one application."""
        return {name: read(row) for name, read in self._reads.items()}

    def _known(self, name: str, read: Callable[[Row], Any]) -> str:
        self._reads.setdefault(name, read)
        return name

    def _place(self, item: Item, field: str) -> tuple[int, str]:
        """Where it stands, and what it is called: by its origin, so that a fact that several items read is one."""
        place = self._standard.columns.terms(item).places[field]
        origin = field if field.startswith("chamber.") else item.fields[field].origin or f"{item.code}.{field}"
        return place, origin.replace(".", "_")


def name_of(item: Item) -> str:
    """An item's code as a name: `B2_i`."""
    return item.code.replace(".", "_")


def day(date: str) -> float:
    """`2019-11-20` → 20191120."""
    return float(date.replace("-", ""))


def _number(value: Any) -> float:
    return NOT_GIVEN if value is None else float(value)


def _last(dates: list[str] | None) -> float:
    return NOT_GIVEN if dates is None else max(map(day, dates), default=0.0)
