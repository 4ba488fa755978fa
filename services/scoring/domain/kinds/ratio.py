"""Ratio: points in proportion, full when a part of a whole reaches a percentage (S:004 B2.h “占一定比例”).

Unlike a threshold, which is reached or not, half of the percentage earns half of the points.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.figure import NO_COUNTS, Figure, Row, Share, Terms, mean
from services.scoring.domain.kinds.rule import Percentage, Reference, Rule
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
        full = terms.parameters.percent(self.full_at) / 100
        if self.years is None:

            def once(row: Row) -> Share | None:
                share = self._share(row[of], row[by], full)
                return None if share is None else (share[0], 0, share[1])

            return once
        years = terms.years(self.years)

        def yearly(row: Row) -> Share | None:
            part, whole = row[of] or NO_COUNTS, row[by] or NO_COUNTS
            found = [self._share(part.get(year), whole.get(year), full) for year in years]
            judged = [share for share in found if share is not None]
            return mean(judged) if judged else None

        return yearly

    def _share(self, part: int | None, whole: int | None, full: Fraction) -> tuple[int, int] | None:
        """The share of one period, as numerator and denominator; None if it is left out."""
        if whole == 0:
            return None if self.zero == "skip" else (0, 1)
        if part is None or whole is None or part > whole:
            return 0, 1
        above, below = part * full.denominator, whole * full.numerator
        return (above, below) if above < below else (1, 1)

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
        share = self._share(part, whole, case.parameters.percent(self.full_at) / 100) or (0, 1)
        figure, earned = percent(Fraction(part, whole)), percent(Fraction(*share))
        return text(
            f"{zh}{of.zh} {part}/{whole}＝{figure}，满分线 {goal} %，得 {earned}",
            f"{en}{of.en} {part}/{whole} = {figure}, full at {goal} %, earns {earned}",
        )

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        kind = "yearly" if self.years else "integer"
        yield from needs("of", self.of, kind)
        yield from needs("by", self.by, kind)
        yield from parameter_needs("full_at", [self.full_at], "percent")
        yield from parameter_needs("years", [self.years], "years")
