"""The message catalogue: every event on one page, for people who read or write them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dev.generated.schemas import PLAIN_DECIMAL, components, example_path, schema_of, schema_path
from shared.contracts.area import Area
from shared.contracts.event import CreditCode, Event, Sha256
from shared.contracts.titles import SERVICES, TITLES
from shared.runtime.handlers import HandlerTable

PLACE = Path("docs/message-catalogue.md")
_PATTERNS: dict[str, str] = {
    PLAIN_DECIMAL: "十进制数字串 decimal as a string",
    **{
        TypeAdapter(kind).json_schema()["pattern"]: words
        for kind, words in (
            (Area, "地区代码 area"),
            (Sha256, "SHA-256"),
            (CreditCode, "统一社会信用代码 credit code"),
        )
    },
}
"""Strings of a known form, in words."""
Schema = Mapping[str, Any]


def documents(catalogue: Sequence[type[Event]], tables: Sequence[HandlerTable]) -> dict[Path, str]:
    """The one page.

    Raises:
        KeyError: an event has no Chinese title in `titles.py`.
    """
    return {PLACE: "\n".join(_page(catalogue, tables)) + "\n"}


def listeners(event: type[Event], tables: Iterable[HandlerTable]) -> list[str]:
    """The queues in which an event is heard."""
    return [subscription.queue for table in tables for subscription in table if subscription.event is event]


def _page(catalogue: Sequence[type[Event]], tables: Sequence[HandlerTable]) -> Iterator[str]:
    yield (Path(__file__).parent / "preface.md").read_text(encoding="utf-8")
    yield "## 一览 · Overview\n"
    yield "| 事件 event | 含义 meaning | 宣布 announced by | 收听 heard by |"
    yield "|---|---|---|---|"
    for event in catalogue:
        wire = event.wire()
        heard = sorted({queue.partition(".")[0] for queue in listeners(event, tables)})
        who = "、".join(SERVICES[service] for service in heard) or "—"
        yield f"| [`{wire}`](#{_anchor(wire)}) | {TITLES[event.name]} | {SERVICES[event.source]} | {who} |"
    yield ""
    for event in catalogue:
        yield from _section(event, tables)
    yield from _parts(catalogue)


def _section(event: type[Event], tables: Sequence[HandlerTable]) -> Iterator[str]:
    wire, schema = event.wire(), schema_of(event)
    queues = "、".join(f"`{queue}`" for queue in listeners(event, tables))
    silent = "；无人收听时也可发布 / may be published while nobody listens" if event.may_go_unheard else ""
    yield f'<a id="{_anchor(wire)}"></a>\n\n## {TITLES[event.name]} · `{wire}`\n'
    yield f"{_one_line(schema['description'])}\n"
    yield f"- 宣布 · Announced by: {SERVICES[event.source]}"
    yield f"- 收听 · Heard in: {queues or '—'}{silent}"
    yield f"- 路由键 · Routing key: `{wire}.<area>`"
    yield f"- 主题 · `ce-subject`: {_subject(event)}"
    yield (
        f"- [JSON Schema](../{schema_path(wire)}) · [完整示例 example](../{example_path(wire)}) · "
        f"[最简示例 minimal](../{example_path(wire, 'minimal')})\n"
    )
    yield from _fields(schema)


def _parts(catalogue: Iterable[type[Event]]) -> Iterator[str]:
    yield "# 组成部分 · Parts\n"
    events = list(catalogue)
    names = {event.__name__ for event in events}
    for name, schema in sorted(components(events, "#/$defs/{model}").items()):
        if name not in names:
            yield f'<a id="{name.lower()}"></a>\n\n## {name}\n'
            yield f"{_one_line(schema['description'])}\n"
            yield from _fields(schema)


def _fields(schema: Schema) -> Iterator[str]:
    yield "| 字段 field | 类型 type | 必填 required | 含义 meaning |"
    yield "|---|---|---|---|"
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        need = "是 yes" if name in required else f"否 no，默认 default {_default(field)}"
        yield f"| `{name}` | {type_in_words(field)} | {need} | {_cell(_one_line(field.get('description', '')))} |"
    yield ""


def type_in_words(field: Schema) -> str:
    """The type of a field as people read it, with a link where it is a part."""
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        kinds = dict.fromkeys(type_in_words(one) for one in field["anyOf"])
        return " \\| ".join(kinds)
    if "enum" in field:
        return " \\| ".join(f"`{value}`" for value in field["enum"])
    kind = field.get("type")
    if kind == "array":
        return f"列表 list（{type_in_words(field['items'])}）"
    if kind == "object":
        by_pattern: Schema = field.get("patternProperties", {})
        values = field.get("additionalProperties") or next(iter(by_pattern.values()))
        return f"映射 map（{type_in_words(values)}）"
    return _plain(field)


def _plain(field: Schema) -> str:
    if field.get("format") == "date-time":
        return "时刻 instant"
    if field.get("pattern") in _PATTERNS:
        return _PATTERNS[field["pattern"]]
    names = {"string": "文字 string", "integer": "整数 integer", "boolean": "是否 boolean", "null": "null"}
    bounds = f" ≥ {field['minimum']}" if "minimum" in field else ""
    return f"{names[str(field['type'])]}{bounds}"


def _default(field: Schema) -> str:
    return f"`{json.dumps(field.get('default'), ensure_ascii=False)}`"


def _subject(event: type[Event]) -> str:
    """What the subject is, as the event's own class says."""
    return _one_line(str(event.subject.__doc__)).removesuffix(".")


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def _anchor(wire: str) -> str:
    return wire.replace(".", "-")
