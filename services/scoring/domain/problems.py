"""What a shape check found, in words: place, rule and remedy in both languages."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from shared.contracts.text import Text, text
from shared.kernel.problem import Problem

_KNOWN: dict[str, tuple[Text, Text]] = {
    "missing": (
        text("必填项缺失", "a required entry is missing"),
        text("补上该项", "add it"),
    ),
    "extra_forbidden": (
        text("未知的项", "unknown entry"),
        text("删去该项，或更正其拼写", "remove it, or correct its spelling"),
    ),
    "union_tag_invalid": (
        text(
            "未知的指标类型 kind",
            "unknown kind; known are gate, threshold, trend, ratio, checklist, count, deduction, bonus, judged",
        ),
        text(
            "改为 gate、threshold、trend、ratio、checklist、count、deduction、bonus、judged 之一",
            "use one of these kinds",
        ),
    ),
}


def problems_of(error: ValidationError, data: Any, code: str) -> Iterator[Problem]:
    """One problem per wrong place of `data`."""
    faults = error.errors(include_url=False, include_input=False)
    within = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    for fault in faults:
        if fault["loc"] in within:
            continue  # follows from what is wrong inside it
        rule, remedy = _KNOWN.get(fault["type"]) or (
            text(f"值不符合要求：{fault['msg']}", fault["msg"]),
            text("按要求更正", "correct it accordingly"),
        )
        yield Problem(code=code, field=_place(fault["loc"], data), rule=rule, remedy=remedy)


def _place(loc: tuple[int | str, ...], data: Any) -> str:
    """Where: the dotted path, after the code of the innermost item, clause or dimension on the way."""
    at, code, path = data, "", []
    for number, step in enumerate(loc, start=1):
        if _has(at, step):
            at = at[step]
        elif number < len(loc):
            continue  # the name of a kind, which is no place in the data
        path.append(str(step))
        if isinstance(at, Mapping) and isinstance(at.get("code"), str):
            code = at["code"]
    return f"{code} ({'.'.join(path)})" if code else ".".join(path)


def _has(at: Any, step: int | str) -> bool:
    return (isinstance(at, list) and isinstance(step, int) and step < len(at)) or (
        isinstance(at, Mapping) and step in at
    )
