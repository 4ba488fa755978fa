"""A cohort 评分基准: the marking of a round is closed, and by what its marks are normalised is frozen.

One document holds which cases and which experts belong to it, what each gave each case in all, and the means and
deviations that follow. It announces one fact; every case of it hears that, and settles its marks by it. A case whose
marks have changed in between lets the fact go by and waits for another closing, which is a cohort of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.normalising import Given, Yardstick, measured
from shared.contracts.area import Area
from shared.contracts.cases import CohortFrozen
from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.change import Change
from shared.kernel.command import Command, exists, refused
from shared.kernel.state import State


class Cohort(State):
    """A cohort, as it was frozen."""

    id: str
    """`<round>@<jurisdiction>-<number>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Whose marking was closed."""
    given: tuple[Given, ...]
    """What every expert gave every case of it, by case and expert."""
    yardstick: Yardstick
    """The means and deviations that follow."""
    left_out: tuple[str, ...]
    """Cases before the experts whose marks were not complete."""
    reason: Text | None
    """Why the marking was closed without them."""
    frozen: Instant
    """When."""
    by: Actor
    """Who closed it."""

    @property
    def cases(self) -> tuple[str, ...]:
        """Its cases, by id."""
        return tuple(dict.fromkeys(one.case for one in self.given))


class CloseMarking(Command):
    """Close the marking and freeze the cohort."""

    id: str
    round: str
    jurisdiction: Area
    reason: Text | None = None
    """Why, though the marks of some cases are not complete."""
    min_cases: int = Field(exclude=True)
    given: tuple[Given, ...] = Field(exclude=True)
    unfinished: tuple[str, ...] = Field(exclude=True)


class Frozen(BaseModel):
    """What one case hears of its cohort."""

    model_config = ConfigDict(frozen=True)

    cohort: str
    given: tuple[Given, ...]
    """What its experts had given it when the cohort was frozen."""
    yardstick: Yardstick
    """With its experts only."""


def close_marking(cohort: Cohort | None, command: CloseMarking, now: datetime) -> Change[Cohort]:
    """Freeze the cohort of all cases whose marks are complete; it does not change any more.

    Raises:
        Refused: closed before under this number, no case is complete, or some are not and no reason is given.
    """
    if cohort is not None:
        raise exists("cohort", cohort.id, "评分截止", "closing of the marking")
    if not command.given:
        raise refused(
            "cohort.empty",
            "round",
            rule=("没有评分齐全、尚未汇总的案件。", "No case has all its marks and is not settled."),
            remedy=("请待专家评分后再截止。", "Close the marking when the experts have marked."),
        )
    if command.unfinished and command.reason is None:
        left, first = len(command.unfinished), command.unfinished[0]
        raise refused(
            "cohort.unfinished",
            "reason",
            rule=(f"尚有 {left} 件评分未齐，如 {first}。", f"{left} cases lack marks, {first} for one."),
            remedy=(
                "请催评或另行安排专家；确需截止的，在 reason 说明理由，未齐者另行截止。",
                "Have them marked; or say in `reason` why it is closed without them: they need a closing of their own.",
            ),
        )
    given = tuple(sorted(command.given, key=lambda one: (one.case, one.expert)))
    frozen = Cohort(
        id=command.id,
        round=command.round,
        jurisdiction=command.jurisdiction,
        given=given,
        yardstick=measured(given, command.min_cases),
        left_out=tuple(sorted(command.unfinished)),
        reason=command.reason if command.unfinished else None,
        frozen=now,
        by=command.by,
    )
    return Change(frozen, (_fact(frozen),))


def heard_by_cases(cohort: Cohort) -> Mapping[str, Frozen]:
    """What each of its cases hears."""
    rows: dict[str, list[Given]] = {}
    for one in cohort.given:
        rows.setdefault(one.case, []).append(one)
    return {case: _heard(cohort, row) for case, row in rows.items()}


def _heard(cohort: Cohort, row: Sequence[Given]) -> Frozen:
    return Frozen(cohort=cohort.id, given=tuple(row), yardstick=cohort.yardstick.of(one.expert for one in row))


def _fact(cohort: Cohort) -> CohortFrozen:
    yardstick = cohort.yardstick
    return CohortFrozen(
        area=cohort.jurisdiction,
        cohort=cohort.id,
        round=cohort.round,
        cases=cohort.cases,
        min_cases=yardstick.min_cases,
        experts=len(yardstick.experts),
        normalised=sum(one.normalised for one in yardstick.experts),
        mean=yardstick.mean,
        deviation=yardstick.deviation,
    )
