"""Count: a number of activities, documents or cases, with steps (e.g. 1 earns 50 %, 4 earn all).

Where the text says only “经常性” or “一定数量”, the step is a round parameter; other steps are the rubric's own.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Annotated, Literal

from pydantic import Field as Setting

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.figure import NO_COUNTS, NONE, Figure, Row, Share, Terms
from services.scoring.domain.kinds.rule import Changes, Reference, Rule, Whole
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.words import joined, not_given
from shared.contracts.text import Text, text


class Count(Rule):
    """The highest step that the number reaches gives the share."""

    kind: Literal["count"]
    field: str
    """Field of the number."""
    steps: dict[Whole, Annotated[int, Setting(ge=1, le=100)]] = Setting(min_length=1)
    """From this number on, that percent of the points."""
    years: Reference | None = None
    """With it, the field is a count per year and every year gives an equal part."""
    about: Reference | None = None
    """What the round counts, e.g. the programme's present name."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        label, unit = case.label(self.field), case.unit(self.field)
        each = text("每年", "each year: ") if self.years else text("", "")
        steps = self._steps(case.parameters)
        zh = "，".join(f"{number} {unit.zh}得 {share} %" for number, share in steps)
        en = ", ".join(f"{number} {unit.en}".rstrip() + f" earn {share} %" for number, share in steps)
        rule = text(f"{each.zh}{label.zh}：{zh}", f"{each.en}{label.en}: {en}")
        if self.about is None:
            return rule
        about = case.parameters.text(self.about)
        return text(f"{rule.zh}（{about.zh}）", f"{rule.en} ({about.en})")

    def figure(self, terms: Terms) -> Figure:
        """The share, per year if years are judged."""
        place, steps = terms.places[self.field], self._steps(terms.parameters)
        bounds = [least for least, _ in steps]
        earned = [0, *accumulate((share for _, share in steps), max)]
        if self.years is None:
            shares = [(percent, 0, 100) for percent in earned]

            def once(row: Row) -> Share:
                number = row[place]
                return NONE if number is None else shares[bisect(bounds, number)]

            return once
        years = terms.years(self.years)
        whole = 100 * len(years)

        def yearly(row: Row) -> Share:
            counts, total = row[place] or NO_COUNTS, 0
            for year in years:
                total += earned[bisect(bounds, counts.get(year, 0))]
            return total, 0, whole

        return yearly

    def reason(self, case: Case) -> Text:
        """The number, and what it earns, per year if years are judged."""
        if self.years is None:
            return self._period(case, None, case.whole(self.field))
        counts = case.series(self.field) or {}
        return joined([self._period(case, str(y), counts.get(str(y))) for y in case.parameters.years(self.years)])

    def _period(self, case: Case, year: str | None, number: int | None) -> Text:
        label, unit = case.label(self.field), case.unit(self.field)
        if number is None:
            return not_given(label, year)
        steps = self._steps(case.parameters)
        share = _reached(steps, number)
        zh, en = (f"{year} 年", f"{year}: ") if year else ("", "")
        zh, en = f"{zh}{label.zh} {number} {unit.zh}".rstrip(), f"{en}{label.en}: {number} {unit.en}".rstrip()
        if share == 100:  # noqa: PLR2004 - percent
            return text(zh, en)
        full = min((least for least, part in steps if part == 100), default=steps[-1][0])  # noqa: PLR2004 - percent
        return text(f"{zh}，得 {share} %，满分需 {full}", f"{en}, earns {share} %, full points from {full}")

    def fulfil(self, case: Case) -> Changes | None:
        """The number of the step that earns most, in every year that is judged."""
        steps = self._steps(case.parameters)
        most = max(share for _, share in steps)
        full = min(least for least, share in steps if share == most)
        if self.years is None:
            return {self.field: max(case.whole(self.field) or 0, full)}
        counts = case.series(self.field) or {}
        years = map(str, case.parameters.years(self.years))
        return {self.field: {**counts, **{year: max(counts.get(year, 0), full) for year in years}}}

    def _steps(self, parameters: Parameters) -> list[tuple[int, int]]:
        """The steps as numbers, smallest first."""
        return sorted((parameters.whole(number), share) for number, share in self.steps.items())

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        yield from needs("field", self.field, "yearly" if self.years else "integer")
        yield from parameter_needs("steps", self.steps, "integer")
        yield from parameter_needs("years", [self.years], "years")
        yield from parameter_needs("about", [self.about], "text")


def _reached(steps: Sequence[tuple[int, int]], number: int) -> int:
    """The percentage that a number earns."""
    best = 0
    for least, share in steps:
        if number >= least and share > best:
            best = share
    return best
