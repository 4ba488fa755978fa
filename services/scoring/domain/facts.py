"""What an applicant declares, checked against the rubric, every fault in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from services.scoring.domain.fields import Value, problem_of
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.rubric import Item, Rubric
from shared.contracts.text import Text, text
from shared.kernel.problem import Problem

Facts = Mapping[str, Mapping[str, Value]]
"""Item code → field → value."""


class File(Protocol):
    """A file as scoring needs it: its hash, and the items it supports."""

    @property
    def sha256(self) -> str:
        """SHA-256 of its bytes, in hexadecimal."""

    @property
    def items(self) -> tuple[str, ...]:
        """Codes of items."""


def check_facts(
    facts: Mapping[str, Any], rubric: Rubric, parameters: Parameters, evidence: Iterable[File] = ()
) -> list[Problem]:
    """Everything that is wrong in what was declared: unknown items and fields, values of the wrong kind.

    A missing fact is no fault: it earns no points, or leaves a gate to be verified.
    """
    problems: list[Problem] = []
    for code in sorted(facts):
        item = rubric.items.get(code)
        if item is None:
            problems.append(_unknown_item(f"facts.{code}", code, rubric))
        elif not isinstance(facts[code], dict):
            problems.append(
                Problem(
                    code="facts.invalid",
                    field=f"facts.{code}",
                    rule=text("应为“字段: 值”", "must map fields to values"),
                    remedy=text(f"可填字段：{_own(item)}", f"fields: {_own(item)}"),
                )
            )
        else:
            problems.extend(_check_item(item, facts[code], parameters))
    for file in evidence:
        problems.extend(
            _unknown_item(f"evidence.{file.sha256[:8]}.items", code, rubric)
            for code in file.items
            if code not in rubric.items
        )
    return problems


def _check_item(item: Item, given: Mapping[str, Any], parameters: Parameters) -> Iterator[Problem]:
    for name in sorted(given):
        field, place = item.fields.get(name), f"facts.{item.code}.{name}"
        if field is None:
            yield Problem(
                code="facts.unknown-field",
                field=place,
                rule=text(f"指标 {item.code} 没有此字段", f"item {item.code} has no such field"),
                remedy=text(f"可填字段：{_own(item)}", f"fields: {_own(item)}"),
            )
        elif field.origin is not None:
            yield Problem(
                code="facts.elsewhere",
                field=place,
                rule=text("此数据只在一处填报", "this fact is given in one place only"),
                remedy=text(f"填在 {field.origin}，此处自动引用", f"give it at {field.origin}; it is read from there"),
            )
        else:
            names = parameters.names(field.choices) if isinstance(field.choices, str) else field.choices
            wrong = problem_of(field, given[name], names)
            if wrong is not None:
                yield Problem(code="facts.invalid", field=place, rule=wrong, remedy=_correct(field.text))


def _correct(label: Text) -> Text:
    return text(f"更正“{label.zh}”", f"correct “{label.en}”")


def _own(item: Item) -> str:
    return ", ".join(name for name, field in item.fields.items() if field.origin is None) or "—"


def _unknown_item(place: str, code: str, rubric: Rubric) -> Problem:
    return Problem(
        code="facts.unknown-item",
        field=place,
        rule=text(f"标准 {rubric.key} 没有指标 {code}", f"rubric {rubric.key} has no item {code}"),
        remedy=text("用标准中的指标编码，如 B2.i", "use a code of the rubric, e.g. B2.i"),
    )
