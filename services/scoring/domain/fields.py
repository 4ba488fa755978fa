"""The facts an item asks for: what a field is, and which values it takes."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
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

    @property
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


def problem_of(field: Field, value: Any, names: Iterable[str]) -> Text | None:
    """What is wrong with a value, or None if it is right. `names` are the admissible codes of choice and list."""
    if field.type in {"choice", "list"}:
        allowed = set(names)
        given = [value] if field.type == "choice" else value
        codes = ", ".join(sorted(allowed))
        right = isinstance(given, list | tuple) and all(isinstance(v, str) and v in allowed for v in given)
        listed = text(f"应为列表，取自：{codes}", f"must be a list taken from {codes}")
        rule = text(f"应为下列之一：{codes}", f"must be one of {codes}") if field.type == "choice" else listed
        return None if right else rule
    fits, rule = _RULES[field.type]
    return None if fits(value) else rule


def is_date(value: Any) -> bool:
    """Whether a value is an ISO date as text, `YYYY-MM-DD`."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_dates(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(is_date, value))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_yearly(value: Any) -> bool:
    return _is_series(value) and all(len(k) == len("2019") and k.isascii() and k.isdigit() for k in value)


def _is_series(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and _is_count(v) for k, v in value.items())


def _is_amount(value: Any) -> bool:
    try:
        amount = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


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
