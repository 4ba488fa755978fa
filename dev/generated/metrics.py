"""All metrics of ours, as they are defined in the code: name, type, labels, unit, meaning in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from shared.runtime.metrics import REGISTRY

PLACE = Path("docs/metrics.md")
_OURS = "sihao_"
_UNITS = (
    ("_timestamp_seconds", "Unix 时间 / Unix time, s"),
    ("_seconds", "秒 / s"),
    ("_bytes", "字节 / bytes"),
    ("_info", "—"),
    ("_up", "1 | 0"),
)
_SERIES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
_HEAD = """\
# 指标 / Metrics

<!-- 由 make docs 生成 / made by make docs -->

每个服务的 `/metrics`：Prometheus 文本格式；请求头 `Accept: application/openmetrics-text` 时为 OpenMetrics，
时间类直方图带样例（exemplar），由 `trace_id` 直达追踪。
标签都是平台自己的名称（事件、队列、路由模板、省），从不含个人或文档编号。
死信、密钥等须查库者按 5 秒、5 分钟的周期计量，抓取不增加数据库负担。另有 Python 进程、平台与垃圾回收的标准指标。

`/metrics` of every service: Prometheus' text format, or OpenMetrics for `Accept: application/openmetrics-text`; then
histograms of time carry exemplars whose `trace_id` leads to the trace. Labels are names of ours (events, queues, route
templates, provinces), never ids of people or documents. What must be asked of the store (dead letters, keys) is
measured every 5 seconds or 5 minutes; a scrape costs the store nothing. Python's process, platform and collector
metrics come too.

| 名称 name | 类型 type | 标签 labels | 单位 unit | 含义 meaning |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Defined:
    """One metric, as it is exposed."""

    name: str
    """As it stands in the exposition: a counter with `_total`."""
    kind: str
    labels: tuple[str, ...]
    zh: str
    en: str

    @property
    def unit(self) -> str:
        """In what it is told; a number where the name says nothing."""
        plain = self.name.removesuffix("_total")
        return next((unit for end, unit in _UNITS if plain.endswith(end)), "个 / count")

    @property
    def series(self) -> tuple[str, ...]:
        """The names that a query may use."""
        if self.kind == "histogram":
            return tuple(self.name + end for end in _SERIES["histogram"])
        return (self.name,)


def defined() -> list[Defined]:
    """All of ours, in the order of their names.

    Raises:
        ValueError: one has no meaning in both languages.
    """
    return sorted(_defined(), key=lambda one: one.name)


def _defined() -> Iterator[Defined]:
    for collector in REGISTRY._collector_to_names:  # noqa: SLF001 - the registry tells of its collectors nowhere else
        if isinstance(collector, MetricWrapperBase) and collector._name.startswith(_OURS):  # noqa: SLF001
            zh, slash, en = collector._documentation.partition(" / ")  # noqa: SLF001
            if not slash or not en or zh.isascii():
                raise ValueError(f"{collector._name}: 说明须为“中文 / English” / say what it means in both")  # noqa: SLF001
            name = collector._name + ("_total" if collector._type == "counter" else "")  # noqa: SLF001
            yield Defined(name, str(collector._type), collector._labelnames, zh, en)  # noqa: SLF001


def documents() -> dict[Path, str]:
    """The one page."""
    return {PLACE: _HEAD + "".join(_row(one) for one in defined())}


def _row(one: Defined) -> str:
    labels = ", ".join(f"`{label}`" for label in one.labels) or "—"
    return f"| `{one.name}` | {one.kind} | {labels} | {one.unit} | {one.zh}<br>{one.en} |\n"
