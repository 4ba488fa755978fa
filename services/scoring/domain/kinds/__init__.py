"""The kinds of rules that a rubric may use. A rubric names a kind and its settings; the code here is the engine.

- `gate`       admits or excludes, no points
- `threshold`  a percentage to be reached, in every period
- `trend`      a number that must grow
- `ratio`      points in proportion to a percentage
- `checklist`  a set of yes/no facts
- `count`      a number, with steps
- `deduction`  full points less occurrences
- `bonus`      extra points with a cap, against points lost in the clause
- `judged`     a mark by experts
"""

from typing import Annotated

from pydantic import Field

from services.scoring.domain.kinds.bonus import Bonus
from services.scoring.domain.kinds.checklist import Checklist
from services.scoring.domain.kinds.count import Count
from services.scoring.domain.kinds.deduction import Deduction
from services.scoring.domain.kinds.gate import Gate
from services.scoring.domain.kinds.judged import Judged
from services.scoring.domain.kinds.ratio import Ratio
from services.scoring.domain.kinds.threshold import Threshold
from services.scoring.domain.kinds.trend import Trend

PointRule = Threshold | Trend | Ratio | Checklist | Count | Deduction | Judged
"""The kinds that give a share of an item's points."""
AnyRule = Annotated[Gate | Bonus | PointRule, Field(discriminator="kind")]
"""Every kind, told apart by `kind`."""

__all__ = [
    "AnyRule",
    "Bonus",
    "Checklist",
    "Count",
    "Deduction",
    "Gate",
    "Judged",
    "PointRule",
    "Ratio",
    "Threshold",
    "Trend",
]
