"""A province's store that was put back: cases come to where they stood, from what was heard and from own facts."""

import copy
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.review.domain.officer import Decline, Pass, Return, decide_decline, decide_pass, decide_return
from services.review.domain.shortlist import seal
from services.review.handlers import restorable, table
from services.review.store import CASES, SHORTLISTS, ReviewStore
from shared.contracts import ApplicationScored, ReturnedItem, RoundOpened
from shared.contracts.event import Event
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.runtime.amqp import properties_of
from shared.runtime.documents import Documents
from shared.runtime.message import Message
from shared.runtime.queues import Parcel
from shared.runtime.recollection import Recollection, covers_key
from shared.runtime.restoring import Restoring
from shared.runtime.work import Applied, Fact, Work
from tests.model.collections import MemoryDatabase, Shelf
from tests.unit.review import given

OFFICER = Actor(id="officer", role="officer", area="35")
AREAS = ("35",)
Archive = list[DeliveredMessage]


class Province:
    """Fujian's store, in memory; what it hears and announces goes into an archive."""

    def __init__(self, shelves: dict[str, Shelf], archive: Archive) -> None:
        self.shelves = shelves
        self.database = MemoryDatabase(shelves)
        self.table = table(ReviewStore(self.database), given.LIBRARY, AREAS, "35")
        self.documents = Documents(self.database, self)
        self.archive = archive
        self.time = given.NOW

    def now(self) -> datetime:
        """One second after the other."""
        self.time += timedelta(seconds=1)
        return self.time

    async def hear(self, one: DeliveredMessage) -> None:
        """A message comes."""
        self.archive.append(one)
        subscription = next(s for s in self.table if any(covers_key(b, one.routing_key or "") for b in s.bindings))
        message = Message(subscription.queue, subscription, one)
        message.read()
        await self._apply(await message.route())

    async def act(self, kind: Any, key: str, command: Any, decide: Any) -> None:
        """An officer acts."""
        await self._apply(
            [Work(kind, key, command, decide, "act", OFFICER, f"act {len(self.archive)} {key}", "0" * 64)]
        )

    async def _apply(self, works: Sequence[Work]) -> None:
        outcomes = await self.documents.apply(works)
        assert all(isinstance(one, Applied) for one in outcomes), outcomes
        items = [item for one in outcomes if isinstance(one, Applied) for item in one.outgoing]
        await self.database.clear(items)
        for item in items:
            if item.fact.type == "shortlist.sealed.v1":
                await self.hear(published(item.fact))
            else:
                self.archive.append(published(item.fact))

    async def restore(self) -> Recollection:
        """From the archive."""

        async def read() -> AsyncIterator[DeliveredMessage]:
            for one in self.archive:
                yield one

        async def send(parcels: Sequence[Parcel]) -> None:
            raise AssertionError(f"left to the service: {[parcel.queue for parcel in parcels]}")

        def never(error: BaseException) -> None:
            raise AssertionError("nothing is away") from error

        known = Recollection(restorable(self.table, AREAS), self.database, read, lambda *_: None, never)
        await known.learn()
        found = await Restoring(known, self.documents, never).give_back(send)
        assert found.otherwise == []
        return known


def published(fact: Fact) -> DeliveredMessage:
    header = ContentHeader(body_size=len(fact.body), properties=properties_of(fact))
    return DeliveredMessage(Basic.Deliver(routing_key=fact.routing_key), header, fact.body.encode(), cast("Any", None))


def heard(event: Event, id_: str, at: datetime) -> DeliveredMessage:
    body = event.model_dump_json()
    fact = Fact(id_, event.wire(), event.routing_key, event.source, event.subject, at.isoformat(), body, {}, at, at)
    return published(fact)


def scored(number: int, *, revision: int = 1, sequence: int = 1) -> ApplicationScored:
    event = given.scored(number).event
    return event.model_copy(update={"revision": revision, "sequence": sequence})


