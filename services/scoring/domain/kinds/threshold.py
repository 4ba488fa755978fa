"""Threshold: a part of a whole must reach a percentage, in every period by itself (S:004 B2.i “20%以上”).

“以上” includes the number itself: exactly 20 % passes. All comparisons are between whole numbers. Each period gives an
equal part of the points. A period whose whole is zero is `skip`ped, or gives `none`, as the rule says.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import Literal

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.figure import NO_COUNTS, NONE, Figure, Row, Share, Terms
from services.scoring.domain.kinds.parts import raised
from services.scoring.domain.kinds.rule import Changes, Percentage, Reference, Rule
from services.scoring.domain.words import joined, not_given, percent
from shared.contracts.text import Text, text

_TO_BE_NAMED = "待填报"
"""The name of an event that the chamber still has to give."""


class Threshold(Rule):
    """`of` divided by `by` must reach `percent` in every year, or in every event that `by` names."""

    kind: Literal["threshold"]
    of: str
    """Field of the part, e.g. firms visited."""
    by: str
    """Field of the whole, e.g. member firms."""
    percent: Percentage
    """The percentage that must be reached."""
    years: Reference | None = None
    """The years judged; without it, every event of `by`."""
    within: bool = True
    """Whether the part lies within the whole, so that a greater part must be an error."""
    zero: Literal["none", "skip"]
    """A period whose whole is zero gives no points, or is left out."""
    about: Reference | None = None
    """How the round understands the open word of the text, e.g. 有效."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        of, by, wanted = case.label(self.of), case.label(self.by), case.parameters.of(self.percent)
        each = text("每年", "each year") if self.years else text("每次", "each time")
        rule = text(f"{each.zh}{of.zh}÷{by.zh}≥{wanted} %", f"{each.en}: {of.en} ÷ {by.en} ≥ {wanted} %")
        if self.about is None:
            return rule
        about = case.parameters.text(self.about)
        return text(f"{rule.zh}（{about.zh}）", f"{rule.en} ({about.en})")

    def figure(self, terms: Terms) -> Figure:
        """Every period by itself."""
        of, by = terms.places[self.of], terms.places[self.by]
        years = terms.years(self.years) if self.years else None
        above, below = (terms.parameters.percent(self.percent) / 100).as_integer_ratio()
        skips, beyond = self.zero == "skip", not self.within

        def figure(row: Row) -> Share | None:
            parts, wholes = row[of] or NO_COUNTS, row[by] or NO_COUNTS
            periods = years or {*parts, *wholes}
            reached, judged = 0, len(periods)
            for period in periods:
                part, whole = parts.get(period), wholes.get(period)
                if whole == 0:
                    judged -= skips
                elif part is not None and whole is not None and part * below >= above * whole:
                    reached += part <= whole or beyond
            return (reached, 0, judged) if judged else None if periods else NONE

        return figure

    def reason(self, case: Case) -> Text:
        """Every period by itself."""
        part, whole = case.series(self.of) or {}, case.series(self.by) or {}
        periods = [str(y) for y in case.parameters.years(self.years)] if self.years else sorted({*part, *whole})
        if not periods:
            return not_given(case.label(self.by))
        return joined([self._period(case, period, part.get(period), whole.get(period)) for period in periods])

    def _period(self, case: Case, period: str, part: int | None, whole: int | None) -> Text:
        label, wanted = case.label(self.of), case.parameters.percent(self.percent)
        when = f"{period} 年" if self.years else f"{period}："
        if whole == 0:
            zero = case.label(self.by)
            return text(f"{when}{zero.zh}为 0，无从计算", f"{period}: {zero.en} is 0, nothing to compute")
        if part is None or whole is None:
            return not_given(label if part is None else case.label(self.by), period)
        if self.within and part > whole:
            return text(
                f"{when}{label.zh} {part} 多于{case.label(self.by).zh} {whole}，填报有误",
                f"{period}: {label.en} {part} exceeds {case.label(self.by).en} {whole}: wrongly given",
            )
        reached = percent(Fraction(part, whole))
        figure, plain = f"{part}/{whole}＝{reached}", f"{part}/{whole} = {reached}"
        goal = case.parameters.of(self.percent)
        if part * 100 >= wanted * whole:
            return text(f"{when}{label.zh} {figure}，达到 {goal} %", f"{period}: {plain}, reaches {goal} %")
        gap, unit = ceil(wanted * whole / 100) - part, case.unit(self.of)
        return text(
            f"{when}{label.zh} {figure}，未达到 {goal} %，差 {gap} {unit.zh}".rstrip(),
            f"{period}: {plain}, below {goal} %, {gap} {unit.en} short".replace("  ", " "),
        )

    def fulfil(self, case: Case) -> Changes | None:
        """Enough in every period that falls short; where an event is to be named and none is, one of one."""
        goal, borrowed = case.parameters.percent(self.percent) / 100, case.fields[self.by].origin is not None
        parts, wholes = dict(case.series(self.of) or {}), dict(case.series(self.by) or {})
        years = [str(year) for year in case.parameters.years(self.years)] if self.years else []
        for period in years or sorted({*parts, *wholes}) or [_TO_BE_NAMED]:
            part, whole = parts.get(period), wholes.get(period)
            skipped = whole == 0 and self.zero == "skip"
            reached = part is not None and whole and goal * whole <= part and (part <= whole or not self.within)
            if not (skipped or reached):
                parts[period], wholes[period] = raised(part, whole, goal, given_elsewhere=borrowed)
        return {self.of: parts, self.by: wholes}

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        kind = "yearly" if self.years else "series"
        yield from needs("of", self.of, kind)
        yield from needs("by", self.by, kind)
        yield from parameter_needs("percent", [self.percent], "percent")
        yield from parameter_needs("years", [self.years], "years")
        yield from parameter_needs("about", [self.about], "text")
