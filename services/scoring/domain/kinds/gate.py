"""Gate: admits or excludes, and gives no points (S:004 D1.c “年检(年报)为合格”).

Met 通过, not met 不通过, not applicable 不适用 (by the item's condition), to be verified 待核 (a fact is missing).
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.scoring.domain.case import Case, Need
from services.scoring.domain.conditions import Condition
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

    def judge(self, case: Case) -> tuple[GateResult, Text]:
        """How it comes out, with the facts."""
        result = verdict(self.require.holds(case))
        actual = joined(list(self.require.actual(case)))
        if result == "met":
            return result, actual
        demand = self.require.words(case)
        return result, text(f"{actual.zh}；要求：{demand.zh}", f"{actual.en}; demanded: {demand.en}")

    def needs(self) -> Iterator[Need]:
        """The fields and parameters it refers to."""
        yield from self.require.needs()


def verdict(holds: bool | None) -> GateResult:  # noqa: FBT001 - three values: yes, no, unknown
    """A condition's answer as a gate's result."""
    return "to_be_verified" if holds is None else "met" if holds else "not_met"
