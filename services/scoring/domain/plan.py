"""How a standard is worked through: what was found once in the same facts is remembered.

Most applications say the same of most items: yes, two, not marked yet. An item is *steady* if the facts it reads take
few values; what it earns is kept by those facts. An item that compares free figures, like firms visited with member
firms, is *varying* and worked out each time. Both run the same functions of its rules, so both find the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd, lcm
from operator import getitem, itemgetter
from typing import Any, Generic, TypeVar

from services.scoring.domain.figure import Figure, Row, Share
from shared.contracts.scores import ItemOutcome

_MOST = 1 << 12
"""How many findings are kept per item; steady facts need far fewer."""
T = TypeVar("T")


class Remembered(dict[Any, T], Generic[T]):
    """What a function finds in a row, kept by the cells that it reads: one cell is its own key, several are a tuple."""

    def __init__(self, find: Callable[[Row], T], reads: Sequence[int]) -> None:
        self._find, self._reads = find, reads
        self.key: Callable[[Row], Any] = itemgetter(*reads)
        """The key of a row."""

    def of(self, row: Row) -> T:
        """What is found in a row."""
        return self[self.key(row)]

    def __missing__(self, key: Any) -> T:
        cells = key if len(self._reads) > 1 else (key,)
        found = self._find(dict(zip(self._reads, cells, strict=True)))
        if len(self) >= _MOST:
            self.clear()
        self[key] = found
        return found


EARNED, PENDING, WHOLE = range(3)
"""Where they stand in a share."""
ABSENT: Share = (0, 0, 0)
"""What is found of a steady item that does not apply: nothing of nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """One item to be worked through."""

    figure: Figure
    may_lack: bool
    """Whether it may not apply."""
    reads: tuple[int, ...]
    """The places it reads, if it is steady."""


class Plan:
    """All items of a standard: those that read one steady fact, those that read several, and the varying ones."""

    def __init__(self, works: Sequence[Work]) -> None:
        one, several, varying = ([n for n, work in enumerate(works) if min(len(work.reads), 2) == k] for k in (1, 2, 0))
        order = (*one, *several, *varying)
        self.steady, self.varying = (*one, *several), tuple(varying)
        """Positions of the items, in the order in which they are worked through."""
        self.whole = 1
        """Into how many equal parts steady items are divided; grows when something finer is found."""
        self.places = [order.index(n) for n in range(len(order))]
        """Where each item of the standard comes in the plan."""
        self.ordered: Callable[[Sequence[Any]], tuple[Any, ...]] = picker(self.places)
        """From the order of the plan to that of the standard."""
        self._memories = [Remembered(self._steady(works[n].figure), works[n].reads) for n in self.steady]
        self._one = picker([works[n].reads[0] for n in one])
        self._several = [memory.key for memory in self._memories[len(one) :]]
        self._figures = [works[n].figure for n in varying]
        self._may_lack = [(k, n) for k, n in enumerate(order) if works[n].may_lack]

    def findings(self, row: Row) -> tuple[list[Share], list[Share | None]]:
        """Of the steady items, all over the same whole, and of the varying ones, each over its own."""
        before = self.whole
        keys = [*self._one(row), *[key(row) for key in self._several]]
        steady = list(map(getitem, self._memories, keys))
        if self.whole != before:
            return self.findings(row)
        return steady, [figure(row) for figure in self._figures]

    def absent(self, steady: Sequence[Share], varying: Sequence[Share | None]) -> tuple[int, ...]:
        """Positions of the items that do not apply."""
        many = len(steady)
        return tuple([n for k, n in self._may_lack if (steady[k] is ABSENT if k < many else varying[k - many] is None)])

    def _steady(self, figure: Figure) -> Callable[[Row], Share]:
        """A figure whose shares are all over the plan's whole."""

        def find(row: Row) -> Share:
            share = figure(row)
            if share is None:
                return ABSENT
            earned, pending, whole = share
            often = gcd(earned, pending, whole)
            earned, pending, whole = earned // often, pending // often, whole // often
            finer = lcm(self.whole, whole)
            if finer != self.whole:
                self.whole = finer
                for memory in self._memories:
                    memory.clear()
            larger = finer // whole
            return earned * larger, pending * larger, finer

        return find


def outcome_of(share: Share | None) -> ItemOutcome:
    """A share in a word."""
    if share is None or share is ABSENT:
        return "not_applicable"
    earned, pending, whole = share
    return "pending" if pending else "full" if earned == whole else "partial" if earned else "none"


def picker(places: Sequence[int]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that takes what stands at these places; quick where there are several."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple([cells[place] for place in places])
