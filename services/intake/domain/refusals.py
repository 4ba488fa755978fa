"""Every “no” to an applicant, in words: what stands against it, and what can be done."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.intake.domain.application import STATUS_WORDS, Application, Correction
from services.intake.domain.facts import MAX_BYTES, MAX_ITEMS
from shared.contracts import Chamber, Round
from shared.kernel.calendar import time_words, until_words
from shared.kernel.change import NotFound, Refused
from shared.kernel.problem import Problem, problem


def unknown() -> NotFound:
    """There is no such application."""
    return NotFound(
        problem(
            "application.unknown",
            "application",
            rule=("没有此申报", "there is no such application"),
            remedy=("请核对编号；编号为“周期-统一社会信用代码”", "Check its id: `<round>-<credit code>`."),
        )
    )


def not_editable(state: Application) -> Refused:
    """It is neither a draft nor returned."""
    words = STATUS_WORDS[state.status]
    return Refused(
        problem(
            "application.not-editable",
            "status",
            rule=(
                f"申报当前为“{words.zh}”，只有草稿和退回补正的申报可以修改",
                f"the application is {state.status}; only drafts and returned ones can be changed",
            ),
            remedy=("如有需要，请联系受理的工商联", "If need be, ask the federation that has it."),
        )
    )


def not_returned(items: Iterable[str], correction: Correction) -> Refused:
    """Only the items that were returned may be corrected."""
    named = ", ".join(returned.item for returned in correction.items)
    return Refused(
        *(
            problem(
                "application.item-not-returned",
                f"items.{item}",
                rule=(f"退回补正只限于：{named}", f"the return covers only: {named}"),
                remedy=("请仅修改被退回的指标", "Change only the items that were returned."),
            )
            for item in sorted(items)
        )
    )


def correction_late(correction: Correction, now: datetime) -> Refused:
    """The deadline of the return has passed."""
    until, at = until_words(correction.deadline), time_words(now)
    return Refused(
        problem(
            "application.correction-late",
            "deadline",
            rule=(f"补正截止于 {until.zh}，现在是 {at.zh}", f"corrections were due by {until.en}; it is {at.en}"),
            remedy=("如有正当理由，请联系退回的工商联", "Ask the federation that returned it, if there was cause."),
        )
    )


def item_changed(item: str, *, seen: int, stored: int, yours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Problem:
    """Somebody else changed the item meanwhile; both versions are shown."""
    mine, other = _json(yours), _json(theirs)
    return problem(
        "application.item-changed",
        f"items.{item}",
        rule=(
            f"您看到的是第 {seen} 版，现为第 {stored} 版。您的内容：{mine}；已存内容：{other}",
            f"you saw version {seen}, stored is version {stored}. Yours: {mine}; stored: {other}",
        ),
        remedy=(
            f"请比对两份内容，合并后以第 {stored} 版重新保存",
            f"Compare the two, and save the outcome naming version {stored}.",
        ),
    )


def too_much() -> Refused:
    """More facts than an application may hold."""
    return Refused(
        problem(
            "application.too-much",
            "items",
            rule=(
                f"一份申报最多 {MAX_ITEMS} 个指标、{MAX_BYTES // 1024} KB",
                f"an application holds at most {MAX_ITEMS} items and {MAX_BYTES // 1024} KB",
            ),
            remedy=("请精简文字，详情放入证明材料", "Shorten the texts; put the detail into evidence files."),
        )
    )


def merged(chamber: Chamber, into: Chamber, document: str) -> Refused:
    """The chamber is no more."""
    return Refused(
        problem(
            "chamber.merged",
            "chamber",
            rule=(
                f"{chamber.name} 已并入 {into.name}（{into.code}），文号 {document}，不能再申报或提交",
                f"{chamber.name} was merged into {into.name} ({into.code}) by {document} and applies no more",
            ),
            remedy=(f"请由 {into.name} 用其统一社会信用代码申报", f"{into.name} may apply under its own credit code."),
        )
    )


def no_such_file(sha256: str) -> NotFound:
    """The manifest has no such file."""
    return NotFound(
        problem(
            "evidence.unknown",
            "sha256",
            rule=(f"申报中没有文件 {sha256[:12]}…", f"the application has no file {sha256[:12]}…"),
            remedy=("请先上传", "Upload it first."),
        )
    )


def too_many_files(limit: int) -> Refused:
    """More files than an application may carry."""
    return Refused(
        problem(
            "evidence.too-many",
            "evidence",
            rule=(f"一份申报最多 {limit} 个文件", f"an application carries at most {limit} files"),
            remedy=("请合并文件后再上传", "Merge files before uploading."),
        )
    )


def round_not_open(code: str) -> Refused:
    """Nobody can apply in this round yet."""
    return Refused(
        problem(
            "round.not-open",
            "round",
            rule=(f"认定周期 {code} 尚未开放申报", f"round {code} is not open"),
            remedy=("请等待开放申报的通知", "Wait for the notice that it is open."),
        )
    )


def too_early(round_: Round, now: datetime) -> Refused:
    """The time to apply has not begun."""
    start, at = time_words(round_.calendar.apply_from), time_words(now)
    return Refused(
        problem(
            "application.too-early",
            "round",
            rule=(
                f"申报自 {start.zh} 起受理，现在是 {at.zh}",
                f"applications are accepted from {start.en}; it is {at.en}",
            ),
            remedy=("可先保存草稿，届时提交", "Keep the draft and hand it in then."),
        )
    )


def late(round_: Round, at: datetime) -> Refused:
    """The time to apply is over; the attempt was recorded."""
    until, then = until_words(round_.calendar.apply_until), time_words(at)
    return Refused(
        problem(
            "application.late",
            "round",
            rule=(
                f"申报截止于 {until.zh}，提交时间为 {then.zh}",
                f"applications closed at {until.en}; this came at {then.en}",
            ),
            remedy=(
                "本次提交已记录但不予受理，可申报下一周期",
                "It is recorded but not accepted; apply in the next round.",
            ),
        )
    )


def no_undertaking() -> Refused:
    """The undertaking of truth was not given."""
    return Refused(
        problem(
            "application.undertaking",
            "undertaking",
            rule=(
                "提交前须承诺所填内容和材料真实、准确、完整",
                "whoever hands in undertakes that everything is true, accurate and complete",
            ),
            remedy=("请勾选承诺（undertaking = true）", "Give the undertaking (undertaking = true)."),
        )
    )


def empty() -> Refused:
    """Nothing is declared."""
    return Refused(
        problem(
            "application.empty",
            "items",
            rule=("申报中没有任何内容", "nothing is declared"),
            remedy=("请至少填写一个指标", "Fill in at least one item."),
        )
    )


def already_submitted(state: Application) -> Refused:
    """It was handed in, and was not returned."""
    words = STATUS_WORDS[state.status]
    return Refused(
        problem(
            "application.already-submitted",
            "status",
            rule=(
                f"申报当前为“{words.zh}”，只有草稿和退回补正的申报可以提交",
                f"the application is {state.status}; only drafts and returned ones can be handed in",
            ),
            remedy=("请在时间线中查看进展", "See its timeline."),
        )
    )


def withdrawn_for_good(state: Application) -> Refused:
    """It was taken back; in this round it cannot be begun anew."""
    return Refused(
        problem(
            "application.withdrawn",
            "round",
            rule=(f"贵会已撤回在 {state.round} 的申报", f"the application in {state.round} was withdrawn"),
            remedy=("撤回后本周期不能再申报，可申报下一周期", "That is for the whole round; apply in the next one."),
        )
    )


def not_withdrawable(state: Application) -> Refused:
    """It is on public notice, or decided."""
    words = STATUS_WORDS[state.status]
    return Refused(
        problem(
            "application.not-withdrawable",
            "status",
            rule=(
                f"申报当前为“{words.zh}”；公示开始或已有结果后不得撤回",
                f"the application is {state.status}; once on public notice or decided it cannot be withdrawn",
            ),
            remedy=("如有特殊情况，请联系受理的工商联", "Ask the federation that has it, if there is cause."),
        )
    )


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)
