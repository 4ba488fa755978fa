"""The province's side of the reconciliation: closes its books day by day, names what differs, heals, recovers.

A service that has just begun says what it has so far, of today and of every day on which not all agreed. So a store
that was put back from a backup finds out by itself what it has forgotten: whatever the centre accepted from the
province and the province does not know. It is asked for at once, and until it is back nobody may act on the documents
that it is about.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any

from pydantic import BaseModel

from shared.contracts.area import CENTRE
from shared.contracts.ledgers import NOT_COUNTED, SIDES, LedgerCompared, Named
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from shared.kernel import reconciliation, returned
from shared.kernel.actor import Actor
from shared.kernel.change import Decider
from shared.kernel.ledger import Kind, day_of, end_of_ledger, name, tally
from shared.kernel.reconciliation import Close, DayLedger, Heal, Healed, Name, ledger_key
from shared.kernel.returned import Settle
from shared.runtime import metrics
from shared.runtime.amqp import BrokerError, Missing
from shared.runtime.handlers import HandlerTable
from shared.runtime.kinds import Kind as DocumentKind
from shared.runtime.ledgers import LEDGERS, RETURNED
from shared.runtime.logs import get_logger
from shared.runtime.office import Office
from shared.runtime.recovering import Recovery
from shared.runtime.trusted import KEYS

log = get_logger(__name__)

_ALWAYS_ASKED = 2
"""Days before today that are asked about at every start, though all agreed. Our default."""
_SERVICES = ("intake", "scoring", "review", "notify")
_PAGE = 500
_ANSWER = 10.0
"""Seconds for which time does not act on documents after a start, unless the centre has answered. Our default."""
_PATIENCE = 60.0
"""Seconds without another answer, or anything more given back, after which it goes on with what is there. Ours."""


class Reconciler:
    """Keeps one province's books."""

    def __init__(
        self,
        area: str,
        table: HandlerTable,
        kinds: Sequence[DocumentKind[Any]],
        office: Office,
        recovery: Recovery,
    ) -> None:
        self._area = area
        self._kinds = kinds
        self._table = table
        self._heard = _from_the_centre(table)
        settings = office.settings
        self._database = office.database
        self._book = office.book
        self._commands = office.commands
        self._clock = office.clock
        self._publisher = office.publisher
        self._recovery = recovery
        self._every = settings.reconcile_every
        self._grace = timedelta(seconds=settings.reconcile_grace)
        self._window = timedelta(days=settings.reconcile_days)
        self._by = Actor(id=table.service, role="service", area=area)
        self._looked: datetime | None = None
        self._began = monotonic()
        self._asking: set[date] = set()
        """Days of which what is lacking will be asked for without anybody's order: those asked about at the start."""
        self._drained: set[date] = set()
        """Of these, those about which we asked when nothing waited in our queues: what is lacking then is lost."""
        self.forgotten: Mapping[str, str] = {}
        """Own facts that the centre knows and this store does not yet: what they are about, by id."""
        self._asked: dict[date, datetime] = {}
        """When we asked about which day."""
        self._answered = asyncio.Event()
        self._given, self._since = 0, monotonic()

    async def knows_what_it_forgot(self) -> None:
        """Wait until the centre has answered what we asked at the start; if the line is down, a few seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER):
                await self._answered.wait()

    async def run(self) -> None:
        """For ever: look, sleep."""
        await self._publisher.ready.wait()
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Once; nothing before the centre has registered a key of ours, since nobody would believe us."""
        if await self._is_registered():
            await self._recover()
            await self._close_books()
            await self._name_differences()
            await self._ask_for_what_is_lacking()
            await self._heal()
            await self._measure()

    async def _is_registered(self) -> bool:
        """Whether the centre has told us of a key of ours."""
        return bool(await self._database.find(KEYS, {"state.area": self._area, "state.withdrawn_at": None}, limit=1))

    # --- closing -------------------------------------------------------------------------------------------

    async def _close_books(self) -> None:
        """Say what is new; at the start ask about everything that was not agreed."""
        began, now = datetime.now(UTC), self._clock.now()
        known = await self._known()
        first = self._looked is None
        answered = {day for day, one in known.items() if self._is_answered(one)}
        if self._asked and self._asked.keys() <= answered:
            self._answered.set()
        self._asking -= {day for day in answered if known[day].agrees}
        drained = bool(first or self._asking) and await self._has_drained()
        again = (self._asking & answered) - self._drained if drained else set[date]()
        for day in await self._days(known, now):
            over = now >= end_of_ledger(day) + self._grace
            before = known.get(day)
            if first and not (before and before.agrees and _final(before) and _is_old(day, now)):
                self._asking.add(day)
                await self._close(day, final=over, ask=True)
            elif over or (before and before.differed):
                await self._close(day, final=over, ask=day in again)
        if drained:
            self._drained |= self._asking if first else again
        self._looked = began - timedelta(seconds=self._every)

    async def _known(self) -> Mapping[date, DayLedger]:
        return {day.day: day for _, day in await self._database.find(LEDGERS, {"state.area": self._area})}

    def _is_answered(self, day: DayLedger) -> bool:
        """Whether every service of the centre has answered what we asked about this day."""
        asked = self._asked.get(day.day)
        return asked is not None and day.is_answered_by(_SERVICES, asked)

    async def _days(self, known: Mapping[date, DayLedger], now: datetime) -> list[date]:
        """The days to look at, oldest first."""
        today, earliest = day_of(now), day_of(now - self._window)
        if self._looked is None:
            first = min(filter(None, (await self._book.first_day(), min(known, default=None))), default=earliest)
            first = max(first, earliest)
            return [first + timedelta(days=n) for n in range((today - first).days + 1)]
        touched = await self._book.touched(self._looked)
        open_ = {day for day, one in known.items() if not _final(one) or one.differed}
        return sorted(d for d in {*touched, *open_, today - timedelta(days=1)} if earliest <= d <= today)

    async def _close(self, day: date, *, final: bool, ask: bool) -> None:
        sent, accepted = await self._sent(day), await self._accepted(day)
        command = Close(
            area=self._area,
            day=day,
            final=final,
            sent=tuple(tally(kind, ids) for kind, ids in sorted(sent.items())),
            accepted=tuple(tally(kind, ids) for kind, ids in sorted(accepted.items())),
            unsent=await self._book.unsent(self._kinds, day),
            ask=ask,
        )
        said = await self._do(day, command, reconciliation.close, "close-ledger")
        if ask and said and said.closed:
            self._asked[day] = said.closed.at

    async def _sent(self, day: date) -> Mapping[Kind, Mapping[str, str]]:
        return await self._book.sent(self._area, day)

    async def _accepted(self, day: date) -> Mapping[Kind, Mapping[str, str]]:
        """What came of the centre, also of the kinds of which nothing came."""
        nothing: Mapping[str, str] = {}
        return {**dict.fromkeys(self._heard, nothing), **await self._book.accepted(CENTRE, day)}

    # --- naming --------------------------------------------------------------------------------------------

    async def _name_differences(self) -> None:
        """Say exactly what differs. What a store that was put back forgot is asked for without anybody's order."""
        where = {"state.area": self._area, "state.unnamed": {"$ne": []}}
        for _, day in await self._database.find(LEDGERS, where):
            named = [await self._name(day, day.compared[service]) for service in day.unnamed]
            if forgotten := [fact for lists in named for fact in lists["forgotten_here"]]:
                self._guard_against_acts(forgotten)
                self._asking.add(day.day)
                if day.closed:
                    self._asked.setdefault(day.day, day.closed.at)

    async def _ask_for_what_is_lacking(self) -> None:
        """Once all services have said what they know; of the days that nobody asked about a person decides.

        What is asked for piece by piece would be taken up before its causes are here. A service that does not answer is
        waited for; then it is asked for what there is, and for more when it answers.
        """
        known = await self._known() if self._asking else {}
        for day in sorted(self._asking & known.keys()):
            found = known[day]
            answered = self._is_answered(found)
            if not (found.differences if answered else found.unasked and monotonic() - self._began > _PATIENCE):
                continue
            if found.forgets or day in self._drained:
                await self._do(day, Heal(by=self._by), reconciliation.heal, "heal")
                if answered:
                    self._asking.discard(day)

    async def _name(self, day: DayLedger, found: LedgerCompared) -> Mapping[str, Sequence[Named]]:
        """Say what differs from the books of one service."""
        sent, accepted = await self._sent(day.day), await self._accepted(day.day)
        lists: dict[str, list[Named]] = {side: [] for side in SIDES}
        for told in found.differing_accepted:
            subjects = sent.get((told.source, told.event), {})
            differing = name(told, subjects)
            lists["forgotten_here"] += _named(differing.only_told, _subjects(told.facts))
            lists["lacking_there"] += _named(differing.only_ours, subjects)
        for told in found.differing_sent:
            subjects = accepted.get((told.source, told.event), {})
            differing = name(told, subjects)
            lists["lacking_here"] += _named(differing.only_told, _subjects(told.facts))
            lists["forgotten_there"] += _named(differing.only_ours, subjects)
        if any(lists.values()):
            log.warning(
                "the books differ",
                area=self._area,
                day=str(day.day),
                of=found.by,
                **{side: len(facts) for side, facts in lists.items()},
                events=sorted({told.event for told in (*found.differing_accepted, *found.differing_sent)}),
            )
        command = Name(of=found.by, compared=found.at, lists={side: tuple(facts) for side, facts in lists.items()})
        await self._do(day.day, command, reconciliation.name_differences, "name-differences")
        return lists

    async def _has_drained(self) -> bool:
        """Whether nothing waits in our queues: what does is lacking only until it is heard."""
        try:
            return not any((await self._publisher.depths(self._table)).values())
        except (*BrokerError, Missing):
            return False

    def _guard_against_acts(self, facts: Iterable[Named]) -> None:
        """Nobody acts on what these are about until they are back."""
        self._forget({**self.forgotten, **{fact.id: fact.subject for fact in facts}})

    def _forget(self, named: Mapping[str, str]) -> None:
        self.forgotten = named
        self._commands.forgotten = frozenset(map(self._recovery.document_of, named.values()))

    # --- healing -------------------------------------------------------------------------------------------

    async def _heal(self) -> None:
        """Send again what the centre lacks, and ask for what is lacking here."""
        for _, day in await self._database.find(LEDGERS, {"state.area": self._area, "state.healing": True}):
            lacking = sorted({fact.id for one in day.differed.values() for fact in one.lacking_there})
            for start in range(0, len(lacking), _PAGE):
                facts = await self._book.facts(lacking[start : start + _PAGE])
                if failures := await self._publisher.publish(facts):
                    log.warning("could not be sent again", count=len(failures))
                    return
            await self._do(day.day, Healed(), reconciliation.healed, "heal")
            log.info("healed", area=self._area, day=str(day.day), sent_again=len(lacking))

    async def _recover(self) -> None:
        """Take up what the centre gave back."""
        given = [one for _, one in await self._database.find(RETURNED, {"state.fate": None})]
        if len(given) != self._given:
            self._given, self._since = len(given), monotonic()
        complete = bool(given) and await self._all_is_back()
        if given and (complete or monotonic() - self._since > _PATIENCE):
            fates = await self._recovery.recover(given, is_all=complete)
            for id_, (fate, subject) in fates.items():
                settled = Settle(fate=fate, subject=subject)
                await self._commands.do(RETURNED, id_, settled, returned.settle, what="settle", by=self._by)
            if fates:
                counts = Counter(fate.replace(" ", "_") for fate, _ in fates.values())
                log.info("recovered", area=self._area, waiting=len(given) - len(fates), **counts)
        await self._see_what_is_forgotten()

    async def _all_is_back(self) -> bool:
        """Whether every service has answered what we asked, and everything that was asked for has come.

        What was heard must not be decided before it is known what was announced because of it.
        """
        wanted = set[str]()
        for day in (await self._known()).values():
            unanswered = day.day in self._asked and not self._is_answered(day)
            if unanswered or day.unnamed or day.healing or (day.day in self._asking and day.unasked):
                return False
            wanted.update(id_ for one in day.differed.values() for id_ in one.wanted)
        there = await self._database.keys(RETURNED, {"_id": {"$in": sorted(wanted)}}, sort=[("_id", 1)])
        return wanted.issubset(there)

    async def _see_what_is_forgotten(self) -> None:
        named: dict[str, str] = {}
        where = {"state.area": self._area, "state.differed": {"$ne": {}}}
        for _, day in await self._database.find(LEDGERS, where):
            named |= {fact.id: fact.subject for one in day.differed.values() for fact in one.forgotten_here}
        if named:
            back = await self._database.keys(
                RETURNED, {"_id": {"$in": sorted(named)}, "state.fate": {"$ne": None}}, sort=[("_id", 1)]
            )
            for id_ in back:
                del named[id_]
        self._forget(named)
        metrics.FORGOTTEN.set(len(named))

    async def _measure(self) -> None:
        counts = dict.fromkeys(((of, side) for of in _SERVICES for side in SIDES), 0)
        for _, day in await self._database.find(LEDGERS, {"state.area": self._area, "state.differed": {"$ne": {}}}):
            for of, one in day.differed.items():
                for side in SIDES:
                    counts[of, side] = counts.get((of, side), 0) + len(getattr(one, side))
        for (of, side), count in counts.items():
            metrics.LEDGER_DIFFERENCES.labels(self._area, of, side).set(count)

    async def _do(self, day: date, command: BaseModel, decide: Decider[DayLedger, Any], what: str) -> DayLedger | None:
        key = ledger_key(self._area, day)
        return (await self._commands.do(LEDGERS, key, command, decide, what=what, by=self._by)).state


def _from_the_centre(table: HandlerTable) -> frozenset[Kind]:
    """What a province hears of the centre: source and event."""
    heard = [s.event for s in table if s.event.wire() not in NOT_COUNTED]
    return frozenset(
        (source, event.wire())
        for event in heard
        for source in (_SERVICES if event.by_any_service else (event.source,))
        if event.wire() not in PROVINCE_MAY_WRITE
    )


def _final(day: DayLedger) -> bool:
    return day.closed is not None and day.closed.final


def _is_old(day: date, now: datetime) -> bool:
    return day < day_of(now) - timedelta(days=_ALWAYS_ASKED)


def _subjects(facts: Iterable[Named]) -> dict[str, str]:
    return {fact.id: fact.subject for fact in facts}


def _named(ids: Iterable[str], subjects: Mapping[str, str]) -> list[Named]:
    return [Named(id=id_, subject=subjects[id_]) for id_ in ids]
