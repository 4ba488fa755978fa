"""What a verification looked at, and what it found broken."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.text import Text

KEPT = 1000
"""So many breaks are named; all are counted. Ours, so that memory stays flat whatever became of a store."""


@dataclass(frozen=True)
class Broken:
    """A document that does not hold."""

    document: str
    """Collection and key."""
    version: Any
    """Its version, as stored."""
    entry: int | None
    """The first entry of its history that does not hold; None if it is not about the history."""
    why: Text
    """What does not fit."""


@dataclass(frozen=True)
class Recounted:
    """A list of decisions that was held against its announcement."""

    announcement: str
    """Id of the announcement."""
    root: str
    """The root it names; to be compared with the one that was published."""
    size: int
    """How many leaves it names."""


@dataclass
class Findings:
    """All of it."""

    documents: Counter[str] = field(default_factory=Counter)
    """How many were looked at, by collection."""
    entries: int = 0
    """How many entries their histories have."""
    lists: list[Recounted] = field(default_factory=list)
    """Lists of decisions that were recounted."""
    breaks: int = 0
    """How many breaks there are."""
    broken: list[Broken] = field(default_factory=list)
    """The first of them, in the order of the documents."""

    def note(self, document: str, version: Any, entry: int | None, why: Text) -> None:
        """One more break."""
        self.breaks += 1
        if len(self.broken) < KEPT:
            self.broken.append(Broken(document, version, entry, why))

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "whole": not self.breaks,
            "documents": dict(self.documents),
            "entries": self.entries,
            "lists": [vars(one) for one in self.lists],
            "breaks": self.breaks,
            "broken": [{**vars(one), "why": one.why.model_dump()} for one in self.broken],
        }
