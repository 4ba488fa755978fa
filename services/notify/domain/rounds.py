"""Rounds 认定周期 in the bulletin: the calendar, and how many applied."""

from services.notify.domain.entry import Entry, Publication, Said, collect
from services.notify.domain.words import counted
from shared.contracts import Area, RoundClosed, RoundOpened, text


class RoundEntry(Entry):
    """A round, as the public sees it."""

    opened: Said[RoundOpened] | None = None
    closed: Said[RoundClosed] | None = None

    def area(self) -> Area:
        """The area of the federation that runs it."""
        return self.opened.event.area if self.opened else "CN"

    def publications(self) -> tuple[Publication, ...]:
        """Its opening, then the end of applications."""
        if self.opened is None:
            return ()
        title, page = self.opened.event.round.title, f"rounds/{self.id}"
        opening = Publication(
            f"round/{self.id}",
            "round",
            text(f"{title.zh}开始申报", f"{title.en}: open for applications"),
            text("申报日程已公布。", "The calendar is published."),
            self.opened.at,
            page,
        )
        if self.closed is None:
            return (opening,)
        n = self.closed.event.applications
        closing = Publication(
            f"round/{self.id}#closed",
            "round",
            text(f"{title.zh}申报截止", f"{title.en}: applications closed"),
            text(f"共收到有效申报 {n} 份。", f"{counted(n, 'application')} received and not withdrawn."),
            self.closed.at,
            page,
        )
        return (opening, closing)


on_opened = collect(RoundEntry, "opened")
on_closed = collect(RoundEntry, "closed")
