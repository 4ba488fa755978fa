"""The facts an item asks for: what a field is, and which values it takes."""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from shared.contracts.text import Text, text

FieldType = Literal["integer", "boolean", "amount", "date", "dates", "text", "choice", "list", "yearly", "series"]
"""integer ≥ 0 · yes/no · decimal as text · ISO date · list of ISO dates · free text · one of choices · several of
choices · count per year (`{"2019": 31}`) · count per named event (`{"2020-02 疫情": 140}`)."""

Value = bool | int | str | list[str] | dict[str, int]
"""A fact, as it stands in JSON."""


class Named(BaseModel):
    """Something with a name in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    zh: str = Setting(min_length=1)
    """Simplified Chinese."""
    en: str = Setting(min_length=1)
    """English."""

    @cached_property
    def text(self) -> Text:
        """The name."""
        return Text(zh=self.zh, en=self.en)


class Field(Named):
    """One fact that an item asks for."""

    type: FieldType
    """What kind of value it takes."""
    unit: Text | None = None
    """Unit of a count or amount, e.g. 家 / firms."""
    choices: dict[str, Text] | str = Setting(default={})
    """For `choice` and `list`: code → label; or `$parameter`, a list of names which the round fills in."""
    origin: str | None = Setting(default=None, alias="from")
    """`B2.f.firms`: the fact is given there, once, and only read here."""


def fits(kind: FieldType, names: Collection[str]) -> Callable[[Any], bool]:
    """What a value of this type must pass. `names` are the admissible codes of choice and list."""
    allowed = frozenset(names)
    if kind == "choice":
        return lambda value: isinstance(value, str) and value in allowed
    if kind == "list":
        return lambda value: isinstance(value, list | tuple) and _are(str, value) and allowed.issuperset(value)
    return _RULES[kind][0]


def problem_of(field: Field, value: Any, names: Collection[str]) -> Text | None:
    """What is wrong with a value, or None if it is right. `names` are the admissible codes of choice and list."""
    if fits(field.type, names)(value):
        return None
    if field.type not in {"choice", "list"}:
        return _RULES[field.type][1]
    codes = ", ".join(sorted(names))
    if field.type == "choice":
        return text(f"应为下列之一：{codes}", f"must be one of {codes}")
    return text(f"应为列表，取自：{codes}", f"must be a list taken from {codes}")


def is_date(value: Any) -> bool:
    """Whether a value is an ISO date as text, `YYYY-MM-DD`."""
    return isinstance(value, str) and _is_iso(value)


@lru_cache(1 << 12)
def _is_iso(words: str) -> bool:
    try:
        return date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def _is_dates(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(is_date, value))


def _are(kind: type, values: Collection[Any]) -> bool:
    """Whether all are of exactly this type, as they come from JSON: True is no number."""
    return set(map(type, values)) <= {kind}


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_yearly(value: Any) -> bool:
    return isinstance(value, dict) and _YEARS.issuperset(value) and _are_counts(value.values())


def _is_series(value: Any) -> bool:
    return isinstance(value, dict) and _are(str, value) and _are_counts(value.values())


def _are_counts(values: Iterable[Any]) -> bool:
    for value in values:  # noqa: SIM110 - this runs for every count of every application
        if type(value) is not int or value < 0:
            return False
    return True


def _is_amount(value: Any) -> bool:
    try:
        amount = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


_YEARS = frozenset(f"{year:04}" for year in range(10_000))
_RULES: dict[FieldType, tuple[Callable[[Any], bool], Text]] = {
    "integer": (_is_count, text("应为不小于 0 的整数", "must be a whole number, 0 or more")),
    "boolean": (
        lambda value: isinstance(value, bool),
        text("应为 true（是）或 false（否）", "must be true (yes) or false (no)"),
    ),
    "amount": (
        _is_amount,
        text("应为文本形式的非负小数，如 “12000.50”", 'must be a decimal, 0 or more, as text: "12000.50"'),
    ),
    "date": (is_date, text("应为日期，如 “2020-09-30”", 'must be a date: "2020-09-30"')),
    "dates": (_is_dates, text("应为日期列表；没有则填 []", "must be a list of dates; [] if there is none")),
    "text": (lambda value: isinstance(value, str), text("应为文字", "must be text")),
    "yearly": (_is_yearly, text("应为“年份: 整数”，如 {“2019”: 31}", 'must be whole numbers by year: {"2019": 31}')),
    "series": (_is_series, text("应为“事件名: 整数”", "must be whole numbers by name of the event")),
}
