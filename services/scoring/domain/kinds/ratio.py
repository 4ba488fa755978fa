"""Ratio: points in proportion, full when a part of a whole reaches a percentage (S:004 B2.h “占一定比例”).

Unlike a threshold, which is reached or not, half of the percentage earns half of the points.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Literal

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.figure import FULL, NO_COUNTS, NONE, Figure, Row, Share, Terms, mean
from services.scoring.domain.kinds.parts import raised
from services.scoring.domain.kinds.rule import Changes, Percentage, Reference, Rule
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.words import joined, not_given, percent
from shared.contracts.text import Text, text


class Ratio(Rule):
    """`of` divided by `by`, full points at `full_at` percent."""

    kind: Literal["ratio"]
    of: str
    """Field of the part."""
    by: str
    """Field of the whole."""
    full_at: Percentage
    """The percentage that earns full points."""
    years: Reference | None = None
    """With it, both fields are counts per year and every year gives an equal part."""
    zero: Literal["none", "skip"]
    """A whole of zero gives no points, or is left out."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        of, by, full = case.label(self.of), case.label(self.by), case.parameters.of(self.full_at)
        each = text("每年", "each year: ") if self.years else text("", "")
        return text(
            f"{each.zh}{of.zh}÷{by.zh}，达到 {full} % 得满分，不足按比例",
            f"{each.en}{of.en} ÷ {by.en}, full points at {full} %, below in proportion",
        )

    def figure(self, terms: Terms) -> Figure:
        """The share, per year if years are judged."""
        of, by = terms.places[self.of], terms.places[self.by]
        period = self._period_share(terms.parameters)
        if self.years is None:
            return lambda row: period(row[of], row[by])
        years = terms.years(self.years)

        def yearly(row: Row) -> Share | None:
            part, whole = row[of] or NO_COUNTS, row[by] or NO_COUNTS
            return mean([share for year in years if (share := period(part.get(year), whole.get(year)))])

        return yearly

    def _period_share(self, parameters: Parameters) -> Callable[[int | None, int | None], Share | None]:
        """The function that finds the share of one period; None if it is left out."""
        enlarged, goal = (parameters.percent(self.full_at) / 100).as_integer_ratio()[::-1]
        zero = None if self.zero == "skip" else NONE

        def share(part: int | None, whole: int | None) -> Share | None:
            if whole == 0:
                return zero
            if part is None or whole is None or part > whole:
                return NONE
            above, below = part * enlarged, whole * goal
            return (above, 0, below) if above < below else FULL

        return share

    def reason(self, case: Case) -> Text:
        """What is earned, per year if years are judged."""
        if self.years is None:
            return self._period(case, None, case.whole(self.of), case.whole(self.by))
        part, whole = case.series(self.of) or {}, case.series(self.by) or {}
        years = [str(year) for year in case.parameters.years(self.years)]
        return joined([self._period(case, year, part.get(year), whole.get(year)) for year in years])

    def _period(self, case: Case, year: str | None, part: int | None, whole: int | None) -> Text:
        of, by = case.label(self.of), case.label(self.by)
        zh, en = (f"{year} 年", f"{year}: ") if year else ("", "")
        if whole == 0:
            return text(f"{zh}{by.zh}为 0，无从计算", f"{en}{by.en} is 0, nothing to compute")
        if part is None or whole is None:
            return not_given(of if part is None else by, year)
        if part > whole:
            return text(
                f"{zh}{of.zh} {part} 多于{by.zh} {whole}，填报有误",
                f"{en}{of.en} {part} exceeds {by.en} {whole}: wrongly given",
            )
        goal = case.parameters.of(self.full_at)
        share = Fraction(part, whole)
        figure, earned = percent(share), percent(min(Fraction(1), share * 100 / case.parameters.percent(self.full_at)))
        return text(
            f"{zh}{of.zh} {part}/{whole}＝{figure}，满分线 {goal} %，得 {earned}",
            f"{en}{of.en} {part}/{whole} = {figure}, full at {goal} %, earns {earned}",
        )

    def fulfil(self, case: Case) -> Changes | None:
        """Enough, in every year that is judged."""
        if self.years is None:
            part, whole = self._enough(case, case.whole(self.of), case.whole(self.by))
            return {self.of: part, self.by: whole}
        parts, wholes = dict(case.series(self.of) or {}), dict(case.series(self.by) or {})
        for year in map(str, case.parameters.years(self.years)):
            parts[year], wholes[year] = self._enough(case, parts.get(year), wholes.get(year))
        return {self.of: parts, self.by: wholes}

    def _enough(self, case: Case, part: int | None, whole: int | None) -> tuple[int, int]:
        if whole == 0 and self.zero == "skip":
            return part or 0, whole
        goal, borrowed = case.parameters.percent(self.full_at) / 100, case.fields[self.by].origin is not None
        return raised(part, whole, goal, given_elsewhere=borrowed)

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        kind = "yearly" if self.years else "integer"
        yield from needs("of", self.of, kind)
        yield from needs("by", self.by, kind)
        yield from parameter_needs("full_at", [self.full_at], "percent")
        yield from parameter_needs("years", [self.years], "years")
