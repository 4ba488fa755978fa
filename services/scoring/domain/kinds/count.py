"""Count: a number of activities, documents or cases, with steps (e.g. 1 earns 50 %, 4 earn all).

Where the text says only “经常性” or “一定数量”, the step is a round parameter; other steps are the rubric's own.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field as Setting

from services.scoring.domain.case import Case, Finding, Need, needs, parameter_needs, scored
from services.scoring.domain.kinds.rule import Reference, Rule, Whole
from services.scoring.domain.words import joined, not_given, percent
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
        steps = self._steps(case)
        zh = "，".join(f"{number} {unit.zh}得 {share} %" for number, share in steps)
        en = ", ".join(f"{number} {unit.en}".rstrip() + f" earn {share} %" for number, share in steps)
        rule = text(f"{each.zh}{label.zh}：{zh}", f"{each.en}{label.en}: {en}")
        if self.about is None:
            return rule
        about = case.parameters.text(self.about)
        return text(f"{rule.zh}（{about.zh}）", f"{rule.en} ({about.en})")

    def find(self, case: Case) -> Finding:
        """The share, per year if years are judged."""
        if self.years is None:
            found = [self._one(case, None, case.whole(self.field))]
        else:
            counts = case.series(self.field) or {}
            found = [self._one(case, str(y), counts.get(str(y))) for y in case.parameters.years(self.years)]
        return scored(sum((share for share, _ in found), Fraction(0)) / len(found), joined([why for _, why in found]))

    def _one(self, case: Case, year: str | None, number: int | None) -> tuple[Fraction, Text]:
        label, unit = case.label(self.field), case.unit(self.field)
        if number is None:
            return Fraction(0), not_given(label, year)
        steps = self._steps(case)
        share = Fraction(max((share for least, share in steps if number >= least), default=0), 100)
        when = text(f"{year} 年", f"{year}: ") if year else text("", "")
        reason = text(
            f"{when.zh}{label.zh} {number} {unit.zh}".rstrip(), f"{when.en}{label.en}: {number} {unit.en}".rstrip()
        )
        if share == 1:
            return share, reason
        full = min((least for least, part in steps if part == 100), default=steps[-1][0])  # noqa: PLR2004 - percent
        return share, text(
            f"{reason.zh}，得 {percent(share)}，满分需 {full}",
            f"{reason.en}, earns {percent(share)}, full points from {full}",
        )

    def _steps(self, case: Case) -> list[tuple[int, int]]:
        """The steps as numbers, smallest first."""
        return sorted((case.parameters.whole(number), share) for number, share in self.steps.items())

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        yield from needs("field", self.field, "yearly" if self.years else "integer")
        yield from parameter_needs("steps", self.steps, "integer")
        yield from parameter_needs("years", [self.years], "years")
        yield from parameter_needs("about", [self.about], "text")
