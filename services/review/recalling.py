"""What a restored store learns from review's own facts, where an act over HTTP, or the clock, caused them."""

from collections.abc import Sequence
from typing import TypeVar

from services.review.domain import honour
from services.review.domain.case import jurisdiction_of
from services.review.domain.recall import cases, honours, lists, meetings, notices
from services.review.domain.stages import ExpertPanel, PublicNotice, Stage
from services.review.store import (
    ANNOUNCEMENTS,
    CASES,
    HONOURS,
    KINDS,
    LEADERSHIPS,
    NOTICES,
    PANELS,
    SHORTLISTS,
    ReviewStore,
)
from shared.contracts.area import covers
from shared.contracts.cases import (
    CaseAdvanced,
    CaseDeclined,
    CaseNominated,
    CaseReturned,
    LeadershipDecided,
    MarksSettled,
    PanelDecided,
    ShortlistSealed,
)
from shared.contracts.event import Event
from shared.contracts.honours import (
    HonourCarried,
    HonourEnded,
    HonourEvent,
    HonourExpired,
    HonourRecorded,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
)
from shared.contracts.notices import (
    AnnouncementMade,
    NoticeClosed,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
)
from shared.kernel.change import NotYet
from shared.runtime.handlers import HandlerTable, Target
from shared.runtime.recollection import Restorable

S = TypeVar("S", bound=Stage)
_COLONS = 2
"""In the id of an honour; other ids have none."""


def restorable(heard: HandlerTable, store: ReviewStore, jurisdictions: Sequence[str]) -> Restorable:
    """What there is to know in order to restore the store of a deployment."""
    own = recalled(store, jurisdictions, heard.scope)
    return Restorable(heard, own, KINDS, lambda event: _reviewed_in(event, jurisdictions), _document_of)


def recalled(store: ReviewStore, jurisdictions: Sequence[str], scope: str) -> HandlerTable:
    """Own facts, and the documents that they are about."""
    own, named = HandlerTable("review", scope=scope), _Routes(store, jurisdictions)
    own.on(CaseAdvanced, CASES, decide=cases.advanced, key=lambda event: event.case)
    own.on(CaseReturned, CASES, decide=cases.returned, key=lambda event: event.case)
    own.on(CaseDeclined, CASES, decide=cases.declined, key=lambda event: event.case)
    own.on(CaseNominated, CASES, decide=cases.nominated, key=lambda event: event.case)
    own.on(MarksSettled, CASES, decide=cases.settled, key=lambda event: event.case)
    own.on(ShortlistSealed, SHORTLISTS, decide=lists.sealed, key=lambda event: event.shortlist)
    own.on(PanelDecided, PANELS, decide=meetings.voted, targets=named.voted)
    own.on(LeadershipDecided, LEADERSHIPS, decide=meetings.resolved, key=lambda event: event.decision)
    own.on(NoticeOpened, NOTICES, decide=notices.opened, targets=named.opened)
    own.on(NoticeCorrected, NOTICES, decide=notices.corrected, key=lambda event: event.notice)
    own.on(ObjectionFiled, NOTICES, decide=notices.objected, key=lambda event: event.notice)
    own.on(ObjectionRuled, NOTICES, decide=notices.ruled, key=lambda event: event.notice)
    own.on(NoticeClosed, NOTICES, decide=notices.closed, key=lambda event: event.notice)
    own.on(AnnouncementMade, ANNOUNCEMENTS, decide=lists.announced, key=lambda event: event.announcement)
    own.on(HonourRecorded, HONOURS, decide=honours.recorded, targets=named.recorded)
    own.on(HonourSuspended, HONOURS, decide=honours.suspended, targets=named.term)
    own.on(HonourReinstated, HONOURS, decide=honours.reinstated, targets=named.term)
    own.on(HonourRevoked, HONOURS, decide=honours.revoked, targets=named.term)
    own.on(HonourEnded, HONOURS, decide=honours.ended, targets=named.term)
    own.on(HonourCarried, HONOURS, decide=honours.carried, targets=named.origin)
    own.on(HonourSuperseded, HONOURS, decide=honours.superseded, targets=named.term)
    own.on(HonourExpired, HONOURS, decide=honours.expired, targets=named.term)
    return own


def _document_of(subject: str) -> str:
    """An honour, `<line>:<code>:<round>`, stands in its chamber's register; all else is a document of its own."""
    return honour.register_of(subject) if subject.count(":") == _COLONS else subject


def _reviewed_in(event: Event, jurisdictions: Sequence[str]) -> bool:
    """Whether a fact of review comes from one of these jurisdictions: the one it names, or that of its case."""
    place = getattr(event, "jurisdiction", "") or jurisdiction_of(getattr(event, "case", ""))
    return place in jurisdictions if place else any(covers(ours, event.area) for ours in jurisdictions)


class _Routes:
    """Which documents a fact is about, and what has to be known beside it."""

    def __init__(self, store: ReviewStore, jurisdictions: Sequence[str]) -> None:
        self._store = store
        self._jurisdictions = frozenset(jurisdictions)

    async def voted(self, event: PanelDecided) -> Sequence[Target]:
        """The meeting, with the rule of its stage and the chambers it decided on."""
        stage = await self._stage(event.round, event.area, ExpertPanel)
        ids = [result.case for result in event.results]
        chambers = {case.id: case.chamber.code for case in await self._store.these(CASES, ids)}
        if unknown := [case for case in ids if case not in chambers]:
            raise NotYet(unknown[0])
        return [Target(event.panel, meetings.Voted(event=event, stage=stage, chambers=chambers))] if stage else []

    async def opened(self, event: NoticeOpened) -> Sequence[Target]:
        """The notice, with the rule of its stage."""
        stage = await self._stage(event.round, event.area, PublicNotice)
        return [Target(event.notice, notices.Opened(event=event, stage=stage))] if stage else []

    async def recorded(self, event: HonourRecorded) -> Sequence[Target]:
        """The register, where the fact says that the honour was ours."""
        ours = event.jurisdiction in self._jurisdictions
        return [Target(honour.register_of(event.honour), event)] if ours else []

    async def term(self, event: HonourEvent) -> Sequence[Target]:
        """The register with the term that a fact names."""
        return await self._register(event.honour, event)

    async def origin(self, event: HonourCarried) -> Sequence[Target]:
        """The register of the honour that is carried on."""
        return await self._register(event.origin, event)

    async def _register(self, term: str, event: HonourEvent) -> Sequence[Target]:
        """The register in which this term stands, if it is one of ours. Others' are not in our store."""
        key = honour.register_of(term)
        register = await self._store.get(HONOURS, key)
        found = register.term(term) if register else None
        return [Target(key, event)] if found and found.jurisdiction in self._jurisdictions else []

    async def _stage(self, round_: str, jurisdiction: str, kind: type[S]) -> S | None:
        """The stage of this kind that a round has here.

        Raises:
            NotYet: the round is not known yet.
        """
        terms = await self._store.terms(round_)
        if terms is None:
            raise NotYet(f"round.opened {round_}")
        rules = terms.rules(jurisdiction)
        return rules.procedure.first(kind) if rules else None
