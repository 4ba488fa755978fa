"""Public notices 公示 in the bulletin: candidates, the window, objections and how they were ruled on.

Until it is ruled on, an objection is shown by number and date only: nobody is put in a bad light by an open question.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from services.notify.domain.entry import Entry, Publication, Said, collect
from services.notify.domain.words import OUTCOMES, counted
from shared.contracts import (
    Area,
    Candidate,
    NoticeClosed,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
    Text,
    text,
)

Window = Literal["ahead", "open", "over", "closed"]
"""未开始 · 公示中 · 期满待结 · 已结束."""


class ObjectionLine(NamedTuple):
    """An objection as the public sees it."""

    number: int
    filed: datetime | None
    ruling: ObjectionRuled | None
    ruled: datetime | None


class Version(NamedTuple):
    """The notice as it was published at one time."""

    number: int
    at: datetime
    reason: Text | None
    """Why it took the place of the one before; None for the first."""
    title: Text
    closes: datetime
    candidates: tuple[Candidate, ...]


class NoticeEntry(Entry):
    """A notice, with everything said about it."""

    opened: Said[NoticeOpened] | None = None
    corrected: dict[int, Said[NoticeCorrected]] = Field(default_factory=dict)
    """By the number of the version: 2, 3 …"""
    filed: dict[int, Said[ObjectionFiled]] = Field(default_factory=dict)
    ruled: dict[int, Said[ObjectionRuled]] = Field(default_factory=dict)
    closed: Said[NoticeClosed] | None = None

    def area(self) -> Area:
        """The area of the federation that gives notice."""
        return self.opened.event.area if self.opened else "CN"

    def publications(self) -> tuple[Publication, ...]:
        """The notice and its changes, in the order in which they happened: its list of versions."""
        if self.opened is None:
            return ()
        title = self.versions()[-1].title
        changes = [*self._corrections(), *self._filings(title), *self._rulings(title), *self._closing(title)]
        return (self._opening(self.opened), *sorted(changes, key=lambda change: (change.at, change.id)))

    def versions(self) -> tuple[Version, ...]:
        """Everything that was published of it, oldest first; the last one is what stands."""
        if self.opened is None:
            return ()
        first = self.opened.event
        later = [self.corrected[number].event for number in sorted(self.corrected)]
        return (
            Version(1, first.opens, None, first.title, first.closes, first.candidates),
            *(Version(e.number, e.at, e.reason, e.title, e.closes, e.candidates) for e in later),
        )

    def objections(self) -> tuple[ObjectionLine, ...]:
        """Every objection known, by number."""
        return tuple(self._objection(number) for number in sorted(self.filed.keys() | self.ruled.keys()))

    def window(self, now: datetime) -> Window:
        """Where the notice stands."""
        if self.closed is not None:
            return "closed"
        if self.opened is None or now < self.opened.event.opens:
            return "ahead"
        return "open" if now < self.versions()[-1].closes else "over"

    def _objection(self, number: int) -> ObjectionLine:
        filing, ruling = self.filed.get(number), self.ruled.get(number)
        return ObjectionLine(
            number,
            filing.event.at if filing else None,
            ruling.event if ruling else None,
            ruling.at if ruling else None,
        )

    def _opening(self, opened: Said[NoticeOpened]) -> Publication:
        n = len(opened.event.candidates)
        return Publication(
            f"notice/{self.id}",
            "notice",
            opened.event.title,
            text(f"公示名单 {n} 家商会。", f"{counted(n, 'chamber')} on public notice."),
            opened.at,
            self._page(),
        )

    def _corrections(self) -> list[Publication]:
        return [
            Publication(
                f"notice/{self.id}#version-{number}",
                "notice",
                text(
                    f"公示更正（第 {number} 版）：{said.event.title.zh}",
                    f"Notice corrected (version {number}): {said.event.title.en}",
                ),
                text(
                    f"{said.event.reason.zh}；公示名单 {len(said.event.candidates)} 家商会。",
                    f"{said.event.reason.en}; {counted(len(said.event.candidates), 'chamber')} on public notice.",
                ),
                said.at,
                self._page(),
            )
            for number, said in self.corrected.items()
        ]

    def _filings(self, title: Text) -> list[Publication]:
        return [
            Publication(
                f"notice/{self.id}#objection-{number}",
                "objection",
                text(f"收到第 {number} 号异议：{title.zh}", f"Objection no. {number} filed: {title.en}"),
                text(
                    f"收到第 {number} 号异议，裁定后在此公布。",
                    f"Objection no. {number} filed; the ruling will appear here.",
                ),
                heard.at,
                self._page(),
            )
            for number, heard in self.filed.items()
        ]

    def _rulings(self, title: Text) -> list[Publication]:
        return [
            Publication(
                f"notice/{self.id}#ruling-{number}",
                "ruling",
                text(f"第 {number} 号异议已裁定：{title.zh}", f"Objection no. {number} ruled on: {title.en}"),
                _ruled(heard.event),
                heard.at,
                self._page(),
            )
            for number, heard in self.ruled.items()
        ]

    def _closing(self, title: Text) -> list[Publication]:
        if self.closed is None:
            return []
        end = self.closed.event
        cleared, excluded = len(end.cleared), len(end.excluded)
        summary = text(
            f"共收到异议 {end.objections} 件；{cleared} 家通过公示，{excluded} 家因异议成立被排除。",
            f"{counted(end.objections, 'objection')}; nothing stands against {cleared}, {excluded} excluded.",
        )
        return [
            Publication(
                f"notice/{self.id}#closed",
                "closing",
                text(f"公示结束：{title.zh}", f"Notice closed: {title.en}"),
                summary,
                self.closed.at,
                self._page(),
            )
        ]

    def _page(self) -> str:
        return f"notices/{self.id}"


def _ruled(event: ObjectionRuled) -> Text:
    outcome = OUTCOMES[event.outcome]
    return text(
        f"第 {event.number} 号异议{outcome.zh}：{event.reason.zh}",
        f"Objection no. {event.number} {outcome.en}: {event.reason.en}",
    )


on_opened = collect(NoticeEntry, "opened")
on_corrected = collect(NoticeEntry, "corrected")
on_filed = collect(NoticeEntry, "filed")
on_ruled = collect(NoticeEntry, "ruled")
on_closed = collect(NoticeEntry, "closed")
