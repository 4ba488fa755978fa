"""An officer decides on a case: pass, return for correction item by item, or decline with a reason."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from services.review.domain import moves
from services.review.domain.case import STATUS_WORDS, Case, Correction, Decision
from services.review.domain.filling import fill
from services.review.domain.own_fields import Given
from services.review.domain.stages import CompletenessCheck, OfficersTurn, Stage, Visited
from shared.contracts.area import covers
from shared.contracts.cases import CaseReturned, ReturnedItem
from shared.contracts.text import Text, text
from shared.kernel.actor import Actor
from shared.kernel.calendar import end_of
from shared.kernel.change import Change
from shared.kernel.command import Command, missing, refused

Outcome = Literal["pass", "return", "decline"]

NEXT_ROUND = text(
    "请对照评分卡中的短板改进，在下一认定周期重新申报。",
    "Improve on the shortfalls in the scorecard and apply in the next round.",
)


class Pass(Command):
    """On to the next stage."""

    note: Text | None = None
    fields: dict[str, Given] = Field(default_factory=dict)
    """Fields of the jurisdiction's own, by name."""


class Return(Command):
    """Back to the chamber for correction."""

    items: tuple[ReturnedItem, ...] = Field(min_length=1)


class Decline(Command):
    """The end of the case, with the reason and what the chamber can do."""

    reason: Text
    remedy: Text | None = None


def decide_pass(case: Case | None, command: Pass, now: datetime) -> Change[Case]:
    """Pass the case; gates in doubt are thereby taken as verified by this officer."""
    case, stage, decision = _decide(case, command.by, "pass", now, command.note)
    _check_needs(case, stage)
    filled = fill(case, stage, command.fields, by=command.by, now=now)
    return moves.advance(filled.but(decisions=(*case.decisions, decision)), now)


def decide_return(case: Case | None, command: Return, now: datetime) -> Change[Case]:
    """Return the case; the deadline follows from the procedure."""
    case, stage, decision = _decide(case, command.by, "return", now, None)
    _check_items(case, command.items)
    deadline = end_of(now, stage.return_days)
    correction = Correction(
        stage=stage.id,
        items=command.items,
        revision=case.revision,
        deadline=deadline,
        closes=deadline + timedelta(minutes=stage.allowance_minutes),
    )
    returned = case.but(
        status="returned",
        correction=correction,
        decisions=(*case.decisions, decision),
        deadline=None,
        overdue=False,
    )
    return Change(returned, (CaseReturned(**moves.about(case), items=command.items, deadline=deadline),))


def decide_decline(case: Case | None, command: Decline, now: datetime) -> Change[Case]:
    """Decline the case: in an officer's stage, or, by the province, before its list is sealed."""
    case = require_open(case)
    stage = case.current
    if stage is not None and stage.kind == "shortlist":
        decision = _decision(case, stage, by=command.by, outcome="decline", now=now, reason=command.reason)
    else:
        case, _, decision = _decide(case, command.by, "decline", now, command.reason)
    declined = case.but(decisions=(*case.decisions, decision))
    return moves.decline(declined, "officer", command.reason, command.remedy or NEXT_ROUND)


def turn(case: Case) -> str:
    """The area of the federation whose turn it is."""
    stage = case.current
    own = isinstance(stage, OfficersTurn) and stage.who == "own_level"
    return case.chamber.area if own else case.jurisdiction


def may_act(case: Case, officer: Actor) -> bool:
    """Whether this officer may act on the case in its stage.

    In a review at the chamber's own level: the federation of exactly that level, or one of a covering area inside the
    jurisdiction in its place. In every other stage: the jurisdiction's own federation.
    """
    area, whose = officer.area, turn(case)
    if area is None or whose == case.jurisdiction:
        return area == whose
    return covers(case.jurisdiction, area) and covers(area, whose)


