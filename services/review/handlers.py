"""What review hears, and what it does about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from services.review.domain import chamber, following, honour, marking, merger, opening, outcome, terms
from services.review.domain.case import case_id, jurisdiction_of
from services.review.domain.cohort import heard_by_cases
from services.review.domain.merger import Carried
from services.review.domain.opening import Nominated, Scored, Withdrawn
from services.review.domain.procedure import Procedure
from services.review.domain.terms import RoundHeard, Terms, named_procedures, own_procedures
from services.review.store import CASES, CHAMBERS, COHORTS, HONOURS, ROUNDS, ReviewStore
from shared.contracts.applications import ApplicationWithdrawn
from shared.contracts.area import CENTRE, above, covers, outermost
from shared.contracts.cases import (
    CaseNominated,
    CohortFrozen,
    LeadershipDecided,
    PanelDecided,
    ShortlistSealed,
)
from shared.contracts.event import Event
from shared.contracts.honours import HonourCarried, HonourGranted, HonourRevoked
from shared.contracts.notices import AnnouncementMade, NoticeClosed
from shared.contracts.registrations import ChamberMerged, ChamberRenamed
from shared.contracts.rounds import RoundOpened
from shared.contracts.scores import ApplicationScored
from shared.kernel.change import NotYet
from shared.kernel.command import refused
from shared.runtime.handlers import HandlerTable, Target
from shared.runtime.ledgers import hear_comparisons, hear_ledgers
from shared.runtime.trusted import hear_keys, hear_refusals

E = TypeVar("E", bound=Event)


def table(
    store: ReviewStore, library: Mapping[str, Procedure], jurisdictions: Sequence[str], scope: str
) -> HandlerTable:
    """The table of a deployment that serves these jurisdictions.

    A province's queues are bound to its own area, a city's likewise; both hear the rounds of those above them, where
    their chambers apply, too. The centre hears every chamber, since any may be nominated to it.
    """
    at_centre = CENTRE in jurisdictions
    own = outermost(jurisdictions)
    heard = HandlerTable("review", scope=scope, areas=() if at_centre else own)
    named = _Routes(store, library, jurisdictions)
    ours = named.cases

    heard.on(
        RoundOpened,
        ROUNDS,
        decide=terms.freeze,
        targets=named.rounds,
        areas=None if at_centre else (CENTRE, *own),
        exactly=() if at_centre else _between(own),
    )
    heard.on(ApplicationScored, CASES, decide=opening.hear_score, targets=named.scored)
    heard.on(ApplicationWithdrawn, CASES, decide=opening.hear_withdrawal, targets=named.withdrawn)
    if at_centre:
        heard.on(CaseNominated, CASES, decide=opening.hear_nomination, targets=named.nominated)

    heard.on(
        ShortlistSealed,
        CASES,
        decide=outcome.hear_shortlist,
        targets=ours(lambda e: [entry.case for entry in e.entries]),
    )
    heard.on(CohortFrozen, CASES, decide=marking.hear_cohort, targets=named.cohort)
    heard.on(
        PanelDecided, CASES, decide=outcome.hear_panel, targets=ours(lambda e: [result.case for result in e.results])
    )
    heard.on(
        LeadershipDecided,
        CASES,
        decide=outcome.hear_leadership,
        targets=ours(lambda e: [*e.approved, *(departure.case for departure in e.departures)]),
    )
    heard.on(NoticeClosed, CASES, decide=outcome.hear_notice, targets=ours(lambda e: [*e.cleared, *e.excluded]))
    heard.on(AnnouncementMade, CASES, decide=outcome.hear_announcement, targets=ours(lambda e: e.cases))
    heard.on(HonourGranted, HONOURS, decide=honour.hear_granted, targets=named.granted)
    heard.on(HonourCarried, HONOURS, decide=merger.hear_carried, targets=named.carried)
    heard.on(HonourRevoked, HONOURS, decide=following.hear_revoked, targets=named.revoked)
    heard.on(ChamberRenamed, CHAMBERS, decide=chamber.hear_renamed, key=lambda e: e.chamber.code)
    heard.on(ChamberMerged, CHAMBERS, decide=chamber.hear_merged, key=lambda e: e.chamber.code)
    heard.on(ChamberMerged, CASES, decide=opening.hear_merged, targets=named.merged)
    hear_keys(heard, areas=None if at_centre else (CENTRE, *jurisdictions))
    hear_refusals(heard, jurisdictions)
    if at_centre:
        hear_ledgers(heard, sees_all=True)
    else:
        hear_comparisons(heard, own)
    return heard


class _Routes:
    """Which documents an event concerns here, and what their deciders have to know beside it."""

    def __init__(self, store: ReviewStore, library: Mapping[str, Procedure], jurisdictions: Sequence[str]) -> None:
        self._store = store
        self._library = library
        self._jurisdictions = frozenset(jurisdictions)

    async def rounds(self, event: RoundOpened) -> Sequence[Target]:
        """The round, with the procedures it names for us."""
        procedures = named_procedures(event.round, self._jurisdictions, self._library)
        own = own_procedures(event.round, self._jurisdictions, self._library)
        return [Target(event.round.code, RoundHeard(event=event, procedures=procedures, own=own))]

    async def scored(self, event: ApplicationScored) -> Sequence[Target]:
        """The case in its city, in its province, at the centre: as far as they are ours and the round has them."""
        round_ = await self._round(event.round)
        return [
            Target(case_id(event.application, place), Scored(jurisdiction=place, event=event, rules=rules))
            for place in await self._places(event.area)
            if (rules := round_.rules(place))
        ]

    async def withdrawn(self, event: ApplicationWithdrawn) -> Sequence[Target]:
        """The same cases."""
        round_ = await self._round(event.round)
        return [
            Target(case_id(event.application, place), Withdrawn(jurisdiction=place, event=event))
            for place in await self._places(event.area)
            if round_.rules(place)
        ]

    async def nominated(self, event: CaseNominated) -> Sequence[Target]:
        """The case at the centre."""
        round_ = await self._round(event.round)
        rules = round_.rules(CENTRE)
        if rules is None:
            raise refused(
                "nomination.no-procedure",
                "round",
                rule=(
                    f"认定周期 {event.round} 未规定全国评审程序。",
                    f"Round {event.round} names no national procedure.",
                ),
                remedy=("请核对该周期的 procedures。", "Check the round's procedures."),
            )
        message = Nominated(jurisdiction=CENTRE, event=event, rules=rules, quota=round_.quota(event.jurisdiction))
        return [Target(case_id(event.application, CENTRE), message)]

    async def cohort(self, event: CohortFrozen) -> Sequence[Target]:
        """The cases of a cohort that was frozen here, each with what it needs of it.

        None where the cohort itself was lost with the store, and their marks are settled all the same.
        """
        here = await self._here()
        ours = [case for case in event.cases if jurisdiction_of(case) in here]
        if not ours:
            return []
        frozen = await self._store.get(COHORTS, event.cohort)
        if frozen is None:
            known = await self._store.these(CASES, ours)
            if len(known) == len(ours) and all(case.settled for case in known):
                return []
            raise NotYet(f"cohort {event.cohort}")
        heard = heard_by_cases(frozen)
        return [Target(case, heard[case]) for case in ours]

    async def granted(self, event: HonourGranted) -> Sequence[Target]:
        """The chamber's register, where the case was ours: an honour is kept by whoever granted it."""
        if jurisdiction_of(event.case) not in await self._here():
            return []
        return [Target(honour.register_key(event.line, event.chamber.code), event)]

    async def carried(self, event: HonourCarried) -> Sequence[Target]:
        """The register of the chamber that carries it on, where the honour that is carried on was ours."""
        register = await self._store.get(HONOURS, honour.register_of(event.origin))
        origin = register.term(event.origin) if register else None
        if origin is None:
            return []
        key = honour.register_key(event.line, event.chamber.code)
        return [Target(key, Carried(event=event, jurisdiction=origin.jurisdiction))]

    async def revoked(self, event: HonourRevoked) -> Sequence[Target]:
        """The registers of what singles out the bearers of that honour, where we gave it."""
        further = await self._store.within(event.chamber.code, event.line)
        ours = [one for one in further if any(term.jurisdiction in self._jurisdictions for term in one.terms)]
        return [Target(honour.register_key(one.line, one.code), event) for one in ours]

    async def merged(self, event: ChamberMerged) -> Sequence[Target]:
        """The chamber's cases that are under review here."""
        return [Target(case, event) for case in await self._store.undecided_of(event.chamber.code)]

    def cases(self, of: Callable[[E], Sequence[str]]) -> Callable[[E], Awaitable[Sequence[Target]]]:
        """Of the cases an event names, those in our jurisdictions."""

        async def ours(event: E) -> Sequence[Target]:
            here = await self._here()
            return [Target(case, event) for case in of(event) if jurisdiction_of(case) in here]

        return ours

    async def _places(self, area: str) -> list[str]:
        """Our jurisdictions in which a chamber of this area may have a case.

        Raises:
            NotYet: one of them is ours again, and this process has not been told.
        """
        chain, here = (area, *reversed(above(area))), await self._here()
        for place in chain:
            if place not in self._jurisdictions and await self._has_come(place):
                raise NotYet(f"SIHAO_AREAS: {place}")
        return [place for place in chain if place in here]

    async def _here(self) -> frozenset[str]:
        """Our jurisdictions without those that have left: of these the other service has its own copy."""
        gone = [area for area, custody in (await self._store.custodies()).items() if custody.status == "left"]
        return frozenset(ours for ours in self._jurisdictions if not any(covers(area, ours) for area in gone))

    async def _has_come(self, place: str) -> bool:
        custody = (await self._store.custodies()).get(place)
        return custody is not None and custody.status == "held"

    async def _round(self, code: str) -> Terms:
        found = await self._store.terms(code)
        if found is None:
            raise NotYet(f"round.opened {code}")
        return found


def _between(own: Sequence[str]) -> list[str]:
    """Areas between the centre and ours: a city's province."""
    return sorted({area for place in own for area in above(place)} - {CENTRE, *own})
