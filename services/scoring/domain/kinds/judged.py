"""Judged mark: what no number shows, experts mark (S:004 B1.a “团结凝聚力强”); until then it is pending."""

from collections.abc import Iterator
from typing import Literal

from services.scoring.domain.case import Case, Need
from services.scoring.domain.figure import PENDING, Figure, Row, Share, Terms
from services.scoring.domain.kinds.rule import Changes, Rule
from services.scoring.domain.words import rounded
from shared.contracts.text import Text, text


class Judged(Rule):
    """A mark between 0 and the rule's points, given by people who read the evidence."""

    kind: Literal["judged"]

    def words(self, case: Case) -> Text:
        """The rule in words."""
        most = rounded(case.mark_of)
        return text(f"专家评分，0～{most} 分", f"marked by experts, 0 to {most} points")

    def figure(self, terms: Terms) -> Figure:
        """The mark as a part of its scale, or pending."""
        place, most = terms.mark, terms.mark_of

        def figure(row: Row) -> Share:
            mark = row[place]
            if mark is None:
                return PENDING
            above, below = mark.as_integer_ratio()
            return above * most.denominator, 0, below * most.numerator

        return figure

    def reason(self, case: Case) -> Text:
        """The mark, or that it is awaited."""
        most = rounded(case.mark_of)
        if case.mark is None:
            return text(f"待专家评分（{most} 分）", f"to be marked by experts ({most} points)")
        given = rounded(case.mark)
        return text(f"专家评分 {given}/{most}", f"experts' mark {given} of {most}")

    def fulfil(self, case: Case) -> Changes | None:
        """No fact earns it: only experts give it."""
        del case
        return None

    def needs(self) -> Iterator[Need]:
        """It reads no facts; experts do."""
        yield from ()
