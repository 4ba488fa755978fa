"""Site visits 实地评审 and inspections by another area 轮查互促: people go, look, and report what they found.

A report may be written where there is no network and be sent later: it says when they were there. What they found goes
on record beside the scorecard; what follows from it an officer decides, once the reports are in.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from services.review.domain.case import Case, Finding, Visit
from services.review.domain.officer import may_act
from services.review.domain.stages import CrossAreaInspection, Visited
from shared.contracts.area import Area, Level, above, covers, level_of
from shared.contracts.event import Instant, Sha256
from shared.kernel.actor import Actor
from shared.kernel.calendar import time_words
from shared.kernel.change import Change, Refused
from shared.kernel.command import Command, missing, refused

_BELOW: Mapping[Level, tuple[str, str]] = {
    "national": ("省级", "province"),
    "province": ("市级", "city"),
    "city": ("县级", "county"),
}


class Appoint(Command):
    """The federation in charge has one of those below it look at the case, but not the chamber's own."""

    area: Area


class Report(Command):
    """A report from the place."""

    at: Instant
    visitors: tuple[str, ...] = Field(min_length=1)
    findings: tuple[Finding, ...] = Field(min_length=1)
    photos: tuple[Sha256, ...] = ()


def appoint(case: Case | None, command: Appoint, _now: datetime) -> Change[Case] | None:
    """Appoint the inspectors; until the first report others may take their place.

    Raises:
        Refused: not an inspection, not the federation in charge, reports are in, or not another area right below it.
    """
    case, stage = _visited(case)
    if not isinstance(stage, CrossAreaInspection):
        raise _wrong_stage(case)
    if command.by.area != case.jurisdiction:
        raise _not_yours(case.jurisdiction)
    if _reports(case, stage):
        raise refused(
            "inspection.under-way",
            "area",
            rule=(f"{case.inspectors} 已提交检查报告。", f"{case.inspectors} has reported."),
            remedy=("报告提交后不再更换检查单位。", "Inspectors do not change once they have reported."),
        )
    below = above(command.area)[-1:] == (case.jurisdiction,)
    if not below or covers(command.area, case.chamber.area):
        zh, en = _BELOW[level_of(case.jurisdiction)]
        raise refused(
            "inspection.same-area",
            "area",
            rule=(
                f"检查单位须为 {case.jurisdiction} 辖内、商会所在地以外的{zh}工商联。",
                f"Inspectors come from another {en} inside {case.jurisdiction} than the chamber's.",
            ),
            remedy=(f"请另选一个{zh}工商联。", f"Choose another {en}."),
        )
    return None if case.inspectors == command.area else Change(case.but(inspectors=command.area))


def report(case: Case | None, command: Report, now: datetime) -> Change[Case]:
    """Take a report.

    Raises:
        Refused: no visit is due, it is not theirs, or the report lacks what the procedure asks for.
    """
    case, stage = _visited(case)
    if not may_report(case, command.by):
        raise _not_yours(case.inspectors or case.jurisdiction)
    _check_report(case, stage, command, now)
    visit = Visit(
        stage=stage.id,
        at=command.at,
        visitors=command.visitors,
        findings=command.findings,
        photos=command.photos,
        reported=now,
        by=command.by,
    )
    return Change(case.but(visits=(*case.visits, visit)))


def may_report(case: Case, officer: Actor) -> bool:
    """Whether this officer's federation goes: the appointed one, or the one whose turn it is."""
    if isinstance(case.current, CrossAreaInspection):
        return case.inspectors is not None and officer.area == case.inspectors
    return may_act(case, officer)


def _check_report(case: Case, stage: Visited, command: Report, now: datetime) -> None:
    entered = case.entered or now
    if not entered <= command.at <= now:
        raise refused(
            "visit.time",
            "at",
            rule=(
                f"走访时间应在 {time_words(entered).zh} 与现在之间。",
                f"The visit must lie between {time_words(entered).en} and now.",
            ),
            remedy=("请填写实际走访的时间。", "Give the time of the visit itself."),
        )
    if len(set(command.visitors)) < stage.visitors:
        raise refused(
            "visit.visitors",
            "visitors",
            rule=(f"走访须有 {stage.visitors} 人以上。", f"A visit takes {stage.visitors} people."),
            remedy=("请填写全部走访人员，不得重复。", "Name everybody who went, once each."),
        )
    if len(set(command.photos)) < stage.photos:
        raise refused(
            "visit.photos",
            "photos",
            rule=(f"报告须附 {stage.photos} 张以上照片。", f"A report needs {stage.photos} photos."),
            remedy=("请附上照片（填写文件的 SHA-256）。", "Add the photos, by the SHA-256 of the files."),
        )
    items = [finding.item for finding in command.findings]
    if wrong := [item for item in items if item not in case.known_items or items.count(item) > 1]:
        raise refused(
            "visit.item",
            "findings",
            rule=(
                f"指标 {wrong[0]} 不在评分卡中，或写了两次。",
                f"Item {wrong[0]} is not on the scorecard, or named twice.",
            ),
            remedy=("每个指标写一次，编号如 B2.i。", "Name each item once, such as B2.i."),
        )


def _visited(case: Case | None) -> tuple[Case, Visited]:
    if case is None:
        raise missing("case", "", "该案件", "such case")
    if not isinstance(case.current, Visited):
        raise _wrong_stage(case)
    return case, case.current


def _reports(case: Case, stage: Visited) -> int:
    return sum(visit.stage == stage.id for visit in case.visits)


def _wrong_stage(case: Case) -> Refused:
    return refused(
        "case.wrong-stage",
        "stage",
        rule=(f"案件 {case.id} 目前不在实地走访环节。", f"Case {case.id} is not to be visited now."),
        remedy=("请查看案件目前所在环节。", "See which stage the case is in."),
    )


def _not_yours(area: str) -> Refused:
    return refused(
        "visit.not-yours",
        "by.area",
        rule=(f"此事由 {area} 的工商联办理。", f"This is for the federation of {area}."),
        remedy=("请由该工商联办理。", "That federation has to do it."),
    )
