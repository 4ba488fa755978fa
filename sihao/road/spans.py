"""The road as a trace store has it: Jaeger's query API (`/api/traces`), found by the attribute `sihao.application`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from sihao.services import SERVICES

_WITHIN = 10.0
_TRACES = 100
"""Traces that are asked for, per service."""
_LOOKBACK = timedelta(days=30)
"""How far back is looked. Our default: longer than trace stores usually keep."""


class NoTraces(Exception):  # noqa: N818 - a state of affairs
    """The trace store does not answer, or answers something else."""


@dataclass
class SpanNode:
    """A span and what lies under it."""

    trace: str
    id: str
    parent: str
    service: str
    name: str
    began: datetime
    took: timedelta
    attributes: Mapping[str, Any]
    failed: bool
    children: "list[SpanNode]" = field(default_factory=list)

    @property
    def again(self) -> bool:
        """Whether it is a further try, or a redelivery."""
        return bool(self.attributes.get("sihao.redelivered")) or int(self.attributes.get("sihao.try") or 1) > 1


async def ask(url: str, application: str, now: datetime) -> list[SpanNode]:
    """The roots of all traces about this application, earliest first.

    Raises:
        NoTraces: it cannot be asked.
    """
    found: dict[str, Any] = {}
    try:
        async with httpx2.AsyncClient(base_url=url.rstrip("/"), timeout=_WITHIN, trust_env=False) as client:
            for service in SERVICES:
                asked: dict[str, str | int] = {
                    "service": service,
                    "tags": json.dumps({"sihao.application": application}),
                    "limit": _TRACES,
                    "start": int((now - _LOOKBACK).timestamp() * 1e6),
                    "end": int(now.timestamp() * 1e6),
                }
                answer = (await client.get("/api/traces", params=asked)).raise_for_status().json()
                found |= {trace["traceID"]: trace for trace in answer["data"]}
        return sorted((root for trace in found.values() for root in trees(trace)), key=lambda one: one.began)
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NoTraces(type(error).__name__) from error


def trees(trace: Mapping[str, Any]) -> list[SpanNode]:
    """The roots of one trace as Jaeger tells it: those whose parent is not in it."""
    services = {id_: process["serviceName"] for id_, process in trace["processes"].items()}
    nodes = {span["spanID"]: _node(span, services) for span in trace["spans"]}
    roots: list[SpanNode] = []
    for node in sorted(nodes.values(), key=lambda one: one.began):
        parent = nodes.get(node.parent)
        (parent.children if parent else roots).append(node)
    return roots


def every(roots: Iterable[SpanNode]) -> Iterator[SpanNode]:
    """All spans of these trees."""
    for root in roots:
        yield root
        yield from every(root.children)


def _node(span: Mapping[str, Any], services: Mapping[str, str]) -> SpanNode:
    attributes = {tag["key"]: tag["value"] for tag in span.get("tags") or ()}
    parents = [one["spanID"] for one in span.get("references") or () if one["refType"] == "CHILD_OF"]
    return SpanNode(
        trace=span["traceID"],
        id=span["spanID"],
        parent=parents[0] if parents else "",
        service=services[span["processID"]],
        name=span["operationName"],
        began=datetime.fromtimestamp(span["startTime"] / 1e6, UTC),
        took=timedelta(microseconds=span["duration"]),
        attributes=attributes,
        failed=attributes.get("error") in (True, "true") or attributes.get("otel.status_code") == "ERROR",
    )
