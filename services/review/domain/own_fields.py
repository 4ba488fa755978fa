"""Fields of a province's own 自有字段: what its officers fill in, stage by stage, beside what the platform asks.

A field that travels goes along with the facts about the case, under its own name (`x-35-site-score`). Only numbers,
choices, yes or no, dates and short codes can: what people write in their own words stays in the province.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, model_validator

from shared.contracts.text import Text
from shared.kernel.problem import Problem, problem

FIELD_NAME = r"^x-[1-9]\d(-[a-z0-9]+)+$"
"""`x-<province>-<name>`, as extensions are named everywhere."""
MAX_FIELDS = 30
"""Fields of one procedure; all of them together stay far below what travels with a case. Ours."""

Given = StrictBool | StrictStr | Decimal
"""What an officer sends."""
Kept = StrictBool | StrictStr
"""What is kept: decimals as they are written, dates in ISO 8601."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_LONGEST_CODE = 40


class _Field(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = Field(pattern=FIELD_NAME, max_length=60)
    """Its name, in the province's own namespace: `x-35-site-score`."""
    title: Text
    """For people."""
    required: bool = True
    """Whether the stage cannot be passed without it."""
    travels: bool = False
    """Whether it goes along with the facts about the case; else it stays here."""


class NumberField(_Field):
    """A number between two limits."""

    type: Literal["number"]
    min: Decimal
    """Smallest."""
    max: Decimal
    """Largest."""
    places: int = Field(default=0, ge=0, le=4)
    """Decimals, at the most."""

    @model_validator(mode="after")
    def _limits_leave_room(self) -> Self:
        if self.min >= self.max:
            raise ValueError("min 须小于 max / min must be less than max")
        return self

    def read(self, given: Given) -> str | None:
        """The number as it is kept; None if it is none, has more decimals, or lies outside."""
        try:
            number = Decimal(given) if isinstance(given, str | Decimal) else None
            if number is None or not number.is_finite() or not self.min <= number <= self.max:
                return None
            rounded = number.quantize(Decimal(1).scaleb(-self.places))
        except InvalidOperation:
            return None
        return f"{rounded.normalize():f}" if rounded == number else None

    @property
    def rule(self) -> tuple[str, str]:
        """What fits, in words."""
        return (
            f"应为 {self.min} 至 {self.max} 之间的数，至多 {self.places} 位小数",
            f"must be a number from {self.min} to {self.max} with {self.places} decimals at the most",
        )


class Choice(BaseModel):
    """One answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    value: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    """For programs."""
    title: Text
    """For people."""


class ChoiceField(_Field):
    """One of a few answers."""

    type: Literal["choice"]
    choices: tuple[Choice, ...] = Field(min_length=2, max_length=30)
    """The answers."""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len(set(self.values)) < len(self.choices):
            raise ValueError("choices 中有重复的 value / a value stands twice in choices")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """The answers, for programs."""
        return tuple(choice.value for choice in self.choices)

    def read(self, given: Given) -> str | None:
        """The answer; None if it is none of them."""
        return given if isinstance(given, str) and given in self.values else None

    @property
    def rule(self) -> tuple[str, str]:
        """What fits, in words."""
        return (f"应为下列之一：{'、'.join(self.values)}", f"must be one of {', '.join(self.values)}")


class YesNoField(_Field):
    """Yes or no."""

    type: Literal["yes_no"]

    def read(self, given: Given) -> bool | None:
        """Yes or no; None if it is neither."""
        return given if isinstance(given, bool) else None

    @property
    def rule(self) -> tuple[str, str]:
        """What fits, in words."""
        return ("应为是或否（true / false）", "must be true or false")


class DateField(_Field):
    """A day."""

    type: Literal["date"]

    def read(self, given: Given) -> str | None:
        """The day in ISO 8601; None if it is none."""
        try:
            return date.fromisoformat(given).isoformat() if isinstance(given, str) else None
        except ValueError:
            return None

    @property
    def rule(self) -> tuple[str, str]:
        """What fits, in words."""
        return ("应为日期，例如 2026-03-01", "must be a date, such as 2026-03-01")


class CodeField(_Field):
    """A short code: the number of a file or document."""

    type: Literal["code"]

    def read(self, given: Given) -> str | None:
        """The code; None if it is none."""
        fits = isinstance(given, str) and len(given) <= _LONGEST_CODE and _CODE.fullmatch(given)
        return given if fits and isinstance(given, str) else None

    @property
    def rule(self) -> tuple[str, str]:
        """What fits, in words."""
        return (
            f"应为至多 {_LONGEST_CODE} 个字母、数字及 . _ / -",
            f"must be letters, digits and . _ / -, {_LONGEST_CODE} at the most",
        )


class TextField(_Field):
    """Words of an officer's own; they may name people, and so they stay here."""

    type: Literal["text"]
    travels: Literal[False] = False
    """Never."""
    max_length: int = Field(default=500, ge=1, le=2000)
    """Characters, at the most."""

    def read(self, given: Given) -> str | None:
        """The words; None if there are none, or too many."""
        said = given.strip() if isinstance(given, str) else ""
        return said if 0 < len(said) <= self.max_length else None

    @property
    def rule(self) -> tuple[str, str]:
        """What fits, in words."""
        return (f"应为至多 {self.max_length} 字的文字", f"must be text of {self.max_length} characters at the most")


OwnField = Annotated[
    NumberField | ChoiceField | YesNoField | DateField | CodeField | TextField, Field(discriminator="type")
]


def wrong_value(field: OwnField) -> Problem:
    """What was filled in does not fit the field."""
    zh, en = field.rule
    return problem(
        "field.value",
        f"fields.{field.name}",
        rule=(f"“{field.title.zh}”{zh}。", f"“{field.title.en}” {en}."),
        remedy=("请更正后再提交。", "Correct it and send it again."),
    )


def missing_value(field: OwnField) -> Problem:
    """A field that the stage needs is empty."""
    zh, en = field.rule
    return problem(
        "field.missing",
        f"fields.{field.name}",
        rule=(f"本环节须填写“{field.title.zh}”。", f"This stage needs “{field.title.en}”."),
        remedy=(f"请在 fields 中填写，{zh}。", f"Fill it in under `fields`: it {en}."),
    )
