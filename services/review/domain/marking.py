"""Experts are assigned to a case and mark what only people can judge; when the last one has marked, the marks settle.

Where the procedure has marks normalised, they settle when the marking of the whole round is closed, with their cohort.
Recusal is checked when an expert is assigned and again when they mark, each time with the ties known then. Marks of a
recused expert are kept and not counted.
"""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from pydantic import Field

from services.review.domain import moves
from services.review.domain.case import Case, Seat
from services.review.domain.cohort import Frozen
from services.review.domain.marks import wrong_marks
from services.review.domain.normalising import Given, Yardstick, said
from services.review.domain.recusal import Invited, must_stand_aside
from services.review.domain.reference import unexplained, without_mark
from services.review.domain.settling import in_all, settle
from services.review.domain.stages import ExpertPanel
from shared.contracts.cases import MarksSettled
from shared.contracts.text import Text
from shared.kernel.change import Change, NotYet, Refused
from shared.kernel.command import Command, missing, refused
from shared.kernel.problem import Problem, problem


class Assign(Command):
    """Give experts a seat at the case, and release others who have not marked."""

    experts: tuple[Invited, ...]
    release: tuple[str, ...] = ()


class Mark(Command):
    """An expert's marks on every judged item; until the marks settle they may be sent again."""

    expert: Invited
    marks: dict[str, Decimal]
    reasons: dict[str, Text] = Field(default_factory=dict)
    """Per item, why the mark is off the computed or the province's value."""


def assign(case: Case | None, command: Assign, now: datetime) -> Change[Case]:
    """Seat the experts: all of them, or none.

    Raises:
        Refused: one is not active, seated already, named twice, or has to stand aside; each by id, never by name.
    """
    case, stage = _before_settling(case)
    named = Counter(invited.expert for invited in command.experts)
    problems = [
        *(_assigned(expert) for expert, times in named.items() if times > 1),
        *(found for invited in command.experts if (found := _unfit(case, stage, invited, now))),
        *(_not_waiting(expert) for expert in command.release if not _has_seat(case, expert, "assigned")),
    ]
    if problems:
        raise Refused(*problems)
    kept = tuple(s.model_copy(update={"status": "released"}) if s.expert in command.release else s for s in case.seats)
    back = {invited.expert for invited in command.experts}
    seats = (
        *(seat for seat in kept if seat.expert not in back),
        *(Seat(expert=invited.expert, status="assigned") for invited in command.experts),
    )
    return _settle_if_complete(case.but(seats=seats), stage)


def mark(case: Case | None, command: Mark, now: datetime) -> Change[Case]:
    """Take an expert's marks; if a tie has become known, recuse the expert instead and take nothing.

    The edge tells the two apart by the expert's seat.

    Raises:
        Refused: not seated here; a mark is missing or outside its scale; or one that is far off has no reason.
    """
    case, stage = _before_settling(case)
    expert = command.expert.expert
    if not (_has_seat(case, expert, "assigned") or _has_seat(case, expert, "marked")):
        raise refused(
            "marks.not-assigned",
            "expert",
            rule=("您未被安排评审此案件，或已回避。", "You are not assigned to this case, or have stood aside."),
            remedy=("如有疑问请联系评审办公室。", "Ask the office if in doubt."),
        )
    if must_stand_aside(command.expert.ties, case.chamber.code, now, stage.look_back_years):
        return _settle_if_complete(_reseat(case, expert, status="recused"), stage)
    wrong = wrong_marks(case.judged, command.marks) or [
        *unexplained(case, command.marks, command.reasons, stage.reason_percent),
        *without_mark(command.marks, command.reasons),
    ]
    if wrong:
        raise Refused(*wrong)
    marked = _reseat(case, expert, status="marked", marks=command.marks, reasons=command.reasons)
    return _settle_if_complete(marked, stage)


def hear_cohort(case: Case | None, message: Frozen, _now: datetime) -> Change[Case] | None:
    """The marking was closed: settle by the cohort, unless the marks are not those it was frozen with.

    Raises:
        NotYet: there is no such case yet.
    """
    if case is None:
        raise NotYet("case")
    stage = case.current
    if isinstance(stage, ExpertPanel) and is_marked(case) and given_in(case) == message.given:
        return _settled(case.but(cohort=message.cohort), stage, message.yardstick)
    return None


