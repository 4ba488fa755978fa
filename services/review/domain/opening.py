"""What a case hears from outside: scorecards, a nomination, a withdrawal; and what time does to it.

Messages may come in any order and more than once. A case at the centre therefore opens when both halves are there, the
nomination and the scorecard; a withdrawal that comes first leaves a case that stays withdrawn; of scorecards the one
with the highest sequence counts; and a decline that only said what the facts were then (a gate, a correction not seen
in time) gives way to a newer scorecard that says otherwise.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.review.domain import moves
from services.review.domain.case import Case, Nomination, case_id
from services.review.domain.stages import Stage
from services.review.domain.terms import Rules
from shared.contracts.applications import ApplicationWithdrawn
from shared.contracts.area import covers
from shared.contracts.cases import CaseNominated, CaseWithdrawn
from shared.contracts.registrations import ChamberMerged
from shared.contracts.scores import ApplicationScored
from shared.contracts.text import Text, text
from shared.kernel.calendar import until_words
from shared.kernel.change import Change, Due
from shared.kernel.command import refused


class _Heard(BaseModel):
    model_config = ConfigDict(frozen=True)

    jurisdiction: str


class Scored(_Heard):
    """A scorecard, and what the round lays down here."""

    event: ApplicationScored
    rules: Rules


class Nominated(_Heard):
    """A province's recommendation, what the round lays down here, and the quota it gave that province."""

    event: CaseNominated
    rules: Rules
    quota: int


class Withdrawn(_Heard):
    """The chamber took its application back."""

    event: ApplicationWithdrawn


def hear_score(case: Case | None, message: Scored, now: datetime) -> Change[Case] | None:
    """Take a newer scorecard into account."""
    event = message.event
    before = case or _awaited(message)
    if event.sequence <= before.sequence or before.status == "withdrawn":
        return None
    case = before.but(
        score=event.score,
        sequence=event.sequence,
        revision=event.revision,
        evidence=event.evidence,
        chamber=event.chamber,
    )
    if case.status == "awaited":
        return _open_if_complete(case, message.rules, now)
    if corrected := _corrected(case):
        return _examine(case, corrected, now)
    if case.ending and case.ending.code == "gate" and case.failed_gates != before.failed_gates:
        return _examine(case, moves.rules_of(case).procedure.stage(case.ending.stage), now)
    if case.status == "open" and case.failed_gates:
        return decline_at_gate(case)
    return Change(case)


def hear_nomination(case: Case | None, message: Nominated, now: datetime) -> Change[Case] | None:
    """A province recommends this application to the centre.

    Raises:
        Refused: the chamber is another province's, or the rank is beyond the quota that the round gave.
    """
    event = message.event
    case = case or _awaited(message)
    if not covers(event.jurisdiction, event.chamber.area):
        raise refused(
            "nomination.foreign",
            "jurisdiction",
            rule=(
                f"{event.jurisdiction} 推荐了 {event.chamber.area} 的商会。",
                f"{event.jurisdiction} nominates a chamber of {event.chamber.area}.",
            ),
            remedy=("请由该商会所在省推荐。", "The chamber's own province has to nominate it."),
        )
    if event.rank > message.quota:
        raise refused(
            "nomination.over-quota",
            "rank",
            rule=(
                f"{event.jurisdiction} 的推荐名额为 {message.quota}，此件名次为第 {event.rank}。",
                f"{event.jurisdiction} may nominate {message.quota}; this is its number {event.rank}.",
            ),
            remedy=("请该省在名额内重新上报。", "The province has to nominate within its quota."),
        )
    if case.nomination is not None or case.status != "awaited":
        return None
    return _open_if_complete(case.but(nomination=Nomination.of(event), extensions=event.extensions), message.rules, now)


