"""Whom an event's letter reaches: a rule of a template, read as data, applied to an event.

    {role: secretary,  of: candidates.*.chamber}                 the secretaries of these chambers
    {role: officer,    of: jurisdiction}                         officers of exactly this federation
    {role: officer,    covering: chamber.area, levels: [city]}   officers of the federations above it, at these levels
    {role: officer,    within: area, levels: [province]}         officers of the federations in it, at these levels
    {role: subscriber, of: area}                                 subscribers whose area covers it or lies in it

A path walks the fields of the event; `*` steps into each member of a list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.notify.domain.recipient import Profile
from shared.contracts import Chamber, Event, Level, above, covers, level_of

ALL_LEVELS: tuple[Level, ...] = ("national", "province", "city", "county", "town")


class Rule(BaseModel):
    """One line of a template's `to`. Exactly one of `of`, `covering`, `within` holds a path into the event."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    role: Literal["secretary", "officer", "subscriber"]
    """Whom."""
    of: str | None = None
    """Path to chambers (secretary), or to an area."""
    covering: str | None = None
    """Officers only: path to an area; the federations whose area covers it."""
    within: str | None = None
    """Officers only: path to an area; the federations whose area lies in it."""
    levels: tuple[Level, ...] = Field(default=ALL_LEVELS, min_length=1)
    """Levels of federation, for `covering` and `within`."""

    @model_validator(mode="after")
    def _one_path(self) -> Self:
        named = [name for name in ("of", "covering", "within") if getattr(self, name) is not None]
        if len(named) != 1 or (self.role != "officer" and named != ["of"]):
            raise ValueError(
                "收件规则须恰有 of、covering、within 之一，后两者仅用于 officer / "
                "a rule has exactly one of of, covering, within; the latter two are for officers"
            )
        return self


@dataclass(frozen=True)
class Wanted:
    """What a rule means for one event: people of a role, by chamber or by area."""

    role: Literal["secretary", "officer", "subscriber"]
    chambers: frozenset[tuple[str, str]] = frozenset()
    """Secretaries of these (credit code, area)."""
    areas: frozenset[str] = frozenset()
    """People of exactly these areas."""
    inside: frozenset[str] = frozenset()
    """People of areas that lie in these."""
    levels: tuple[Level, ...] = ALL_LEVELS
    """… if their area is at one of these levels."""


def wanted(rule: Rule, event: Event) -> Wanted:
    """Apply a rule to an event.

    Raises:
        ValueError: the path does not lead to chambers or to an area; templates are tested on every golden example.
    """
    path = rule.of or rule.covering or rule.within or ""
    found = list(walk(event, path.split(".")))
    if rule.role == "secretary":
        return Wanted("secretary", chambers=frozenset((c.code, c.area) for c in found if isinstance(c, Chamber)))
    areas = frozenset(_area(value, path) for value in found)
    covering = frozenset(outer for area in areas for outer in chain(area))
    if rule.role == "subscriber":
        return Wanted("subscriber", areas=covering, inside=areas)
    if rule.covering:
        return Wanted("officer", areas=covering, levels=rule.levels)
    if rule.within:
        return Wanted("officer", inside=areas, levels=rule.levels)
    return Wanted("officer", areas=areas)


def addressed(want: Wanted, profile: Profile) -> bool:
    """Whether a person is meant.

    A secretary's registered area must lie on the chamber's own line of areas: an officer elsewhere cannot register a
    reader for another area's letters by writing down a credit code.
    """
    if profile.role != want.role:
        return False
    if want.role == "secretary":
        return any(code == profile.chamber and _touch(area, profile.area) for code, area in want.chambers)
    here = profile.area in want.areas or any(covers(area, profile.area) for area in want.inside)
    return here and level_of(profile.area) in want.levels


def chain(area: str) -> tuple[str, ...]:
    """The areas that cover an area, from the centre down to itself: `350203` → CN, 35, 3502, 350203."""
    return (*above(area), area)


def walk(value: Any, path: list[str]) -> Iterator[Any]:
    """All values a path leads to."""
    if not path:
        yield value
    elif path[0] == "*":
        for member in value:
            yield from walk(member, path[1:])
    else:
        yield from walk(getattr(value, path[0]), path[1:])


def _touch(one: str, other: str) -> bool:
    return covers(one, other) or covers(other, one)


def _area(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"路径 {path} 不是地区 / path {path} does not lead to an area")  # noqa: TRY004 - a fault of the data
    return value
