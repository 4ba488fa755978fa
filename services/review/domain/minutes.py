"""Minutes 会议纪要 of a committee's meeting, from its record: who was there, who stood aside, how each voted."""

from collections.abc import Iterable

from services.review.domain.panel import Matter, Panel
from services.review.domain.tally import Vote
from shared.contracts.cases import PanelResult
from shared.contracts.text import Text, text
from shared.kernel.calendar import time_words

_VOTES: dict[Vote, tuple[str, str]] = {
    "yes": ("赞成", "for"),
    "no": ("反对", "against"),
    "abstain": ("弃权", "abstaining"),
}


def minutes(panel: Panel) -> Text:
    """The minutes, as Markdown; of a meeting that is not closed, as far as it has come."""
    parts = [
        text(f"# 评审委员会会议纪要 {panel.id}", f"# Minutes of the committee, {panel.id}"),
        *(_attendance(panel) if panel.members else _as_announced(panel)),
    ]
    results = {result.case: result for result in panel.results}
    parts += [_about(matter, panel, results.get(matter.case)) for matter in panel.matters]
    return text("\n\n".join(part.zh for part in parts), "\n\n".join(part.en for part in parts))


def _attendance(panel: Panel) -> list[Text]:
    absent = [member for member in panel.members if member not in panel.present]
    return [
        text(
            f"召集于 {time_words(panel.convened).zh}，{_ended(panel).zh}。",
            f"Convened on {time_words(panel.convened).en}, {_ended(panel).en}.",
        ),
        text(
            f"委员 {len(panel.members)} 人。出席：{_names(panel.present)}。缺席：{_names(absent)}。",
            f"{len(panel.members)} members. Present: {_names(panel.present)}. Absent: {_names(absent)}.",
        ),
        text(f"须有全体委员的 {panel.quorum} 出席。", f"{panel.quorum} of all members must be present."),
    ]


def _as_announced(panel: Panel) -> list[Text]:
    """Of a meeting whose record was lost with the store."""
    announced = time_words(panel.closed or panel.convened)
    return [
        text(
            f"会议记录随数据库遗失，委员、出席、回避与逐票不可知；以下为 {announced.zh} 宣布的结果。",
            "The record was lost with the store: who sat, stood aside and voted how is not known. "
            f"This is what was announced on {announced.en}.",
        )
    ]


def _ended(panel: Panel) -> Text:
    if panel.closed is None:
        return text("尚未结束", "not closed yet")
    closed = time_words(panel.closed)
    return text(f"结束于 {closed.zh}", f"closed on {closed.en}")


def _about(matter: Matter, panel: Panel, result: PanelResult | None) -> Text:
    """One case: who stood aside, every vote by name, the count and what follows from it."""
    lines = [text(f"## {matter.case}，{matter.points} 分", f"## {matter.case}, {matter.points} points")]
    if panel.members:
        lines += _by_name(matter, panel)
    lines.append(_outcome(matter.case, panel, result))
    return text("\n".join(line.zh for line in lines), "\n".join(line.en for line in lines))


def _by_name(matter: Matter, panel: Panel) -> list[Text]:
    lines = [text(f"- 回避：{_names(matter.recused)}", f"- stood aside: {_names(matter.recused)}")]
    voters = [member for member in panel.present if member not in matter.recused]
    for vote, (zh, en) in _VOTES.items():
        named = [member for member in voters if matter.votes.get(member, "abstain") == vote]
        lines.append(text(f"- {zh} {len(named)}：{_names(named)}", f"- {en} {len(named)}: {_names(named)}"))
    return lines


def _outcome(case: str, panel: Panel, result: PanelResult | None) -> Text:
    if result is None:
        undecided = case in panel.undecided
        zh, en = ("未达法定人数，未作决定", "no quorum: not decided") if undecided else ("尚未计票", "not counted yet")
        return text(f"- {zh}", f"- {en}")
    tally = result.tally
    passed = result.outcome == "elected"
    return text(
        f"- 法定人数 {tally.quorum}，到会 {tally.present}；须 {tally.majority} 票，得 {tally.yes} 票："
        f"{'通过' if passed else '未通过'}",
        f"- quorum {tally.quorum}, present {tally.present}; {tally.majority} votes needed, {tally.yes} cast: "
        f"{'elected' if passed else 'not elected'}",
    )


def _names(members: Iterable[str]) -> str:
    return "、".join(members) or "–"
