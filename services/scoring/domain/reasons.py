"""The sentences of a standard, remembered: most chambers give the same answer to the same question in the same words.

What an item's sentence says follows from the facts its rules read, so that it is found under these. Counts by year
and by event are hardly ever the same twice; where an item reads them, its sentence is made every time.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from services.scoring.domain.assess import reason_of
from services.scoring.domain.figure import Row
from services.scoring.domain.rubric import Item
from services.scoring.domain.standard import Standard
from shared.contracts.chambers import Chamber
from shared.contracts.text import Text

_REMEMBERED = 1 << 14
"""How many sentences are kept of one standard; then it begins anew."""


class Reasons:
    """Why the items of one standard come out as they do."""

    def __init__(self, standard: Standard) -> None:
        self._standard = standard
        self._read = {item.code: _reader(item, standard) for item in standard.rubric.items.values()}
        self._known: dict[tuple[str, Any], Text] = {}

    def of(self, item: Item, row: Row, chamber: Chamber) -> Text:
        """Why an item comes out as it does in this row, with the facts."""
        read = self._read[item.code]
        if read is None:
            return self._made(item, row, chamber)
        key = item.code, read(row)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._made(item, row, chamber)
        return found

    def _made(self, item: Item, row: Row, chamber: Chamber) -> Text:
        return reason_of(item, self._standard.case(item, row, chamber))


def _reader(item: Item, standard: Standard) -> Callable[[Row], Any] | None:
    """What the sentence of an item follows from; None if it is hardly ever the same."""
    terms = standard.columns.terms(item)
    names = sorted({need.name for need in item.needs() if need.name in terms.places})
    types = {item.fields[name].type for name in names if name in item.fields}
    if not types.isdisjoint({"yearly", "series"}):
        return None
    read = itemgetter(terms.mark, *(terms.places[name] for name in names))
    if types.isdisjoint({"list", "dates"}):
        return read
    return lambda row: tuple([tuple(fact) if type(fact) is list else fact for fact in read(row)])
