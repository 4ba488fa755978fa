"""A chamber in the register 名册: the names it bore, and the chamber it was merged into. By its credit code.

It is no news by itself: what matters to the public is told by its honours and stands on its page.
"""

from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.entry import Entry, Publication, Said, collect
from shared.contracts import Area, ChamberMerged, ChamberRenamed, Instant


class Rename(BaseModel):
    """The chamber took another name."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    former: str
    """Name before."""
    name: str
    """Name since."""
    at: Instant
    """When it became known."""


class MergedInto(BaseModel):
    """A chamber, and the one it was merged into."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    code: str
    """Credit code of the chamber that is no more."""
    name: str
    """Its last name."""
    into: str
    """Credit code of the chamber that goes on."""
    into_name: str
    """Its name, as of then."""
    document: str
    """Number of the document that approved it."""
    since: Instant
    """From when."""


class ChamberEntry(Entry):
    """What was said about a chamber's registration."""

    renamed: dict[int, Said[ChamberRenamed]] = Field(default_factory=dict)
    merged: Said[ChamberMerged] | None = None

    def area(self) -> Area:
        """The area of the chamber; not asked for, since nothing is published."""
        return "CN"

    def publications(self) -> tuple[Publication, ...]:
        """None."""
        return ()

    @property
    def name(self) -> str | None:
        """The name it bears now, or bore last."""
        return self.renamed[max(self.renamed)].event.chamber.name if self.renamed else None

    def names(self) -> tuple[Rename, ...]:
        """Its renames, oldest first."""
        ordered = [self.renamed[number] for number in sorted(self.renamed)]
        return tuple(Rename(former=r.event.former, name=r.event.chamber.name, at=r.at) for r in ordered)

    def merger(self) -> MergedInto | None:
        """The chamber it was merged into, if it was."""
        if self.merged is None:
            return None
        event = self.merged.event
        return MergedInto(
            code=self.id,
            name=self.name or event.chamber.name,
            into=event.into.code,
            into_name=event.into.name,
            document=event.document,
            since=event.since,
        )


on_renamed = collect(ChamberEntry, "renamed")
on_merged = collect(ChamberEntry, "merged")
