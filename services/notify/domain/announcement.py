"""Announcements 通报 in the bulletin: the number of the document and the cases that are granted the honour.

The names come with the honours themselves and are joined when the page is read; until all of them have been heard, the
page says how many are still to come.
"""

from services.notify.domain.entry import Entry, Publication, Said, collect
from services.notify.domain.words import counted
from shared.contracts import AnnouncementMade, Area, text


class AnnouncementEntry(Entry):
    """An announcement, as the public sees it."""

    made: Said[AnnouncementMade] | None = None

    def area(self) -> Area:
        """The area of the federation that announces."""
        return self.made.event.area if self.made else "CN"

    def publications(self) -> tuple[Publication, ...]:
        """The announcement."""
        if self.made is None:
            return ()
        event = self.made.event
        summary = text(
            f"{event.document}，认定 {len(event.cases)} 家商会。",
            f"{event.document}: {counted(len(event.cases), 'chamber')} recognised.",
        )
        return (
            Publication(
                f"announcement/{self.id}",
                "announcement",
                event.title,
                summary,
                self.made.at,
                f"announcements/{self.id}",
            ),
        )


on_made = collect(AnnouncementEntry, "made")
