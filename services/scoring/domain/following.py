"""Following a plan to its end 跟踪到底 (“一直跟踪到底，促进问题的解决”, S:001): reports, re-scoring, closing."""

from datetime import date, datetime

from pydantic import Field

from services.scoring.domain.plan import Closing, Name, Plan, PlanItem, Report, Rescoring, require_to_come, today
from services.scoring.domain.standing import Standing
from shared.contracts.event import Sha256
from shared.kernel.change import Change
from shared.kernel.command import Command, missing, refused

_MOST_REPORTS = 100
"""Reports on one item: ours."""


class ReportDone(Command):
    """Report what was done on an item."""

    item: str
    on: date
    evidence: tuple[Sha256, ...]
    words: str


class Amend(Command):
    """Give an item another guide or another date."""

    item: str
    guide: Name
    target: date


class Rescore(Command):
    """Compare with the chamber's newest scorecard."""

    newest: Standing = Field(exclude=True)


class Close(Command):
    """End a plan."""

    words: str


def report(plan: Plan | None, command: ReportDone, now: datetime) -> Change[Plan] | None:
    """One report more on an item; None if just this was reported last.

    Raises:
        Refused: the plan is closed or has no such item, the day is still to come, or nothing proves it.
    """
    plan = _open(plan)
    item = _named(plan, command.item)
    if command.on > today(now):
        raise refused(
            "plan.day-to-come",
            "on",
            rule=(f"完成日期 {command.on} 尚未到来。", f"{command.on} is still to come."),
            remedy=("请在完成后报告。", "Report it when it is done."),
        )
    if not (command.evidence or command.words):
        raise refused(
            "plan.no-proof",
            "evidence",
            rule=("须附证明材料或文字说明。", "Files or words must prove it."),
            remedy=("补上材料的 SHA-256，或写明做了什么。", "Give the files' SHA-256, or say what was done."),
        )
    said = Report(on=command.on, evidence=command.evidence, words=command.words, at=now)
    if item.reports and item.reports[-1].but(at=now) == said:
        return None
    if len(item.reports) >= _MOST_REPORTS:
        raise refused(
            "plan.too-many-reports",
            "item",
            rule=(f"每项至多报告 {_MOST_REPORTS} 次。", f"At most {_MOST_REPORTS} reports on an item."),
            remedy=("请结案后另订方案。", "Close the plan and draw up another."),
        )
    return Change(_with(plan, item.but(reports=(*item.reports, said))))


def amend(plan: Plan | None, command: Amend, now: datetime) -> Change[Plan] | None:
    """Another guide or another date; None if it is so already.

    Raises:
        Refused: the plan is closed or has no such item, or the new date has passed.
    """
    plan = _open(plan)
    item = _named(plan, command.item)
    if command.target != item.target:
        require_to_come(command.target, "target", now)
    after = item.but(guide=command.guide, target=command.target)
    return None if after == item else Change(_with(plan, after))


def rescore(plan: Plan | None, command: Rescore, now: datetime) -> Change[Plan] | None:
    """Points then and now, item by item; None if just this scorecard was compared last.

    Raises:
        Refused: the plan is closed, or the chamber has no newer scorecard.
    """
    plan, newest = _open(plan), command.newest
    if newest.digest == plan.digest:
        raise refused(
            "plan.not-scored-since",
            "digest",
            rule=("制定方案以来没有新的评分卡。", "There is no scorecard newer than the plan's."),
            remedy=("请商会重新提交后再比较。", "Have the chamber hand in again first."),
        )
    if plan.rescored and (plan.rescored.application, plan.rescored.digest) == (newest.application, newest.digest):
        return None
    known = newest.items if newest.rubric == plan.rubric else {}
    rescored = Rescoring(
        application=newest.application, rubric=newest.rubric, digest=newest.digest, total=newest.total, at=now
    )
    return Change(plan.but(rescored=rescored, items=tuple(one.but(now=known.get(one.item)) for one in plan.items)))


def close(plan: Plan | None, command: Close, now: datetime) -> Change[Plan]:
    """The end: when every item was reported done, or with words on what is left (“一直跟踪到底”).

    Raises:
        Refused: it is closed already, or items are left without a word.
    """
    plan = _open(plan)
    left = [one.item for one in plan.items if not one.done]
    if left and not command.words:
        codes = ", ".join(left)
        raise refused(
            "plan.items-left",
            "words",
            rule=(f"尚未完成：{codes}。", f"Not done yet: {codes}."),
            remedy=("请继续跟踪，或写明结案原因。", "Follow them up, or say why the plan ends."),
        )
    return Change(plan.but(status="closed", closing=Closing(words=command.words, at=now)))


def _named(plan: Plan, code: str) -> PlanItem:
    item = next((one for one in plan.items if one.item == code), None)
    if item is None:
        codes = ", ".join(one.item for one in plan.items)
        raise refused(
            "plan.no-such-item",
            "item",
            rule=(f"本方案没有指标 {code}。", f"This plan has no item {code}."),
            remedy=(f"方案所列：{codes}", f"It has: {codes}"),
        )
    return item


def _with(plan: Plan, item: PlanItem) -> Plan:
    return plan.but(items=tuple(item if one.item == item.item else one for one in plan.items))


def _open(plan: Plan | None) -> Plan:
    if plan is None:
        raise missing("plan", "", "该改进方案", "such plan")
    if plan.status == "closed":
        raise refused(
            "plan.closed",
            "plan",
            rule=("方案已结案。", "The plan is closed."),
            remedy=("如仍有短板，请由最新评分卡另订方案。", "Draw up another from the newest scorecard."),
        )
    return plan
