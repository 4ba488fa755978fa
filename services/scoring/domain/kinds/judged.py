"""Judged mark: what no number shows, experts mark (S:004 B1.a “团结凝聚力强”); until then it is pending."""

from collections.abc import Iterator
from typing import Literal

from services.scoring.domain.case import Case, Finding, Need, scored
from services.scoring.domain.kinds.rule import Rule
from services.scoring.domain.words import rounded
from shared.contracts.text import Text, text


class Judged(Rule):
    """A mark between 0 and the rule's points, given by people who read the evidence."""

    kind: Literal["judged"]

    def words(self, case: Case) -> Text:
        """The rule in words."""
        most = rounded(case.mark_of)
        return text(f"专家评分，0～{most} 分", f"marked by experts, 0 to {most} points")

    def find(self, case: Case) -> Finding:
        """The mark, or pending."""
        most = rounded(case.mark_of)
        if case.mark is None:
            return Finding("pending", text(f"待专家评分（{most} 分）", f"to be marked by experts ({most} points)"))
        given = rounded(case.mark * case.mark_of)
        return scored(case.mark, text(f"专家评分 {given}/{most}", f"experts' mark {given} of {most}"))

    def needs(self) -> Iterator[Need]:
        """It reads no facts; experts do."""
        yield from ()