def known(document: Any) -> Any:
    """A state without what its facts do not tell."""
    state = document["state"]
    unknown = {"by", "on_behalf", "reason"}
    decisions = [{k: v for k, v in one.items() if k not in unknown} for one in state["decisions"]]
    return {**state, "decisions": decisions}


async def test_cases_and_the_sealed_list_come_back_and_nothing_is_announced_again() -> None:
    archive: Archive = []
    before = Province({}, archive)
    await before.hear(heard(RoundOpened(area="CN", round=given.ROUND), "round", given.NOW))
    for number in range(1, 7):
        await before.hear(heard(scored(number), f"score {number}", given.NOW))
    backup = copy.deepcopy(before.shelves)

    items = (ReturnedItem(item="B2.i", reason=text("缺", "missing")),)
    for number in (1, 2, 3):
        await before.act(CASES, given.case(number), Pass(by=OFFICER), decide_pass)
    await before.act(CASES, given.case(4), Return(by=OFFICER, items=items), decide_return)
    await before.hear(heard(scored(4, revision=2, sequence=2), "score 4 again", before.now()))
    await before.act(CASES, given.case(4), Pass(by=OFFICER), decide_pass)
    await before.act(CASES, given.case(5), Decline(by=OFFICER, reason=text("合成", "x")), decide_decline)
    await before.act(CASES, given.case(6), Return(by=OFFICER, items=items), decide_return)
    await before.hear(heard(scored(7), "score 7", before.now()))
    await before.act(CASES, given.case(7), Pass(by=OFFICER), decide_pass)
    list_ = given.sealing(OFFICER, tuple(given.contender(number) for number in (1, 2, 3, 4, 7)))
    await before.act(SHORTLISTS, list_.id, list_, seal)
    length = len(archive)

    after = Province(backup, archive)
    found = await after.restore()
    assert await found.forgotten() == frozenset()
    assert len(archive) == length
    assert not any(document["outbox"] for document in after.shelves["cases"].values())
    assert after.shelves["cases"].keys() == before.shelves["cases"].keys()
    for id_, then in before.shelves["cases"].items():
        assert known(after.shelves["cases"][id_]) == known(then), id_
    whats = [entry["what"] for entry in after.shelves["cases"][given.case(4)]["history"]]
    assert whats == [
        "application.scored.v1",
        "case.returned.v1",
        "application.scored.v1",
        "case.advanced.v1",
        "shortlist.sealed.v1",
    ]
    sealed = after.shelves["shortlists"][list_.id]["state"]
    assert [place["case"] for place in sealed["places"]] == [
        place["case"] for place in before.shelves["shortlists"][list_.id]["state"]["places"]
    ]
    assert sealed["sealed_by"]["id"] == "recovered"
    again = copy.deepcopy(after.shelves)
    await after.restore()
    assert after.shelves == again, "harmless to repeat"


async def test_where_the_sealed_list_itself_is_not_known_the_nomination_still_is() -> None:
    archive: Archive = []
    before = Province({}, archive)
    await before.hear(heard(RoundOpened(area="CN", round=given.ROUND), "round", given.NOW))
    await before.hear(heard(scored(1), "score 1", given.NOW))
    await before.act(CASES, given.case(1), Pass(by=OFFICER), decide_pass)
    backup = copy.deepcopy(before.shelves)
    list_ = given.sealing(OFFICER, (given.contender(1),))
    await before.act(SHORTLISTS, list_.id, list_, seal)
    archive[:] = [one for one in archive if not str(one.routing_key).startswith("shortlist.sealed")]

    after = Province(backup, archive)
    found = await after.restore()
    assert await found.forgotten() == frozenset()
    assert known(after.shelves["cases"][given.case(1)]) == known(before.shelves["cases"][given.case(1)])
    assert after.shelves["cases"][given.case(1)]["history"][-1]["what"] == "case.nominated.v1"
