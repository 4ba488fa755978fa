"""One item of one application, as its rules put it into words, and the names a rule refers to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.scoring.domain.fields import Field, Value
from services.scoring.domain.parameters import Parameters
from shared.contracts.chambers import Chamber
from shared.contracts.text import Text, text

_NO_UNIT = text("", "")
_YES_NO = {True: text("是", "yes"), False: text("否", "no")}


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one item, references followed, with the chamber's profile and the round's parameters."""

    fields: Mapping[str, Field]
    values: Mapping[str, Value]
    chamber: Chamber | None
    parameters: Parameters
    mark: Fraction | None = None
    """What experts gave, in points; None while they have not."""
    mark_of: Fraction = Fraction(0)
    """The judged maximum in points, before any re-basing."""

    def label(self, name: str) -> Text:
        """The field's name in both languages."""
        return self.fields[name].text

    def unit(self, name: str) -> Text:
        """The field's unit, or nothing."""
        return self.fields[name].unit or _NO_UNIT

    def whole(self, name: str) -> int | None:
        """A whole number, or None if not given."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def series(self, name: str) -> Mapping[str, int] | None:
        """Counts by year or by event, or None if not given."""
        value = self.values.get(name)
        return value if isinstance(value, dict) else None

    def listed(self, name: str) -> list[str] | None:
        """A list of codes or dates, or None if not given."""
        value = self.values.get(name)
        return value if isinstance(value, list) else None

    def names(self, reference: dict[str, Text] | str) -> Mapping[str, Text]:
        """Code → label, from the rubric or from the round's parameter."""
        return self.parameters.names(reference) if isinstance(reference, str) else reference

    def shown(self, name: str, value: Any) -> Text:
        """A value of a field as people read it."""
        if isinstance(value, bool):
            return _YES_NO[value]
        choices = self.names(self.fields[name].choices)
        if isinstance(value, list | tuple):
            labels = [choices.get(v, text(v, v)) for v in value]
            return text("、".join(t.zh for t in labels) or "无", ", ".join(t.en for t in labels) or "none")
        return choices.get(value, text(str(value), str(value)))


@dataclass(frozen=True, slots=True)
class Need:
    """A name that a rule refers to: a field of its item, or a `$parameter`, with the types it can read."""

    where: str
    name: str
    types: tuple[str, ...]


def needs(where: str, reference: Any, *types: str) -> Iterator[Need]:
    """The need of one reference; a literal needs nothing."""
    if isinstance(reference, str):
        yield Need(where, reference, types)


def parameter_needs(where: str, references: Iterable[Any], *types: str) -> Iterator[Need]:
    """The needs of references that are literals unless they begin with `$`."""
    for reference in references:
        if isinstance(reference, str) and reference.startswith("$"):
            yield Need(where, reference, types)