def is_marked(case: Case) -> bool:
    """Whether all its experts are there and have marked, and the marks wait to be settled."""
    stage = case.current
    if not isinstance(stage, ExpertPanel) or case.settled or not case.judged:
        return False
    counted = _counted(case)
    return len(counted) >= stage.experts and all(case.judged.keys() <= seat.marks.keys() for seat in counted)


def given_in(case: Case) -> tuple[Given, ...]:
    """What each expert gave the case in all, by expert; of a case that is marked."""
    return in_all(case.id, _counted(case), case.judged)


def _settle_if_complete(case: Case, stage: ExpertPanel) -> Change[Case]:
    """Settle once all have marked; where marks are normalised, they wait for their cohort."""
    return _settled(case, stage, None) if is_marked(case) and stage.normalise is None else Change(case)


def _settled(case: Case, stage: ExpertPanel, yardstick: Yardstick | None) -> Change[Case]:
    marks = settle(_counted(case), case.judged, stage.trim_from, yardstick)
    fact = MarksSettled(
        **moves.about(case),
        marks=marks,
        cohort=case.cohort or None,
        normalised=said(yardstick) if yardstick else None,
    )
    return Change(case.but(settled=marks, yardstick=yardstick), (fact,))


def _counted(case: Case) -> list[Seat]:
    return [seat for seat in case.seats if seat.counts]


def _before_settling(case: Case | None) -> tuple[Case, ExpertPanel]:
    if case is None:
        raise missing("case", "", "该案件", "such case")
    stage = case.current
    if stage is None or stage.kind != "expert_panel":
        raise refused(
            "case.wrong-stage",
            "stage",
            rule=("该案件不在专家评审环节。", "The case is not before the experts."),
            remedy=("请查看案件目前所在环节。", "See which stage the case is in."),
        )
    if case.settled or not case.judged:
        raise refused(
            "marks.settled",
            "marks",
            rule=("该案件的专家评分已经汇总，不再变动。", "The marks on this case are settled and do not change."),
            remedy=("无需再评；等候委员会表决。", "Nothing more to mark; the committee votes next."),
        )
    return case, stage


def _unfit(case: Case, stage: ExpertPanel, invited: Invited, now: datetime) -> Problem | None:
    expert = invited.expert
    if not invited.active:
        return inactive(expert)
    if _has_seat(case, expert, "assigned") or _has_seat(case, expert, "marked"):
        return _assigned(expert)
    if _has_seat(case, expert, "recused") or must_stand_aside(
        invited.ties, case.chamber.code, now, stage.look_back_years
    ):
        return conflict(expert, case.id)
    return None


def _assigned(expert: str) -> Problem:
    return problem(
        "expert.assigned",
        expert,
        rule=(f"专家 {expert} 已在本案评审之列。", f"Expert {expert} is assigned to this case already."),
        remedy=("不必重复安排。", "No need to assign them again."),
    )


def inactive(expert: str) -> Problem:
    """The expert may not be invited."""
    return problem(
        "expert.inactive",
        expert,
        rule=(f"专家 {expert} 不在可邀请之列。", f"Expert {expert} may not be invited."),
        remedy=("请另选专家，或先更新专家库。", "Choose another, or update the pool first."),
    )


def conflict(expert: str, case: str) -> Problem:
    """The expert has to stand aside; which tie it is stays with the office."""
    return problem(
        "expert.conflict",
        expert,
        rule=(f"专家 {expert} 与案件 {case} 的商会有关联，须回避。", f"Expert {expert} has to stand aside in {case}."),
        remedy=("请由其他专家办理。", "Another expert has to take it."),
    )


def _not_waiting(expert: str) -> Problem:
    return problem(
        "expert.not-waiting",
        f"release.{expert}",
        rule=(f"专家 {expert} 不在等待评分之列。", f"Expert {expert} is not waited for."),
        remedy=("只能替换尚未评分的专家。", "Only an expert who has not marked can be released."),
    )


def _has_seat(case: Case, expert: str, status: str) -> bool:
    return any(seat.expert == expert and seat.status == status for seat in case.seats)


def _reseat(case: Case, expert: str, **changes: object) -> Case:
    return case.but(seats=tuple(s.model_copy(update=changes) if s.expert == expert else s for s in case.seats))
