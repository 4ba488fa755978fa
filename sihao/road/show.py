"""The road as a tree at the terminal: who, what, when, and how long it waited."""

from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from shared.contracts.titles import SERVICES, TITLES
from shared.kernel.calendar import time_words
from sihao.road.spans import SpanNode
from sihao.road.steps import Branch, PutAside, Road

_LONG = timedelta(seconds=5)
"""A hop that waited longer stands out. Our default."""
_ACTS = {
    "due": "期限已到 / deadline passed",
    "take": "取信投递 / taken for delivery",
    "report": "投递结果 / delivery reported",
    "submit": "提交 / submitted",
}


def print_road(out: Console, road: Road) -> None:
    """Every branch, and what was put aside."""
    tree = Tree(f"[bold]{escape(road.application)}[/bold]")
    for branch in road.branches:
        _grow(tree, branch)
    for one in road.astray:
        tree.add(_aside(one))
    out.print(tree)


def _grow(tree: Tree, branch: Branch) -> None:
    step = branch.step
    service = SERVICES.get(step.service.partition("-")[0], step.service)
    place = f"{service}{step.service.partition('-')[1]}{step.service.partition('-')[2]}"
    said = f"{place}  [bold]{escape(what_words(step.what))}[/bold]  {time_words(step.at).zh}{_wait(branch.waited)}"
    said += f"  · {step.role}" if branch.waited is None else ""
    if step.note:
        said += f"\n{escape(str(step.note))}"
    if step.unsent:
        said += "\n[red]有事实尚未发出 / facts wait unsent in the outbox[/red]"
    node = tree.add(said)
    for child in branch.children:
        if isinstance(child, PutAside):
            node.add(_aside(child))
        else:
            _grow(node, child)


def _aside(one: PutAside) -> str:
    colour, how = ("yellow", "已重放 / replayed") if one.replayed else ("red", "待处理 / waits for a person")
    head = f"[{colour}]死信 / dead letter {one.id}[/{colour}]  {one.service}  {escape(one.event)}  {one.code}  {how}"
    return f"{head}\n{escape(str(one.reason))}"


def _wait(waited: timedelta | None) -> str:
    if waited is None:
        return ""
    told = f"+{length(waited)}"
    return f"  [yellow]{told}[/yellow]" if waited > _LONG else f"  [dim]{told}[/dim]"


def length(took: timedelta) -> str:
    """A length of time in the unit that suits it."""
    seconds = took.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds * 1000:.0f} ms"


def what_words(what: str) -> str:
    """An event with its Chinese title; a known act in both languages; else as it stands."""
    title = TITLES.get(what.rpartition(".v")[0])
    return f"{title} {what}" if title else _ACTS.get(what, what)


def print_spans(out: Console, roots: list[SpanNode]) -> None:
    """The spans, trace by trace."""
    out.print(f"\n追踪 / traces: {len({root.trace for root in roots})}")
    for root in roots:
        tree = Tree(f"[dim]{root.trace}[/dim]")
        _span(tree, root)
        out.print(tree)


def _span(tree: Tree, node: SpanNode) -> None:
    marks = [mark for mark, holds in (("✗", node.failed), ("↻ 再次 / again", node.again)) if holds]
    outcome = str(node.attributes.get("sihao.outcome") or "")
    told = f"{node.service}  {escape(node.name)}  {length(node.took)}  {outcome}  {' '.join(marks)}".rstrip()
    branch = tree.add(f"[red]{told}[/red]" if node.failed else told)
    for child in node.children:
        _span(branch, child)


def as_json(road: Road, roots: list[SpanNode] | None) -> dict[str, Any]:
    """For programs."""
    told: dict[str, Any] = {
        "application": road.application,
        "waits": road.waits,
        "road": [_json(branch) for branch in road.branches],
        "astray": [_aside_json(one) for one in road.astray],
    }
    return told if roots is None else {**told, "traces": [_span_json(root) for root in roots]}


def _json(branch: Branch) -> dict[str, Any]:
    step = branch.step
    return {
        "service": step.service,
        "document": step.document,
        "n": step.n,
        "what": step.what,
        "at": step.at.isoformat(),
        "role": step.role,
        "waited": branch.waited.total_seconds() if branch.waited is not None else None,
        "unsent": len(step.unsent),
        "note": step.note.model_dump() if step.note else None,
        "then": [_aside_json(one) if isinstance(one, PutAside) else _json(one) for one in branch.children],
    }


def _aside_json(one: PutAside) -> dict[str, Any]:
    return {
        "dead_letter": one.id,
        "service": one.service,
        "event": one.event,
        "code": one.code,
        "reason": one.reason.model_dump(),
        "at": one.at.isoformat(),
        "replayed": one.replayed.isoformat() if one.replayed else None,
    }


def _span_json(node: SpanNode) -> dict[str, Any]:
    return {
        "trace": node.trace,
        "service": node.service,
        "name": node.name,
        "began": node.began.isoformat(),
        "seconds": node.took.total_seconds(),
        "failed": node.failed,
        "again": node.again,
        "then": [_span_json(child) for child in node.children],
    }
