"""An improvement plan 改进方案: from shortfalls to help, followed to the end (the practice of Wuzhou, S:001).

    draw up → report, as often as there is news → re-score, after a new scorecard → close

An officer of the federation draws it up with a guide by name for every item (“指派专人跟踪指导”, “一对一指导跟踪落实”).
The guide's name stays in this document: a plan announces nothing.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.scoring.domain.command import Command, missing, refused
from services.scoring.domain.standing import ItemStanding, Standing
from shared.contracts.chambers import Chamber
from shared.contracts.event import Instant, Sha256
from shared.contracts.text import Text
from shared.kernel.calendar import CHINA
from shared.kernel.change import Change
from shared.kernel.state import State

Status = Literal["open", "closed"]
"""进行中 · 已结案."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
"""A person's name."""
_MOST_REPORTS = 100
"""Reports on one item: ours."""


class Report(State):
    """What was done on an item, and the proof."""

    on: date
    """The day it was done."""
    evidence: tuple[Sha256, ...]
    """SHA-256 of the files that prove it."""
    words: str
    """What was done, in words; may be empty if files prove it."""
    at: Instant
    """When it was reported."""


class PlanItem(State):
    """One shortfall, and the help for it."""

    item: str
    """Code of the item or gate."""
    text: Text
    """What it demands."""
    lost: Decimal
    """Points lost when the plan was drawn up; 0 for a gate."""
    then: ItemStanding
    """How it stood when the plan was drawn up."""
    now: ItemStanding | None = None
    """How it stood at the last re-scoring; None before that, or under another rubric version."""
    cause: Text
    """Why it falls short."""
    remedy: Text
    """What is to be done."""
    guide: Name
    """Who helps, by name 指导人."""
    due: date
    """By when."""
    proof: Text
    """The proof that is wanted."""
    reports: tuple[Report, ...] = ()
    """What was reported, in order."""

    @property
    def done(self) -> bool:
        """Whether anything was reported done."""
        return bool(self.reports)


class Rescoring(State):
    """A newer scorecard of the chamber, compared with that of the plan."""

    application: str
    """Id of the application that it is of."""
    rubric: str
    """Its rubric version; only under the plan's own are items compared."""
    digest: Sha256
    """Digest of the scorecard."""
    total: Decimal
    """Points in all."""
    at: Instant
    """When it was compared."""


class Closing(State):
    """The end of a plan."""

    words: str
    """What came of it; why, if something is left undone."""
    at: Instant
    """When."""


class Plan(State):
    """The improvement plan of one chamber, from one scorecard."""

    id: str
    """`<application>.<first twelve digits of the scorecard's digest>`."""
    application: str
    """Id of the application it begins with."""
    round: str
    """Code of its round."""
    rubric: str
    """Rubric version."""
    digest: Sha256
    """Digest of the scorecard it begins with."""
    chamber: Chamber
    """The chamber, as it was then."""
    total: Decimal
    """Points in all then."""
    items: tuple[PlanItem, ...]
    """What is to be improved, in the order given."""
    status: Status = "open"
    """Where it stands."""
    rescored: Rescoring | None = None
    """The last re-scoring."""
    closing: Closing | None = None
    """Its end."""


def plan_id(application: str, digest: str) -> str:
    """The id of the plan that begins with this scorecard."""
    return f"{application}.{digest[:12]}"


class Entry(State):
    """One item of a plan, as the officer says it."""

    item: str
    guide: Name
    due: date
    proof: Text
    cause: Text | None = None
    """In the officer's words; else as the scorecard says."""
    remedy: Text | None = None
    """In the officer's words; else as the scorecard says."""


class DrawUp(Command):
    """Draw up a plan from a scorecard."""

    application: str
    digest: Sha256
    """Digest of the scorecard that the officer has read."""
    entries: tuple[Entry, ...]
    standing: Standing = Field(exclude=True)


class ReportDone(Command):
    """Report what was done on an item."""

    item: str
    on: date
    evidence: tuple[Sha256, ...]
    words: str


class Rescore(Command):
    """Compare with the chamber's newest scorecard."""

    newest: Standing = Field(exclude=True)


