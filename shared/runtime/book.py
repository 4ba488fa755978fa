"""The book 往来登记: what a service sent across the border between the centre and a province, and what it accepted.

Sent facts are kept here with their bytes before they leave their outbox; a fact is therefore in its outbox or here, or
in both, and never in neither. Accepted ones are the evidence (`evidence.py`). Both carry the day of their `ce-time`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, UpdateOne

from shared.contracts.area import CENTRE
from shared.contracts.ledgers import NOT_COUNTED, ReturnedFact
from shared.contracts.provinces import HEARD_OF_THE_CENTRE
from shared.kernel.ledger import Kind, day_of
from shared.runtime.evidence import COLLECTION as RECEIVED
from shared.runtime.kinds import Kind as DocumentKind
from shared.runtime.mongo import Database
from shared.runtime.trusted import KEYS
from shared.runtime.work import Fact, Outgoing

SENT = "sent"
_TO_ALL = frozenset(event.wire() for event in HEARD_OF_THE_CENTRE)
Subjects = Mapping[str, str]
"""Subjects of facts, by id."""


class Book:
    """What one service sent and accepted."""

    def __init__(self, database: Database, *, days: int, at_centre: bool) -> None:
        """Sent facts are kept for so many days."""
        self._database = database
        self._sent = database.collection(SENT)
        self._received = database.collection(RECEIVED)
        self._kept = timedelta(days=days)
        self._at_centre = at_centre

    async def prepare(self) -> None:
        """Create the indexes; repeating it changes nothing."""
        await self._sent.create_index([("until", ASCENDING)], name="until", expireAfterSeconds=0)
        for collection in (self._sent, self._received):
            await collection.create_index([("day", ASCENDING), ("area", ASCENDING)], name="day")
            await collection.create_index([("at", ASCENDING), ("day", ASCENDING)], name="at")

    async def partners(self) -> frozenset[str]:
        """At the centre: the provinces that have keys, and so a service of their own."""
        areas = await self._database.collection(KEYS.collection).distinct("state.area")
        return frozenset(areas) - {CENTRE}

    async def keep(self, items: Sequence[Outgoing]) -> None:
        """Keep these confirmed facts, as far as they crossed the border; durable when it returns."""
        facts = [item.fact for item in items if item.fact.type not in NOT_COUNTED]
        if facts and self._at_centre:
            partners = await self.partners()
            facts = [fact for fact in facts if _crosses(fact, partners)]
        await self.enter(facts)

    async def enter(self, facts: Sequence[Fact]) -> None:
        """Keep these; what is kept already stays as it is."""
        now = datetime.now(UTC)
        writes = [
            UpdateOne(
                {"_id": fact.id},
                {
                    "$setOnInsert": {
                        **{k: v for k, v in vars(fact).items() if k not in ("id", "entered", "at")},
                        "area": area_of(fact.routing_key, fact.type),
                        "day": day_of(datetime.fromisoformat(fact.time)).isoformat(),
                        "at": now,
                        "until": now + self._kept,
                    }
                },
                upsert=True,
            )
            for fact in facts
        ]
        if writes:
            await self._sent.bulk_write(writes, ordered=False)

    async def sent(self, area: str, day: date) -> dict[Kind, dict[str, str]]:
        """What was sent to this province (or by it) of that day, by kind: subjects by id."""
        where: dict[str, Any] = {"day": day.isoformat()}
        if self._at_centre:
            where["area"] = {"$in": [area, CENTRE]}
        found: dict[Kind, dict[str, str]] = {}
        async for one in self._sent.find(where, {"source": 1, "type": 1, "subject": 1}):
            found.setdefault((one["source"], one["type"]), {})[one["_id"]] = one["subject"]
        return found

    async def accepted(self, peer: str, day: date) -> dict[Kind, dict[str, str]]:
        """What was accepted from this area of that day, by kind: subjects by id."""
        found: dict[Kind, dict[str, str]] = {}
        where = {"area": peer, "day": day.isoformat()}
        async for one in self._received.find(where, {"bound": 1, "subject": 1}):
            event = one["bound"]["event"]
            if event not in NOT_COUNTED:
                kind = (str(one["bound"]["source"]).removeprefix("/sihao/"), event)
                found.setdefault(kind, {})[one["bound"]["id"]] = one["subject"]
        return found

    async def touched(self, since: datetime) -> frozenset[date]:
        """The days of which something was entered since."""
        days = set[str]()
        for collection in (self._sent, self._received):
            entered: list[dict[str, Any]] = [{"$match": {"at": {"$gte": since}}}, {"$group": {"_id": "$day"}}]
            days.update([row["_id"] async for row in collection.aggregate(entered)])
        return frozenset(date.fromisoformat(day) for day in days if day)

    async def first_day(self) -> date | None:
        """The oldest day of which there is anything."""
        found = []
        for collection in (self._sent, self._received):
            oldest = collection.find({"day": {"$exists": True}}, {"day": 1}).sort("day", 1).limit(1)
            found += [date.fromisoformat(one["day"]) async for one in oldest]
        return min(found, default=None)

    async def facts(self, ids: Collection[str]) -> list[Fact]:
        """Sent facts with these ids, as they were announced."""
        now = datetime.now(UTC)
        cursor = self._sent.find({"_id": {"$in": list(ids)}})
        names = ("type", "routing_key", "source", "subject", "time", "body", "trace")
        return [Fact(id=one["_id"], entered=now, at=now, **{name: one[name] for name in names}) async for one in cursor]

    async def evidence(self, area: str, ids: Collection[str]) -> list[ReturnedFact]:
        """Facts with these ids that were accepted from an area: bytes and signatures."""
        cursor = self._received.find({"area": area, "bound.id": {"$in": list(ids)}}) if ids else None
        if cursor is None:
            return []
        return [
            ReturnedFact(
                id=one["bound"]["id"],
                event=one["bound"]["event"],
                source=one["bound"]["source"],
                time=one["bound"]["time"],
                signature=one["signature"],
                body=bytes(one["body"]).decode(),
            )
            async for one in cursor
        ]

    async def unsent(self, kinds: Sequence[DocumentKind[Any]], day: date) -> int:
        """How many facts of that day the broker has not confirmed yet."""
        count = 0
        for kind in kinds:
            waiting = {"outbox.routing_key": {"$exists": True}}
            async for document in self._database.collection(kind.collection).find(waiting, {"outbox": 1}):
                count += sum(
                    fact["type"] not in NOT_COUNTED and day_of(datetime.fromisoformat(fact["time"])) == day
                    for fact in document["outbox"]
                )
        return count


def area_of(routing_key: str, event: str) -> str:
    """The province of a routing key, or `CN`: `application.scored.v1.35.02` is of 35."""
    return routing_key.removeprefix(f"{event}.").partition(".")[0]


def _crosses(fact: Fact, partners: Collection[str]) -> bool:
    area = area_of(fact.routing_key, fact.type)
    return area in partners or (area == CENTRE and fact.type in _TO_ALL and bool(partners))
