"""Conditions as data: when an item applies, and what a gate demands.

    Check   one field compared:   {field: registered, equals: true}
    Every   all must hold:        {all: [...]}
    Either  one must hold:        {any: [...]}

A condition holds, does not hold, or is unknown (None) because a fact is missing. Unknown stays unknown only where it
matters: one failed check decides an `all`, one that holds decides an `any`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag
from pydantic import Field as Setting

from services.scoring.domain.case import Case, Need, needs, parameter_needs
from services.scoring.domain.chamber import PROPERTIES, WORDS
from services.scoring.domain.figure import Row, Terms, Test
from services.scoring.domain.parameters import Parameters
from services.scoring.domain.words import joined
from shared.contracts.text import Text, text


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Check(_Condition):
    """One comparison of a field of the item, or of `chamber.level`, `.type`, `.relation`, `.founded`, …."""

    field: str
    """What is read."""
    equals: bool | int | str | None = None
    """The value it must have, or `$parameter`."""
    one_of: tuple[str, ...] | str | None = None
    """The values of which it must be one, or `$parameter`."""
    at_least: int | str | None = None
    """The least number or the earliest date, itself included, or `$parameter`."""
    at_most: int | str | None = None
    """The greatest number or the latest date, itself included, or `$parameter`."""
    none_since: str | None = None
    """For lists of dates: no entry on or after this date (`ever`: no entry at all), or `$parameter`."""

    def holds(self, case: Case) -> bool | None:
        """Whether it holds; None if the fact is not given."""
        actual = self._actual(case)
        return None if actual is None else self._comparison(case.parameters)(actual)

    def test(self, terms: Terms) -> Test:
        """The same, compiled for rows of facts."""
        place, holds = terms.places[self.field], self._comparison(terms.parameters)
        return lambda row: None if row[place] is None else holds(row[place])

    def _comparison(self, parameters: Parameters) -> Callable[[Any], bool]:
        """What a value that is given must pass."""
        resolve = parameters.of
        if self.equals is not None:
            wanted = resolve(self.equals)
            return lambda actual: bool(actual == wanted)
        if self.one_of is not None:
            wanted = resolve(self.one_of)
            return lambda actual: actual in wanted
        if self.at_least is not None:
            wanted = resolve(self.at_least)
            return lambda actual: bool(actual >= wanted)
        if self.at_most is not None:
            wanted = resolve(self.at_most)
            return lambda actual: bool(actual <= wanted)
        since = resolve(self.none_since)
        return lambda actual: not actual if since == "ever" else all(entry < since for entry in actual)

    def words(self, case: Case) -> Text:
        """The demand."""
        label = self._label(case)
        resolve = case.parameters.of
        if self.equals is not None:
            value = self._shown(case, resolve(self.equals))
            return text(f"{label.zh}：{value.zh}", f"{label.en}: {value.en}")
        if self.one_of is not None:
            values = joined([self._shown(case, v) for v in resolve(self.one_of)], "或", " or ")
            return text(f"{label.zh}：{values.zh}", f"{label.en}: {values.en}")
        if self.at_least is not None:
            bound = resolve(self.at_least)
            return text(f"{label.zh}：{bound} 及以上（含）", f"{label.en}: {bound} or later/more")
        if self.at_most is not None:
            bound = resolve(self.at_most)
            return text(f"{label.zh}：{bound} 及以前（含）", f"{label.en}: {bound} or earlier/less")
        since = resolve(self.none_since)
        if since == "ever":
            return text(f"{label.zh}：从未有过", f"{label.en}: none, ever")
        return text(f"{label.zh}：自 {since} 起无", f"{label.en}: none since {since}")

    def actual(self, case: Case) -> Iterator[Text]:
        """What was found instead."""
        label, value = self._label(case), self._actual(case)
        if value is None:
            yield text(f"{label.zh}：未填报", f"{label.en}: not given")
        else:
            shown = self._shown(case, value)
            yield text(f"{label.zh}：{shown.zh}", f"{label.en}: {shown.en}")

    def needs(self) -> Iterator[Need]:
        """The names it refers to."""
        dated = self.at_least is not None or self.at_most is not None
        types = ("dates",) if self.none_since is not None else ("integer", "date") if dated else ()
        yield from needs("field", self.field, *types)
        yield from parameter_needs("equals", [self.equals], "integer")
        yield from parameter_needs("one_of", [self.one_of], "choices")
        yield from parameter_needs("at_least", [self.at_least], "date", "integer")
        yield from parameter_needs("at_most", [self.at_most], "date", "integer")
        yield from parameter_needs("none_since", [self.none_since], "since")

    def comparisons(self) -> int:
        """How many comparisons it makes; exactly one is right."""
        return sum(v is not None for v in (self.equals, self.one_of, self.at_least, self.at_most, self.none_since))

    def _actual(self, case: Case) -> Any:
        room, dot, name = self.field.partition(".")
        return getattr(case.chamber, name) if dot and room == "chamber" else case.values.get(self.field)

    def _label(self, case: Case) -> Text:
        name = self.field.removeprefix("chamber.")
        return PROPERTIES[name] if name != self.field else case.label(self.field)

    def _shown(self, case: Case, value: Any) -> Text:
        if self.field.startswith("chamber."):
            return WORDS.get(str(value), text(str(value), str(value)))
        return case.shown(self.field, value)


class Every(_Condition):
    """All of several conditions."""

    conditions: tuple["Condition", ...] = Setting(alias="all", min_length=1)

    def holds(self, case: Case) -> bool | None:
        """False as soon as one fails; else None if one is unknown."""
        return _every([condition.holds(case) for condition in self.conditions])

    def test(self, terms: Terms) -> Test:
        """The same, compiled for rows of facts."""
        return _joint(_every, self.conditions, terms)

    def words(self, case: Case) -> Text:
        """The demands, all of them."""
        return joined([condition.words(case) for condition in self.conditions], "，且", ", and ")

    def actual(self, case: Case) -> Iterator[Text]:
        """What was found: where one fails, only what fails."""
        failing = [condition for condition in self.conditions if condition.holds(case) is False]
        for condition in failing or self.conditions:
            yield from condition.actual(case)

    def needs(self) -> Iterator[Need]:
        """The names it refers to."""
        for condition in self.conditions:
            yield from condition.needs()

    def comparisons(self) -> int:
        """1 if every check makes exactly one comparison."""
        return max(self.conditions, key=lambda c: abs(c.comparisons() - 1)).comparisons()


class Either(_Condition):
    """At least one of several conditions."""

    conditions: tuple["Condition", ...] = Setting(alias="any", min_length=1)

    def holds(self, case: Case) -> bool | None:
        """True as soon as one holds; else None if one is unknown."""
        return _either([condition.holds(case) for condition in self.conditions])

    def test(self, terms: Terms) -> Test:
        """The same, compiled for rows of facts."""
        return _joint(_either, self.conditions, terms)

    def words(self, case: Case) -> Text:
        """The demands, one of which is enough."""
        return joined([condition.words(case) for condition in self.conditions], "，或", ", or ")

    def actual(self, case: Case) -> Iterator[Text]:
        """What was found: where one holds, only that one; else each fact once."""
        holding = [condition for condition in self.conditions if condition.holds(case)]
        seen: set[str] = set()
        for condition in holding[:1] or self.conditions:
            for found in condition.actual(case):
                if found.zh not in seen:
                    seen.add(found.zh)
                    yield found

    def needs(self) -> Iterator[Need]:
        """The names it refers to."""
        for condition in self.conditions:
            yield from condition.needs()

    def comparisons(self) -> int:
        """1 if every check makes exactly one comparison."""
        return max(self.conditions, key=lambda c: abs(c.comparisons() - 1)).comparisons()


def _every(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _either(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _joint(
    join: Callable[[Sequence[bool | None]], bool | None], conditions: Sequence["Condition"], terms: Terms
) -> Test:
    tests = [condition.test(terms) for condition in conditions]

    def test(row: Row) -> bool | None:
        return join([one(row) for one in tests])

    return test


def _form(value: Any) -> str:
    """Which of the three a condition is, by its keys."""
    if isinstance(value, Every | Either):
        return "all" if isinstance(value, Every) else "any"
    return next((form for form in ("all", "any") if isinstance(value, Mapping) and form in value), "check")


Condition = Annotated[
    Annotated[Check, Tag("check")] | Annotated[Every, Tag("all")] | Annotated[Either, Tag("any")],
    Discriminator(_form),
]
