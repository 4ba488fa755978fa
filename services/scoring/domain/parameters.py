"""What the rubric's text leaves open, declared by name, and how a round fills it in. There are no silent defaults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field as Setting

from services.scoring.domain.fields import Named, is_date
from services.scoring.domain.words import both
from shared.contracts.text import Text, text
from shared.kernel.change import Refused
from shared.kernel.problem import Problem

ParameterType = Literal["integer", "percent", "policy", "choices", "date", "since", "years", "text", "names"]
"""whole number ≥ 1 · 0 < percent ≤ 100 · `excludes` or `costs_points` · several of the declared choices · ISO date ·
ISO date or `ever` · years in order · `中文 / English` · list of `中文 / English`."""

POLICIES = ("excludes", "costs_points")
"""What a flat demand does that is no gate in the text: it keeps out 一票否决, or it only costs points 只扣分."""

_RULES: dict[ParameterType, Text] = {
    "integer": text("应为不小于 1 的整数", "must be a whole number, 1 or more"),
    "percent": text("应为大于 0、不超过 100 的百分数", "must be a percentage above 0 and up to 100"),
    "policy": text("应为 excludes（一票否决）或 costs_points（只扣分）", "must be excludes or costs_points"),
    "choices": text("应为所列代码的列表，至少一个", "must be a list of the declared codes, at least one"),
    "date": text("应为日期，如 2019-06-30", "must be a date: 2019-06-30"),
    "since": text("应为日期，或 ever（有史以来）", "must be a date, or ever"),
    "years": text("应为由早到晚的连续年份列表", "must be a list of consecutive years, earliest first"),
    "text": text("应为“中文 / English”", "must read “中文 / English”"),
    "names": text("应为“中文 / English”的列表，至少一项，不重复", "must be a list of “中文 / English”, no repeats"),
}


class Parameter(Named):
    """A parameter that every round must fill in: the wording it makes exact, and the values it takes."""

    type: ParameterType
    """What kind of value it takes."""
    choices: dict[str, Text] = Setting(default={})
    """For `choices`: code → label."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """A round's parameters, checked. A reference is a literal, or `$name`."""

    data: Mapping[str, Any]
    """Canonical JSON values by name, as they enter the scorecard."""
    declared: Mapping[str, Parameter]
    """What each one means."""

    def of(self, reference: Any) -> Any:
        """The value of a reference."""
        if isinstance(reference, str) and reference.startswith("$"):
            return self.data[reference[1:]]
        return reference

    def whole(self, reference: int | str) -> int:
        """A whole number."""
        return int(self.of(reference))

    def percent(self, reference: int | str) -> Fraction:
        """A percentage as an exact number of percent: `20` → 20."""
        return Fraction(self.of(reference))

    def years(self, reference: str) -> tuple[int, ...]:
        """The years, earliest first."""
        return tuple(self.of(reference))

    def text(self, reference: str) -> Text:
        """A sentence in both languages."""
        return _text(self.of(reference))

    def names(self, reference: str) -> dict[str, Text]:
        """Names by their Chinese form, which is also their code in facts."""
        return {name.zh: name for name in map(_text, self.of(reference))}


def fill_parameters(declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> Parameters:
    """Check what a round filled in.

    Raises:
        Refused: a parameter is missing, unknown or of the wrong kind; every such place is named.
    """
    problems = [
        Problem(
            code="parameters.unknown",
            field=f"parameters.{name}",
            rule=text("评分标准没有此参数", "the rubric has no such parameter"),
            remedy=text("删去，或改为标准中列出的参数名", "remove it, or use a name the rubric declares"),
        )
        for name in sorted(set(given) - set(declared))
    ]
    data: dict[str, Any] = {}
    for name, parameter in sorted(declared.items()):
        if name not in given:
            problems.append(
                Problem(
                    code="parameters.missing",
                    field=f"parameters.{name}",
                    rule=text(
                        f"原文未定，须由本轮认定填定：{parameter.zh}",
                        f"the text leaves it open; the round must settle it: {parameter.en}",
                    ),
                    remedy=text(
                        f"填写该参数，{_RULES[parameter.type].zh}", f"fill it in; it {_RULES[parameter.type].en}"
                    ),
                )
            )
        elif (value := _canonical(parameter, given[name])) is None:
            codes = "、".join(parameter.choices)
            problems.append(
                Problem(
                    code="parameters.invalid",
                    field=f"parameters.{name}",
                    rule=_RULES[parameter.type],
                    remedy=text(
                        f"更正：{parameter.zh}{f'（可选：{codes}）' if codes else ''}",
                        f"correct it: {parameter.en}{f' (codes: {codes})' if codes else ''}",
                    ),
                )
            )
        else:
            data[name] = value
    if problems:
        raise Refused(*problems)
    return Parameters(data=data, declared=declared)


def _canonical(parameter: Parameter, value: Any) -> Any:
    """The value as canonical JSON, or None if it is wrong."""
    if parameter.type == "choices":
        wanted = set(_strings(value))
        return sorted(wanted) if wanted and wanted <= set(parameter.choices) else None
    return _CANONICAL[parameter.type](value)


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def _percent(value: Any) -> str | None:
    """A percentage as text without needless zeros, or None."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 < number <= 100:  # noqa: PLR2004 - a hundred percent
        return None
    return format(number.normalize(), "f")


def _years(value: Any) -> list[int] | None:
    if not isinstance(value, list | tuple) or not value:
        return None
    try:
        years = [int(str(year)) for year in value]
    except ValueError:
        return None
    return years if years == list(range(years[0], years[0] + len(years))) else None


def _strings(value: Any) -> list[str]:
    """The list, if it is one of texts; else nothing."""
    return list(value) if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value) else []


def _names(value: Any) -> list[str] | None:
    names = _strings(value)
    distinct = {name.zh for name in map(both, names) if name}
    return names if names and len(distinct) == len(names) else None


@lru_cache(1024)
def _text(sentence: str) -> Text:
    """The two languages of a sentence that was checked when it was filled in."""
    return both(sentence) or text(sentence, sentence)


_CANONICAL: dict[ParameterType, Callable[[Any], Any]] = {
    "integer": _integer,
    "percent": _percent,
    "policy": lambda value: value if value in POLICIES else None,
    "date": lambda value: value if is_date(value) else None,
    "since": lambda value: value if value == "ever" or is_date(value) else None,
    "years": _years,
    "text": lambda value: value if isinstance(value, str) and both(value) else None,
    "names": _names,
}