def hear_withdrawal(case: Case | None, message: Withdrawn, _now: datetime) -> Change[Case] | None:
    """The chamber withdrew: the case ends, or will never open."""
    if case is None:
        return Change(_awaited(message).but(status="withdrawn"))
    if case.status in ("withdrawn", "honoured"):
        return None
    gone = case.but(status="withdrawn", deadline=None, overdue=False)
    return Change(gone, () if case.status == "awaited" else (CaseWithdrawn(**moves.about(case)),))


def hear_merged(case: Case | None, event: ChamberMerged, _now: datetime) -> Change[Case] | None:
    """The chamber was merged into another and is no more: a case under review ends."""
    if case is None or case.status not in ("open", "returned"):
        return None
    into = event.into
    return moves.decline(
        case,
        "merged",
        text(
            f"{event.chamber.name} 已并入 {into.name}（{into.code}），文号 {event.document}，不再存续。",
            f"{event.chamber.name} was merged into {into.name} ({into.code}) by {event.document} and is no more.",
        ),
        text(
            f"{into.name} 可用自己的统一社会信用代码，在申报期内或下一认定周期申报。",
            f"{into.name} may apply under its own credit code, in this round while it is open or in the next.",
        ),
    )


def on_due(case: Case | None, _due: Due, now: datetime) -> Change[Case] | None:
    """A correction that never came ends the case; a stage that takes too long is only flagged."""
    if case is None:
        return None
    correction = case.correction
    if case.status == "returned" and correction and now >= correction.closes:
        until = until_words(correction.deadline)
        return moves.decline(
            case,
            "overdue",
            text(
                f"补正截止时间为 {until.zh}，逾期未收到补正。",
                f"The correction was due by {until.en} and did not come.",
            ),
            text("请在下一认定周期重新申报。", "Apply again in the next round."),
        )
    if case.status == "open" and not case.overdue and case.deadline and now >= case.deadline:
        return Change(case.but(overdue=True))
    return None


def _awaited(message: Scored | Nominated | Withdrawn) -> Case:
    event = message.event
    return Case(
        id=case_id(event.application, message.jurisdiction),
        application=event.application,
        round=event.round,
        jurisdiction=message.jurisdiction,
        chamber=event.chamber,
    )


def _open_if_complete(case: Case, rules: Rules, now: datetime) -> Change[Case]:
    if not case.complete:
        return Change(case)
    first = rules.procedure.after(None, direct=case.direct)
    if first is None:
        raise ValueError(f"{rules.procedure.id} has no first stage")
    return _examine(case.but(rules=rules), first, now)


def _corrected(case: Case) -> Stage | None:
    """The stage that takes the case up again, if this scorecard is of the correction it asked for."""
    waiting = case.status == "returned" or (case.ending is not None and case.ending.code == "overdue")
    if waiting and case.correction and case.revision > case.correction.revision:
        return moves.rules_of(case).procedure.stage(case.correction.stage)
    return None


def _examine(case: Case, stage: Stage, now: datetime) -> Change[Case]:
    """Into the stage if no gate excludes the case; otherwise it ends here."""
    if case.failed_gates:
        return decline_at_gate(case.but(stage=stage.id))
    return moves.take_up(case, stage, now)


def _joined(texts: list[Text]) -> Text:
    """Several sentences as one text."""
    return Text(zh="；".join(t.zh for t in texts), en="; ".join(t.en for t in texts))


def decline_at_gate(case: Case, code: str = "gate") -> Change[Case]:
    """The end of a case whose gates exclude it, each with its reason."""
    gates = case.failed_gates
    reasons = _joined([Text(zh=f"{g.item}：{g.reason.zh}", en=f"{g.item}: {g.reason.en}") for g in gates])
    items = "、".join(g.item for g in gates)
    return moves.decline(
        case,
        code,
        Text(zh=f"资格条件不符：{reasons.zh}", en=f"Not eligible: {reasons.en}"),
        text(
            f"请先解决 {items} 所列问题，条件具备后在下一认定周期申报；如认定的事实有误，请向本级工商联提出。",
            f"Resolve {items} first and apply in the next round; if a fact is wrong, tell your federation.",
        ),
    )
