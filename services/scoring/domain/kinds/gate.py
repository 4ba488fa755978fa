"""Gate: admits or excludes, and gives no points (S:004 D1.c “年检(年报)为合格”).

Met 通过, not met 不通过, not applicable 不适用 (by the item's condition), to be verified 待核 (a fact is missing).
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.scoring.domain.case import Case, Need
from services.scoring.domain.conditions import Condition
from services.scoring.domain.figure import Terms, Test
from services.scoring.domain.words import joined
from shared.contracts.scores import GateResult
from shared.contracts.text import Text, text


class Gate(BaseModel):
    """A demand that must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["gate"]
    require: Condition
    """What is demanded."""

    def words(self, case: Case) -> Text:
        """The rule in words."""
        demand = self.require.words(case)
        return text(f"须满足：{demand.zh}", f"demanded: {demand.en}")

    def test(self, terms: Terms) -> Test:
        """The test whether the demand holds in a row of facts."""
        return self.require.test(terms)

    def reason(self, case: Case) -> Text:
        """The facts; where they do not meet the demand, the demand, too."""
        actual = joined(list(self.require.actual(case)))
        if self.require.holds(case):
            return actual
        demand = self.require.words(case)
        return text(f"{actual.zh}；要求：{demand.zh}", f"{actual.en}; demanded: {demand.en}")

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        yield from self.require.needs()


def verdict(holds: bool | None) -> GateResult:  # noqa: FBT001 - three values: yes, no, unknown
    """A condition's answer as a gate's result."""
    return "to_be_verified" if holds is None else "met" if holds else "not_met"
