"""Ratio: points in proportion, full when a part of a whole reaches a percentage (S:004 B2.h “占一定比例”).

Unlike a threshold, which is reached or not, half of the percentage earns half of the points.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from services.scoring.domain.case import Case, Finding, Need, needs, not_applicable, parameter_needs, scored
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

    def find(self, case: Case) -> Finding:
        """The share, per year if years are judged."""
        if self.years is None:
            found = [self._one(case, None, case.whole(self.of), case.whole(self.by))]
        else:
            part, whole = case.series(self.of) or {}, case.series(self.by) or {}
            years = [str(year) for year in case.parameters.years(self.years)]
            found = [self._one(case, year, part.get(year), whole.get(year)) for year in years]
        judged = [share for share, _ in found if share is not None]
        reason = joined([why for _, why in found])
        return scored(sum(judged, Fraction(0)) / len(judged), reason) if judged else not_applicable(reason)

    def _one(self, case: Case, year: str | None, part: int | None, whole: int | None) -> tuple[Fraction | None, Text]:
        of, by = case.label(self.of), case.label(self.by)
        when = text(f"{year} 年", f"{year}: ") if year else text("", "")
        if whole == 0:
            why = text(f"{when.zh}{by.zh}为 0，无从计算", f"{when.en}{by.en} is 0, nothing to compute")
            return (None if self.zero == "skip" else Fraction(0)), why
        if part is None or whole is None:
            return Fraction(0), not_given(of if part is None else by, year)
        if part > whole:
            return Fraction(0), text(
                f"{when.zh}{of.zh} {part} 多于{by.zh} {whole}，填报有误",
                f"{when.en}{of.en} {part} exceeds {by.en} {whole}: wrongly given",
            )
        goal = case.parameters.of(self.full_at)
        share = min(Fraction(1), Fraction(part, whole) * 100 / case.parameters.percent(self.full_at))
        figure = percent(Fraction(part, whole))
        return share, text(
            f"{when.zh}{of.zh} {part}/{whole}＝{figure}，满分线 {goal} %，得 {percent(share)}",
            f"{when.en}{of.en} {part}/{whole} = {figure}, full at {goal} %, earns {percent(share)}",
        )

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        kind = "yearly" if self.years else "integer"
        yield from needs("of", self.of, kind)
        yield from needs("by", self.by, kind)
        yield from parameter_needs("full_at", [self.full_at], "percent")
        yield from parameter_needs("years", [self.years], "years")
