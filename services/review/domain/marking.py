"""Experts are assigned to a case and mark what only people can judge; when the last one has marked, the marks settle.

Recusal is checked when an expert is assigned and again when they mark, each time with the ties known then. Marks of a
recused expert are kept and not counted.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from services.review.domain import moves
from services.review.domain.case import Case, Seat
from services.review.domain.recusal import Invited, must_stand_aside
from services.review.domain.stages import ExpertPanel
from services.review.domain.trimmed import PLACES, settle_item
from shared.contracts.cases import MarksSettled
from shared.kernel.change import Change, Refused
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


def assign(case: Case | None, command: Assign, now: datetime) -> Change[Case]:
    """Seat the experts: all of them, or none.

    Raises:
        Refused: one is not active, seated already, or has to stand aside; each is named by id, never by name.
    """
    case, stage = _before_settling(case)
    problems = [
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
    if wrong := _wrong_marks(case.judged, command.marks):
        raise Refused(*wrong)
    return _settle_if_complete(_reseat(case, expert, status="marked", marks=command.marks), stage)


def _settle_if_complete(case: Case, stage: ExpertPanel) -> Change[Case]:
    """Settle once enough experts are seated and all of them have marked every judged item."""
    counted = [seat for seat in case.seats if seat.counts]
    if len(counted) < stage.experts or not all(case.judged.keys() <= seat.marks.keys() for seat in counted):
        return Change(case)
    settled = tuple(
        settle_item(item, of, [seat.marks[item] for seat in counted], stage.trim_from)
        for item, of in case.judged.items()
    )
    fact = MarksSettled(**moves.about(case), marks=settled)
    return Change(case.but(settled=settled), (fact,))


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
        return problem(
            "expert.inactive",
            expert,
            rule=(f"专家 {expert} 不在可邀请之列。", f"Expert {expert} may not be invited."),
            remedy=("请另选专家，或先更新专家库。", "Choose another, or update the pool first."),
        )
    if _has_seat(case, expert, "assigned") or _has_seat(case, expert, "marked"):
        return problem(
            "expert.assigned",
            expert,
            rule=(f"专家 {expert} 已在本案评审之列。", f"Expert {expert} is assigned to this case already."),
            remedy=("不必重复安排。", "No need to assign them again."),
        )
    if _has_seat(case, expert, "recused") or must_stand_aside(
        invited.ties, case.chamber.code, now, stage.look_back_years
    ):
        return conflict(expert, case.id)
    return None


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


def _wrong_marks(judged: Mapping[str, Decimal], marks: Mapping[str, Decimal]) -> list[Problem]:
    """Every judged item must have a mark between 0 and its points, and nothing else."""
    wrong = []
    for item in sorted({*judged, *marks}):
        of, given = judged.get(item), marks.get(item)
        fits = of is not None and given is not None and 0 <= given <= of and given == given.quantize(PLACES)
        if not fits:
            allowed = (f"0 至 {of} 分，至多两位小数", f"0 to {of}, two decimals at most")
            zh, en = allowed if of is not None else ("不由专家评分", "is not for experts to mark")
            wrong.append(
                problem(
                    "marks.item",
                    f"marks.{item}",
                    rule=(f"指标 {item}：{zh}。", f"Item {item}: {en}."),
                    remedy=("请逐项填写全部专家评分指标。", "Give a mark for every judged item, and no other."),
                )
            )
    return wrong


def _has_seat(case: Case, expert: str, status: str) -> bool:
    return any(seat.expert == expert and seat.status == status for seat in case.seats)


def _reseat(case: Case, expert: str, **changes: object) -> Case:
    return case.but(seats=tuple(s.model_copy(update=changes) if s.expert == expert else s for s in case.seats))