def _decide(
    case: Case | None, by: Actor, outcome: Outcome, now: datetime, reason: Text | None
) -> tuple[Case, OfficersTurn, Decision]:
    case = require_open(case)
    stage = case.current
    if not isinstance(stage, OfficersTurn) or outcome not in stage.outcomes:
        title = stage.title if stage else text("—", "-")
        raise refused(
            "case.wrong-stage",
            "stage",
            rule=(f"“{title.zh}”环节不能作此决定。", f"This cannot be decided in the stage “{title.en}”."),
            remedy=("请查看该案件目前所在环节可办理的事项。", "See what the stage of this case allows."),
        )
    return case, stage, _decision(case, stage, by=by, outcome=outcome, now=now, reason=reason)


def _decision(case: Case, stage: Stage, *, by: Actor, outcome: Outcome, now: datetime, reason: Text | None) -> Decision:
    if not may_act(case, by):
        raise refused(
            "case.not-your-turn",
            "by.area",
            rule=(
                f"“{stage.title.zh}”由地区 {turn(case)} 的工商联办理，您服务的地区为 {by.area}。",
                f"“{stage.title.en}” is for the federation of area {turn(case)}; yours is {by.area}.",
            ),
            remedy=("请由该工商联办理。", "That federation has to decide."),
        )
    return Decision(
        stage=stage.id,
        outcome=outcome,
        by=by,
        on_behalf=by.area != turn(case),
        at=now,
        revision=case.revision,
        reason=reason,
    )


def require_open(case: Case | None) -> Case:
    """The case, if anything can be decided on it.

    Raises:
        NotFound: there is none.
        Refused: it is not open.
    """
    if case is None:
        raise missing("case", "", "该案件", "such case")
    if case.status != "open":
        zh, en = STATUS_WORDS[case.status]
        raise refused(
            "case.not-open",
            "status",
            rule=(f"该案件的状态为“{zh}”，不能再作决定。", f"The case is {en}; nothing can be decided on it."),
            remedy=("无需办理；如有疑问请查看案件记录。", "Nothing to do; see the case's history if in doubt."),
        )
    return case


def _check_needs(case: Case, stage: OfficersTurn) -> None:
    """What a stage has to have before the case may pass it."""
    if isinstance(stage, Visited) and (there := sum(v.stage == stage.id for v in case.visits)) < stage.reports:
        raise refused(
            "visit.reports",
            "visits",
            rule=(
                f"须有 {stage.reports} 份走访报告，现有 {there} 份。",
                f"{stage.reports} reports are needed; there are {there}.",
            ),
            remedy=("请先提交走访报告。", "Send the report of the visit first."),
        )
    if isinstance(stage, CompletenessCheck) and (lacking := lacking_evidence(case, stage.evidence_for)):
        raise refused(
            "evidence.lacking",
            "evidence",
            rule=(
                f"以下得分指标没有证明材料：{'、'.join(lacking)}。",
                f"These items earn points and have no file: {', '.join(lacking)}.",
            ),
            remedy=("请退回补正，请商会逐项补交。", "Return the application and ask for them, item by item."),
        )


def lacking_evidence(case: Case, parts: tuple[str, ...]) -> list[str]:
    """Items in these parts of the rubric that earn points and that no file shows."""
    shown = {item for file in case.evidence for item in file.items}
    earning = [item.item for item in case.score.items if item.points > 0] if case.score else []
    return [item for item in earning if item not in shown and any(is_part(item, part) for part in parts)]


def is_part(item: str, part: str) -> bool:
    """Whether an item lies in a part of the rubric: `B2.i` lies in `B`, `B2` and `B2.i`, and not in `B2.`."""
    return item == part or item.startswith(f"{part}.") or (len(part) == 1 and item.startswith(part))


def _check_items(case: Case, items: tuple[ReturnedItem, ...]) -> None:
    for position, item in enumerate(items):
        if item.item not in case.known_items:
            raise refused(
                "return.unknown-item",
                f"items.{position}.item",
                rule=(f"评分卡中没有指标 {item.item}。", f"The scorecard has no item {item.item}."),
                remedy=("请填写评分卡中的指标编号，例如 B2.i。", "Name an item of the scorecard, such as B2.i."),
            )
    if len({item.item for item in items}) < len(items):
        raise refused(
            "return.item-twice",
            "items",
            rule=("同一指标出现了两次。", "An item is named twice."),
            remedy=("每个指标只写一次，理由写在一起。", "Name each item once, with all its reasons."),
        )
