"""The centre's side of the reconciliation: each service compares a province's books with its own, and gives back.

What it named changes when something comes late: then it says so again, for every day that a province has closed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from shared.contracts.area import CENTRE
from shared.contracts.ledgers import (
    MOST_IDS,
    MOST_RETURNED,
    OF_LEDGERS,
    SIDES,
    Itemised,
    LedgerClosed,
    LedgerCompared,
    LedgerLine,
    RefusedFact,
    ReturnedFact,
    Side,
)
from shared.contracts.provinces import PROVINCE_EVENTS
from shared.kernel import reconciliation
from shared.kernel.actor import Actor
from shared.kernel.change import Decider
from shared.kernel.ledger import brief, day_of, itemise, tally
from shared.kernel.reconciliation import Compare, DayLedger, Give, ledger_key
from shared.runtime import metrics
from shared.runtime.dead import DeadLetters
from shared.runtime.envelope import bound_of
from shared.runtime.handlers import HandlerTable
from shared.runtime.ledgers import LEDGERS
from shared.runtime.logs import get_logger
from shared.runtime.office import Office
from shared.runtime.signing import Signer
from shared.runtime.work import Fact

log = get_logger(__name__)

_MOST_REFUSED = 200
_MOST_BYTES = 1_000_000
"""Of bodies that one message gives back. Our default."""


class Counterpart:
    """Answers the provinces' books, for one service of the centre."""

    def __init__(
        self,
        table: HandlerTable,
        office: Office,
        *,
        dead_letters: DeadLetters,
        signer: Signer | None,
    ) -> None:
        self._service = table.service
        heard = {subscription.event for subscription in table}
        self._heard = sorted(e.wire() for e in PROVINCE_EVENTS if e in heard and e not in OF_LEDGERS)
        self._database = office.database
        self._book = office.book
        self._commands = office.commands
        self._clock = office.clock
        self._publisher = office.publisher
        self._dead = dead_letters
        self._signer = signer
        self._every = office.settings.reconcile_every
        self._by = Actor(id=table.service, role="service", area=CENTRE)
        self._looked: datetime | None = None

    async def run(self) -> None:
        """For ever: look, sleep."""
        await self._publisher.ready.wait()
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Compare and give back, once."""
        await self._compare()
        await self._give()
        await self._measure()

    async def _compare(self) -> None:
        """Answer what has not been answered, and what has changed since."""
        began = datetime.now(UTC)
        where: dict[str, Any] = {"state.unanswered": True}
        if self._looked is not None:
            days = [day.isoformat() for day in await self._book.touched(self._looked)]
            where = {"$or": [where, {"state.day": {"$in": days}}, {"state.differed": {"$ne": {}}}]}
        for _, day in await self._database.find(LEDGERS, where):
            if day.closed is None:
                continue
            found = await self._found(day.closed)
            before = day.compared.get(self._service)
            if day.unanswered or before is None or not _says_the_same(before, found):
                await self._do(day.area, day.day, Compare(found=found), reconciliation.compare, "compare-ledger")
                if not found.agrees:
                    log.warning("the books differ", area=day.area, day=str(day.day), final=day.closed.final)
        self._looked = began - timedelta(seconds=self._every)

    async def _found(self, closed: LedgerClosed) -> LedgerCompared:
        """What we have beside a province's books."""
        came, sent = await self._accepted(closed.area, closed.day), await self._book.sent(closed.area, closed.day)
        said = {told.event: told for told in closed.sent}
        up = [said.get(event) or tally(("review", event), ()) for event in self._heard]
        down = [told for told in closed.accepted if told.source == self._service]
        room, whole = MOST_IDS, True
        itemised: list[list[Itemised]] = [[], []]
        accepted, given = list[LedgerLine](), list[LedgerLine]()
        for into, rows, told_of in ((0, up, accepted), (1, down, given)):
            for told in rows:
                ours = came.get(told.event, {}) if into == 0 else sent.get((told.source, told.event), {})
                told_of.append(brief((told.source, told.event), ours))
                found, all_ = itemise(told, ours, room) if room > 0 else (None, ours.keys() == set())
                whole = whole and all_
                if found:
                    room -= len(found.facts)
                    itemised[into].append(found)
        return LedgerCompared(
            area=closed.area,
            by=self._service,
            day=closed.day,
            closed=closed.at,
            at=self._clock.now(),
            agrees=not itemised[0] and not itemised[1] and whole,
            accepted=tuple(accepted),
            sent=tuple(given),
            differing_accepted=tuple(itemised[0]),
            differing_sent=tuple(itemised[1]),
            refused=await self._refused(closed.area, closed.day),
            more=not whole,
        )

    async def _accepted(self, area: str, day: date) -> Mapping[str, dict[str, str]]:
        """What was accepted of a province, by event, whatever its software calls itself."""
        found: dict[str, dict[str, str]] = {}
        for (_, event), subjects in (await self._book.accepted(area, day)).items():
            found.setdefault(event, {}).update(subjects)
        return found

    async def _refused(self, area: str, day: date) -> tuple[RefusedFact, ...]:
        """What of that day lies among the dead letters."""
        letters = await self._dead.of_area(area, self._heard, limit=_MOST_REFUSED)
        return tuple(
            RefusedFact(id=letter.message_id[:200], event=_event_of(letter.queue, self._heard), code=letter.code)
            for letter in letters
            if (time := letter.headers.get("ce-time")) and day_of(datetime.fromisoformat(time)) == day
        )

    async def _give(self) -> None:
        """Give back what is wanted, a message at a time."""
        for _, day in await self._database.find(LEDGERS, {"state.owed": {"$ne": []}}):
            page = day.owed[:MOST_RETURNED]
            held = [*await self._book.evidence(day.area, page), *map(self._as_sent, await self._book.facts(page))]
            facts, size = list[ReturnedFact](), 0
            for fact in held:
                size += len(fact.body)
                if facts and size > _MOST_BYTES:
                    break
                facts.append(fact)
            absent = set(page) - {fact.id for fact in held}
            if absent:
                log.warning("cannot be given back", area=day.area, day=str(day.day), count=len(absent))
            command = Give(by=self._service, facts=tuple(facts), absent=tuple(sorted(absent)))
            await self._do(day.area, day.day, command, reconciliation.give, "give-back")

    def _as_sent(self, fact: Fact) -> ReturnedFact:
        """A fact of ours, signed with the present key."""
        bound = bound_of(fact)
        return ReturnedFact(
            id=fact.id,
            event=fact.type,
            source=bound.source,
            time=fact.time,
            signature=self._signer.sign(fact.body.encode(), bound) if self._signer else None,
            body=fact.body,
        )

    async def _measure(self) -> None:
        counts: dict[tuple[str, str, Side], int] = {}
        for _, day in await self._database.find(LEDGERS, {"state.day": {"$exists": True}}):
            for of, one in day.differed.items():
                for side in SIDES:
                    counts[day.area, of, side] = counts.get((day.area, of, side), 0) + len(getattr(one, side))
        metrics.LEDGER_DIFFERENCES.clear()
        for place, count in counts.items():
            metrics.LEDGER_DIFFERENCES.labels(*place).set(count)

    async def _do(self, area: str, day: date, command: BaseModel, decide: Decider[DayLedger, Any], what: str) -> None:
        await self._commands.do(LEDGERS, ledger_key(area, day), command, decide, what=what, by=self._by)


def _says_the_same(before: LedgerCompared, found: LedgerCompared) -> bool:
    """Whether nothing has come since, of what was compared."""
    return (before.closed, before.accepted, before.sent) == (found.closed, found.accepted, found.sent)


def _event_of(queue: str, heard: Sequence[str]) -> str:
    return next((event for event in heard if event in queue), queue)
