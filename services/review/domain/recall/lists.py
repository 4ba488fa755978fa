"""Sealed lists and announcements, as they were announced; what they were computed from is not known any more."""

from datetime import datetime

from services.review.domain.announcement import Announced
from services.review.domain.distinction import Ranked
from services.review.domain.ranking import Bounds, Place
from services.review.domain.recall.unknown import AS_ANNOUNCED, UNKNOWN
from services.review.domain.shortlist import Shortlist
from shared.contracts.cases import ShortlistSealed
from shared.contracts.notices import AnnouncementMade, Distinction
from shared.kernel.change import Change


def sealed(known: Shortlist | None, event: ShortlistSealed, now: datetime) -> Change[Shortlist] | None:
    """A province's list."""
    if known is not None:
        return None
    places = tuple(
        Place(
            case=entry.case,
            points=entry.points,
            rank=entry.rank,
            nominated=entry.nominated,
            why=entry.why or AS_ANNOUNCED,
        )
        for entry in event.entries
    )
    return Change(
        Shortlist(
            id=event.shortlist,
            round=event.round,
            area=event.area,
            quota=event.quota,
            places=places,
            reason=None,
            undecided=(),
            undecided_reason=None,
            sealed_at=now,
            sealed_by=UNKNOWN,
        )
    )


def announced(known: Announced | None, event: AnnouncementMade, now: datetime) -> Change[Announced] | None:
    """An announcement. The leaves under its root are gone: their salts were nowhere else."""
    if known is not None:
        return None
    return Change(
        Announced(
            id=event.announcement,
            round=event.round,
            jurisdiction=event.area,
            document=event.document,
            title=event.title,
            cases=event.cases,
            decisions=event.decisions,
            distinction=_ranked(event.distinction) if event.distinction else None,
            at=now,
            by=UNKNOWN,
        )
    )


def _ranked(told: Distinction) -> Ranked:
    places = tuple(
        Place(case=entry.case, points=entry.points, rank=entry.rank, nominated=entry.distinguished, why=entry.why)
        for entry in told.entries
    )
    bounds = Bounds(quota=told.quota)
    return Ranked(line=told.line, title=told.title, ties=(), bounds=bounds, contenders=(), places=places)
