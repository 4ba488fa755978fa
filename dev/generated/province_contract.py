"""The contract for a province's own review software, as a page: preface, events heard and announced, clauses."""

from collections.abc import Iterator
from pathlib import Path

from conformance.clauses import NEEDS, Clause, groups
from dev.generated.schemas import example_path, schema_path
from shared.contracts import EVENTS, ApplicationScored, ApplicationWithdrawn, Event, RoundOpened
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from shared.contracts.titles import TITLES

PLACE = Path("docs/province-contract.md")
HEARD: tuple[tuple[type[Event], str], ...] = (
    (RoundOpened, "CN"),
    (ApplicationScored, "35.#"),
    (ApplicationWithdrawn, "35.#"),
)
"""What a province has to hear, and what follows the name in the binding."""
_WHEN = {
    "case.opened": ("受理，或补正后再次受理", "a case opens, or opens again when corrected"),
    "case.advanced": ("通过一个环节进入下一环节（流程有多个环节时）", "a stage is passed (where there are several)"),
    "case.returned": ("退回补正", "a case is returned"),
    "case.declined": (
        "不予通过：`gate`、`officer`、`overdue`、`quota` …",
        "a case ends: `gate`, `officer`, `overdue`, `quota` …",
    ),
    "case.withdrawn": ("申报撤回，且案件已受理", "the application of a case that had opened is withdrawn"),
    "shortlist.sealed": ("名单封存", "the list is sealed"),
    "case.nominated": ("推荐上报", "a case is nominated"),
}
"""When a province must announce what; other events only if it runs these stages itself."""


def documents() -> dict[Path, str]:
    """The one page."""
    return {PLACE: "\n".join(_page()) + "\n"}


def _page() -> Iterator[str]:
    yield (Path(__file__).parent / "province_preface.md").read_text(encoding="utf-8")
    yield "## 所听的事件 · What it hears\n"
    yield "| 事件 event | 含义 meaning | 绑定 binding | 格式 format |\n|---|---|---|---|"
    for event, area in HEARD:
        yield f"| `{event.wire()}` | {TITLES[event.name]} | `{event.wire()}.{area}` | {_links(event.wire())} |"
    yield "\n## 须宣布的事件 · What it must announce\n"
    yield "| 事件 event | 含义 meaning | 何时 when | 格式 format |\n|---|---|---|---|"
    must = [EVENTS[f"{name}.v1"] for name in _WHEN]
    for event in must:
        zh, en = _WHEN[event.name]
        yield f"| `{event.wire()}` | {TITLES[event.name]} | {zh}<br/>{en} | {_links(event.wire())} |"
    others = [name for name in EVENTS if name in PROVINCE_MAY_WRITE and EVENTS[name] not in must]
    yield "\n自办专家评审、公示、通报的省，另可宣布 · A province with such stages of its own may also announce: "
    yield "、".join(f"`{name}`" for name in others) + "。其他事件不得宣布 · No other event.\n"
    yield "## 条款 · Clauses\n"
    yield "测试报告以编号指明条款。The kit's report refers to these numbers.\n"
    yield "检查所需，缺少时报告“未检查”· What a check may need; without it the report says “not checked”:\n"
    yield from (f"- `{need}`：{why.zh} · {why.en}" for need, why in NEEDS.items())
    yield ""
    for group in groups():
        yield f"### {group.title.zh} · {group.title.en}\n"
        for clause in group.clauses:
            yield from _clause(clause)


def _clause(clause: Clause) -> Iterator[str]:
    yield f'<a id="{clause.id.lower()}"></a>\n\n**{clause.id}** {clause.rule.zh}'
    yield f"{clause.rule.en}\n"
    needs = "".join(f" · `{need}`" for need in clause.needs)
    yield f"- 检查 check{needs}：{clause.check.zh} {clause.check.en}"
    yield f"- 未通过时 if it fails：{clause.remedy.zh} {clause.remedy.en}\n"


def _links(wire: str) -> str:
    return f"[schema](../{schema_path(wire)}) · [example](../{example_path(wire)})"
