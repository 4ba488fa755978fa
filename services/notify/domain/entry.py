"""Entries of the bulletin 公告: what was said about one thing, in whatever order it was heard.

An entry only collects facts, each in its own place; what it shows is computed from all of them. So any order and any
number of repeats of the same events give the same entry. The moment its first fact is known, it is published; every
later fact is published once, too, as a change of the same entry.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from shared.contracts import Area, BulletinPublished, Event, Text
from shared.kernel.canonical import digest
from shared.kernel.change import Change, Decider
from shared.kernel.state import State

PublicationKind = Literal["round", "notice", "objection", "ruling", "closing", "announcement", "honour"]
E = TypeVar("E", bound=Event)
S = TypeVar("S", bound="Entry")


class Said(BaseModel, Generic[E]):
    """An event as it was heard: what, and when it happened."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    """When it happened, by the clock of who announced it; whole seconds, UTC."""
    event: E
    """What happened."""


@dataclass(frozen=True)
class Publication:
    """One thing that appeared in the bulletin: an entry, or a later change of it."""

    id: str
    """Stable and of its own: what it is and the entry's id, for a change also `#` and what changed."""
    kind: PublicationKind
    """What it tells of."""
    title: Text
    """Its title."""
    summary: Text
    """In a sentence."""
    at: datetime
    """When it happened."""
    page: str
    """Path of the page that shows it."""


class Entry(State, ABC):
    """What was heard about one thing."""

    id: str
    """Id of the round, notice, announcement or honour."""

    @abstractmethod
    def area(self) -> Area:
        """The area it concerns; only asked once it is published."""

    def settled(self) -> Self:
        """The same with everything that is computed and stored brought up to date."""
        return self

    @abstractmethod
    def publications(self) -> tuple[Publication, ...]:
        """What it shows, oldest first; nothing until the fact that gives it its name is known."""


def said(event: E, at: datetime) -> Said[E]:
    """An event and its time, cut to whole seconds so that instants sort as they are written."""
    typed = cast("type[Said[E]]", Said.__class_getitem__(type(event)))
    return typed(at=at.astimezone(UTC).replace(microsecond=0), event=event)


def collect(kind: type[S], place: str) -> Decider[S, Said[Any]]:
    """A decider that puts an event in its `place` on an entry, and announces what thereby became public.

    A place is a field of the entry: `Said | None`, or a dictionary by number for events that carry one.
    """

    def decide(entry: S | None, heard: Said[Any], _now: datetime) -> Change[S] | None:
        before = entry or kind(id=heard.event.subject)
        after = before.but(**{place: _put(getattr(before, place), heard)}).settled()
        if entry is not None and after == before:
            return None
        known = {publication.id for publication in before.publications()}
        facts = tuple(
            BulletinPublished(area=after.area(), entry=new.id, kind=new.kind, title=new.title)
            for new in after.publications()
            if new.id not in known
        )
        return Change(after, facts)

    return decide


def _put(held: Any, heard: Said[Any]) -> Any:
    """What stands in a place after an event was put there."""
    if isinstance(held, dict):
        number = heard.event.number
        return {**held, number: _later(held.get(number), heard)}
    return _later(held, heard)


def _later(held: Said[Any] | None, heard: Said[Any]) -> Said[Any]:
    """Of two events for one place, the later; of two at the same time, always the same one."""
    return heard if held is None else max(held, heard, key=_rank)


def _rank(heard: Said[Any]) -> tuple[datetime, str]:
    return heard.at, digest(heard.event.model_dump(mode="json"))
