"""What an event means for the applicant: one line, its detail, and the status it speaks for."""

from datetime import datetime

from services.intake.domain.application import Stage, Status, Step
from shared.contracts import (
    CENTRE,
    ApplicationScored,
    Area,
    CaseAdvanced,
    CaseDeclined,
    CaseEvent,
    CaseNominated,
    CaseOpened,
    CaseReturned,
    CaseWithdrawn,
    Event,
    HonourEnded,
    HonourEvent,
    HonourExpired,
    HonourGranted,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
    HonourWithheld,
    MarksSettled,
    NoticeOpened,
    ObjectionRuled,
    Text,
    text,
)
from shared.kernel.calendar import day_words, last_day_words, until_words

HEARD: tuple[type[Event], ...] = (
    ApplicationScored,
    CaseOpened,
    CaseAdvanced,
    CaseReturned,
    CaseDeclined,
    CaseWithdrawn,
    CaseNominated,
    MarksSettled,
    NoticeOpened,
    ObjectionRuled,
    HonourGranted,
    HonourWithheld,
    HonourSuspended,
    HonourReinstated,
    HonourSuperseded,
    HonourEnded,
    HonourExpired,
    HonourRevoked,
)
"""The events that have a place on the timeline."""

Line = tuple[Stage, Text, Text, Status | None]


def step_of(event: Event, id_: str, at: datetime) -> Step:
    """The step of an event heard.

    Raises:
        TypeError: the event has no place on the timeline.
    """
    stage, what, detail, status = _scoring(event) or _review(event) or _notice(event) or _honour(event)
    sequence = event.sequence if isinstance(event, CaseEvent) else None
    if isinstance(event, HonourEvent) and event.within is not None:
        status = None  # a distinction comes and goes beside the honour, which alone says where the application stands
    return Step(id=id_, at=at, stage=stage, what=what, detail=detail, status=status, sequence=sequence)


def _scoring(event: Event) -> Line | None:
    match event:
        case ApplicationScored(score=score):
            zh = [f"第 {event.revision} 版，得分 {score.total}，待专家评议 {score.pending}"]
            en = [f"revision {event.revision}: {score.total} points, {score.pending} still to be judged"]
            for gate in score.gates:
                if gate.result == "not_met":
                    zh.append(f"资格条件 {gate.item} 未通过：{gate.reason.zh}")
                    en.append(f"gate {gate.item} not met: {gate.reason.en}")
            for fact in event.ignored:
                zh.append(f"{fact.field} 未计入：{fact.rule.zh}，{fact.remedy.zh}")
                en.append(f"{fact.field} left out: {fact.rule.en}, {fact.remedy.en}")
            return "score", text("已评分", "Scored"), text("；".join(zh), "; ".join(en)), None
        case MarksSettled(marks=marks):
            detail = text(
                f"第 {event.revision} 版，{len(marks)} 项评议指标已定分",
                f"revision {event.revision}: {len(marks)} judged items have their points",
            )
            if event.normalised:
                detail = text(f"{detail.zh}；{event.normalised.zh}", f"{detail.en}; {event.normalised.en}")
            return "score", text("专家评议完成", "Marked by the experts"), detail, None
    return None


def _review(event: Event) -> Line | None:
    line: Line | None = None
    match event:
        case CaseOpened(stage_title=title):
            line = "review", text("受理审核", "Taken under review"), _at(event.jurisdiction, title), "under_review"
        case CaseAdvanced(stage_title=title):
            line = "review", text("进入下一环节", "Next stage"), _at(event.jurisdiction, title), "under_review"
        case CaseReturned(items=items):
            until = until_words(event.deadline)
            detail = text(
                f"请于 {until.zh} 前补正：" + "；".join(f"{item.item} {item.reason.zh}" for item in items),
                f"correct by {until.en}: " + "; ".join(f"{item.item} {item.reason.en}" for item in items),
            )
            line = "review", text("退回补正", "Returned for correction"), detail, None
        case CaseDeclined(reason=reason, remedy=remedy):
            detail = text(f"{reason.zh}；{remedy.zh}", f"{reason.en}; {remedy.en}")
            line = "review", text("未通过", "Declined"), detail, "declined"
        case CaseWithdrawn():
            line = "review", text("审核终止", "Review ended"), text("申报已撤回", "the application was withdrawn"), None
        case CaseNominated(rank=rank, quota=quota):
            detail = text(f"排名第 {rank}，名额 {quota}", f"rank {rank} of a quota of {quota}")
            line = "review", text("推荐上报", "Nominated"), detail, "nominated"
    return line


def _notice(event: Event) -> Line | None:
    match event:
        case NoticeOpened(title=title, closes=closes):
            until = until_words(closes)
            detail = text(f"{title.zh}；异议截止 {until.zh}", f"{title.en}; objections until {until.en}")
            return "notice", text("公示", "On public notice"), detail, "on_notice"
        case ObjectionRuled(outcome=outcome, reason=reason):
            upheld, dismissed = text("异议成立", "Objection upheld"), text("异议不成立", "Objection dismissed")
            return "notice", upheld if outcome == "upheld" else dismissed, reason, None
    return None


def _honour(event: Event) -> Line:
    line = _given(event) or _decided(event)
    if line is None:
        raise TypeError(f"{event.wire()} has no place on the timeline")
    return line


def _given(event: Event) -> Line | None:
    """An honour came about or not, or its time ended."""
    match event:
        case HonourGranted(called=called):
            since, last = day_words(event.valid_from), last_day_words(event.valid_until)
            detail = text(
                f"{event.document}；有效期 {since.zh} 至 {last.zh}",
                f"{event.document}; valid from {since.en} to {last.en}",
            )
            what = text("授予称号", "Honour granted")
            if called is not None:
                what = text(f"授予“{called.zh}”称号", f"Distinguished as {called.en}")
            return "honour", what, detail, "honoured"
        case HonourWithheld(reason=reason):
            return "honour", text("不授予称号", "Honour withheld"), reason, "withheld"
        case HonourSuperseded(by=by):
            detail = text(f"由 {by} 接续", f"by {by}")
            return "honour", text("称号由其他称号接续", "Honour superseded"), detail, "superseded"
        case HonourExpired():
            detail = text("有效期届满", "its time is over")
            return "honour", text("称号到期", "Honour expired"), detail, "expired"
    return None


def _decided(event: Event) -> Line | None:
    """A federation decided about an honour."""
    match event:
        case HonourSuspended(reason=reason):
            return "honour", text("暂停称号", "Honour suspended"), _by(reason, event.document), "suspended"
        case HonourReinstated(reason=reason):
            return "honour", text("恢复称号", "Honour reinstated"), _by(reason, event.document), "honoured"
        case HonourEnded(reason=reason):
            return "honour", text("称号随商会终止", "Honour ended"), _by(reason, event.document), "ended"
        case HonourRevoked(reason=reason):
            return "honour", text("撤销称号", "Honour revoked"), _by(reason, event.document), "revoked"
    return None


def _by(reason: Text, document: str) -> Text:
    return text(f"{reason.zh}（{document}）", f"{reason.en} ({document})")


def _at(jurisdiction: Area, stage: Text) -> Text:
    if jurisdiction == CENTRE:
        return text(f"全国：{stage.zh}", f"centre: {stage.en}")
    return text(f"地区 {jurisdiction}：{stage.zh}", f"area {jurisdiction}: {stage.en}")
