"""What review knows of a chamber beside its cases and honours: its names, and whether it was merged into another."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.chambers import Chamber
from shared.contracts.event import Instant
from shared.contracts.registrations import ChamberMerged, ChamberRenamed
from shared.kernel.change import Change
from shared.kernel.state import State


class Merged(BaseModel):
    """The chamber is no more."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    into: Chamber
    """The chamber that goes on, as of then."""
    document: str
    """Number of the document that approved it."""
    since: Instant
    """From when."""


class KnownChamber(State):
    """A chamber whose registration has changed."""

    code: str
    """Its credit code."""
    names: Mapping[int, str] = {}
    """The names it took, by which rename it was."""
    merged: Merged | None = None
    """What it was merged into."""

    @property
    def name(self) -> str | None:
        """Its present name, if it ever took another; also a merged one's last."""
        return self.names[max(self.names)] if self.names else None


def hear_renamed(chamber: KnownChamber | None, event: ChamberRenamed, _now: datetime) -> Change[KnownChamber] | None:
    """Keep the name; renames may come in any order."""
    chamber = chamber or KnownChamber(code=event.chamber.code)
    if event.number in chamber.names:
        return None
    return Change(chamber.but(names={**chamber.names, event.number: event.chamber.name}))


def hear_merged(chamber: KnownChamber | None, event: ChamberMerged, _now: datetime) -> Change[KnownChamber] | None:
    """Keep what it was merged into; that happens once."""
    chamber = chamber or KnownChamber(code=event.chamber.code)
    if chamber.merged:
        return None
    return Change(chamber.but(merged=Merged(into=event.into, document=event.document, since=event.since)))
