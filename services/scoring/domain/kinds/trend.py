"""Trend: a number must grow year by year (S:004 B2.f “逐年增长”).

With n years under assessment there are n steps, the first from the year before; each step gives an equal part.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Literal

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.figure import NO_COUNTS, Figure, Row, Share, Terms
from services.scoring.domain.kinds.rule import Changes, Reference, Rule
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.words import joined, not_given
from shared.contracts.text import Text, text


class Trend(Rule):
    """`field` must be strictly greater in every year than in the year before."""

    kind: Literal["trend"]
    field: str
    """Field with a count per year, the year before the first included."""
    years: Reference
    """The years in which it must grow."""
    about: Reference | None = None
    """How the round understands the count, e.g. its as-of date."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        label, years = case.label(self.field), self._years(case.parameters)
        chain = "＜".join(str(y) for y in years)
        rule = text(f"{label.zh}逐年增长：{chain}", f"{label.en} grows every year: {chain.replace('＜', ' < ')}")
        if self.about is None:
            return rule
        about = case.parameters.text(self.about)
        return text(f"{rule.zh}（{about.zh}）", f"{rule.en} ({about.en})")

    def figure(self, terms: Terms) -> Figure:
        """Every step by itself."""
        place = terms.places[self.field]
        steps = list(pairwise(map(str, self._years(terms.parameters))))

        def figure(row: Row) -> Share:
            counts = row[place] or NO_COUNTS
            return sum([_grew(counts.get(before), counts.get(after)) for before, after in steps]), 0, len(steps)

        return figure

    def reason(self, case: Case) -> Text:
        """Every step by itself."""
        counts = case.series(self.field)
        if counts is None:
            return not_given(case.label(self.field))
        years = self._years(case.parameters)
        return joined([self._step(case, counts, before, after) for before, after in pairwise(years)])

    def _step(self, case: Case, counts: Mapping[str, int], before: int, after: int) -> Text:
        first, second = counts.get(str(before)), counts.get(str(after))
        if first is None or second is None:
            return not_given(case.label(self.field), before if first is None else after)
        span = f"{before} → {after}: {first} → {second}"
        if _grew(first, second):
            return text(f"{span}，增长 {second - first}", f"{span}, grew by {second - first}")
        return text(f"{span}，未增长", f"{span}, did not grow")

    def _years(self, parameters: Parameters) -> tuple[int, ...]:
        years = parameters.years(self.years)
        return (years[0] - 1, *years)

    def fulfil(self, case: Case) -> Changes | None:
        """One more than the year before, wherever it did not grow."""
        counts = dict(case.series(self.field) or {})
        first, *later = map(str, self._years(case.parameters))
        last = counts.setdefault(first, 0)
        for year in later:
            last = counts[year] = max(counts.get(year, 0), last + 1)
        return {self.field: counts}

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        yield from needs("field", self.field, "yearly")
        yield from parameter_needs("years", [self.years], "years")
        yield from parameter_needs("about", [self.about], "text")


def _grew(first: int | None, second: int | None) -> bool:
    """Whether both are known and the second is greater."""
    return first is not None and second is not None and second > first
