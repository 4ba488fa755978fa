"""The experts' marks, checked against the rubric."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from services.scoring.domain.rubric import Rubric
from services.scoring.domain.words import rounded
from shared.contracts.text import text
from shared.kernel.problem import Problem

Marks = Mapping[str, Decimal | Fraction]
"""Item code → experts' mark, 0 to `Rubric.judged_maxima[code]`."""


def check_marks(marks: Marks, rubric: Rubric) -> list[Problem]:
    """Marks for items that are not judged, and marks outside 0…maximum."""
    problems = []
    for code in sorted(marks):
        most = rubric.items[code].mark_of if code in rubric.items else Fraction(0)
        if not most:
            rule = text(f"指标 {code} 不由专家评分", f"item {code} is not marked by experts")
            remedy = text("删去该评分", "remove the mark")
        elif not 0 <= Fraction(marks[code]) <= most:
            rule = text(f"评分应在 0 至 {rounded(most)} 之间", f"the mark must lie between 0 and {rounded(most)}")
            remedy = text("更正评分", "correct the mark")
        else:
            continue
        problems.append(Problem(code="marks.invalid", field=f"marks.{code}", rule=rule, remedy=remedy))
    return problems