class Close(Command):
    """End a plan."""

    words: str


def draw_up(plan: Plan | None, command: DrawUp, now: datetime) -> Change[Plan]:
    """The plan, with cause and remedy of the scorecard where the officer gives none.

    Raises:
        Refused: there is one already, the scorecard has changed, or an entry does not fit it.
    """
    standing = command.standing
    if plan is not None:
        raise refused(
            "plan.exists",
            "digest",
            rule=("由这张评分卡已制定改进方案。", "There is a plan from this scorecard already."),
            remedy=("请在该方案上办理；重新评分后可另订。", "Use that plan; after a new scoring another can be drawn up."),
        )
    if standing.digest != command.digest:
        raise refused(
            "plan.scorecard-changed",
            "digest",
            rule=("评分卡已更新，与所读的不同。", "The scorecard is not the one you read any more."),
            remedy=("请重新读取评分卡后再制定。", "Read the scorecard again."),
        )
    _require_entries(command.entries, standing, now)
    items = tuple(_item(entry, standing) for entry in command.entries)
    return Change(
        Plan(
            id=plan_id(standing.application, standing.digest),
            application=standing.application,
            round=standing.round,
            rubric=standing.rubric,
            digest=standing.digest,
            chamber=standing.chamber,
            total=standing.total,
            items=items,
        )
    )


def report(plan: Plan | None, command: ReportDone, now: datetime) -> Change[Plan] | None:
    """One report more on an item; None if just this was reported last.

    Raises:
        Refused: the plan is closed or has no such item, the day is still to come, or nothing proves it.
    """
    plan = _open(plan)
    item = next((one for one in plan.items if one.item == command.item), None)
    if item is None:
        codes = ", ".join(one.item for one in plan.items)
        raise refused(
            "plan.no-such-item",
            "item",
            rule=(f"本方案没有指标 {command.item}。", f"This plan has no item {command.item}."),
            remedy=(f"方案所列：{codes}", f"It has: {codes}"),
        )
    if command.on > _today(now):
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
    after = item.but(reports=(*item.reports, said))
    return Change(plan.but(items=tuple(after if one is item else one for one in plan.items)))


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


def _require_entries(entries: tuple[Entry, ...], standing: Standing, now: datetime) -> None:
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        place = f"items.{number}"
        if entry.item in seen:
            raise refused(
                "plan.item-twice",
                f"{place}.item",
                rule=(f"指标 {entry.item} 列了两次。", f"Item {entry.item} stands there twice."),
                remedy=("每项只列一次。", "Name every item once."),
            )
        if entry.item not in standing.lacking:
            raise refused(
                "plan.no-shortfall",
                f"{place}.item",
                rule=(f"评分卡上 {entry.item} 没有短板。", f"The scorecard has no shortfall in {entry.item}."),
                remedy=("请从评分卡的短板和资格条件中选取。", "Choose from its shortfalls and open gates."),
            )
        if entry.due < _today(now):
            raise refused(
                "plan.due-past",
                f"{place}.due",
                rule=(f"期限 {entry.due} 已过。", f"{entry.due} has passed."),
                remedy=("请定今天或以后的日期。", "Name today or a later day."),
            )
        seen.add(entry.item)


def _item(entry: Entry, standing: Standing) -> PlanItem:
    lacking = standing.lacking[entry.item]
    return PlanItem(
        item=entry.item,
        text=lacking.text,
        lost=lacking.lost,
        then=standing.items[entry.item],
        cause=entry.cause or lacking.cause,
        remedy=entry.remedy or lacking.remedy,
        guide=entry.guide,
        due=entry.due,
        proof=entry.proof,
    )


def _open(plan: Plan | None) -> Plan:
    if plan is None:
        raise missing("plan", "", "该改进方案", "such plan")
    if plan.status == "closed":
        raise refused(
            "plan.closed",
            "plan",
            rule=("方案已结案。", "The plan is closed."),
            remedy=("如仍有短板，请由最新评分卡另订。", "If shortfalls are left, draw up another from the newest scorecard."),
        )
    return plan


def _today(now: datetime) -> date:
    return now.astimezone(CHINA).date()
