"""The federation's own opinion on judged items 省级初评: what it would give, told upward with the nomination.

It earns no points. An expert whose mark is far off says why. That a province may give one is ours.
"""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from services.review.domain.case import Case, Opinion
from services.review.domain.marks import wrong_mark
from shared.contracts.area import CENTRE
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, missing, refused


class Opine(Command):
    """Say what the federation would give; what was said before is replaced."""

    marks: dict[str, Decimal] = Field(min_length=1)


def opine(case: Case | None, command: Opine, now: datetime) -> Change[Case] | None:
    """Take the opinion; None if it was said before.

    Raises:
        Refused: the case is not open here or its experts are marking, or a value does not fit its item.
    """
    if case is None:
        raise missing("case", "", "该案件", "such case")
    if case.jurisdiction == CENTRE:
        raise refused(
            "opinion.centre",
            "case",
            rule=("初评由省级提出，全国案件不适用。", "A province gives its opinion; at the centre there is none."),
            remedy=("请在省级案件中提出。", "Give it in the province's case."),
        )
    if case.current is None or any(seat.status == "marked" for seat in case.seats):
        raise refused(
            "opinion.closed",
            "stage",
            rule=("案件不在办理中，或专家已开始评分。", "The case is not open, or its experts have begun to mark."),
            remedy=("初评须在专家评分之前提出。", "Give the opinion before the experts mark."),
        )
    judged, given = case.judged, sorted(command.marks.items())
    if wrong := [found for item, mark in given if (found := wrong_mark(item, judged.get(item), mark))]:
        raise Refused(*wrong)
    if case.opinion and case.opinion.marks == command.marks:
        return None
    return Change(case.but(opinion=Opinion(marks=command.marks, by=command.by, at=now)))
