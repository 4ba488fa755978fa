"""The settings of every service, from the classes that read them: variable, default, limits, meaning."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.review.settings import ReviewSettings
from services.scoring.settings import ScoringSettings
from shared.runtime.configured import MISCONFIGURED, PREFIX
from shared.runtime.settings import EdgeSettings, KeySettings, Settings

PLACE = Path("docs/configuration.md")
_SECTIONS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("每个服务 · Every service", Settings),
    ("签名 · Signatures", KeySettings),
    ("客户端 · Clients", EdgeSettings),
    ("申报 · intake", IntakeSettings),
    ("评分 · scoring", ScoringSettings),
    ("审核 · review", ReviewSettings),
    ("通知 · notify", NotifySettings),
)
_HEAD = f"""\
# 配置一览 / Configuration

<!-- 由 make docs 生成 / made by make docs -->

配置项都是环境变量，前缀 `{PREFIX}`，启动时读取一次。有误时服务不启动，逐项说明原因和办法，进程以 {MISCONFIGURED} 结束；
疑似拼错的变量会提示。值中若有密码，不会出现在日志里。

Settings are environment variables with the prefix `{PREFIX}`, read once at the start. If one is wrong the service does
not start, says of each what is wrong and what to do, and ends with {MISCONFIGURED}; what looks misspelt is told. Values
that may hold a password are never logged.

此外按 OpenTelemetry 规范读取 `OTEL_EXPORTER_OTLP_ENDPOINT` 等变量：设置后才导出追踪。
Besides, `OTEL_EXPORTER_OTLP_ENDPOINT` and its like are read as OpenTelemetry specifies: traces are exported only then.
"""


def documents() -> dict[Path, str]:
    """The one page."""
    return {PLACE: "\n".join([_HEAD, *(_section(title, kind) for title, kind in _SECTIONS)])}


def _section(title: str, kind: type[BaseSettings]) -> str:
    own = {name: kind.model_fields[name] for name in kind.__annotations__ if name in kind.model_fields}
    heading = [_row(("变量 variable", "默认 default", "取值 values", "含义 meaning")), _row(["---"] * 4)]
    return "\n".join([f"## {title}", "", *heading, *(_row(_cells(*field)) for field in own.items()), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(name: str, field: FieldInfo) -> Sequence[str]:
    variable = f"`{PREFIX}{name}`".upper()
    return (variable, _default(field), _values(field), (field.description or "").replace("\n", " "))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**必填 required**"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value is None or value == "":
        return "—"
    return f"`{json.dumps(value) if isinstance(value, dict) else value}`"


def _values(field: FieldInfo) -> str:
    """What may be given: choices, bounds, or examples."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    written = [*_bounds(field.metadata), *(f"`{_example(one)}`" for one in field.examples or ())]
    return ", ".join(written) or "—"


def _bounds(metadata: Iterable[Any]) -> Iterable[str]:
    for sign, name in (("≥", "ge"), (">", "gt"), ("≤", "le")):
        yield from (f"{sign} {getattr(rule, name):,}" for rule in metadata if getattr(rule, name, None) is not None)


def _example(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
