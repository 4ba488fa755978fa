"""Dead letters: messages that cannot be read or are refused for good, kept whole with their reason, and replayable.

A message is acknowledged only after its dead letter is durable. A replay is asked for in the store, and done by the
service itself (`waiting_room.py`): the same bytes, under the same id, go through its lane once more, and no broker is
needed. What was applied meanwhile stays applied once.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pamqp.commands import Basic
from pymongo import ASCENDING, DESCENDING, UpdateOne

from shared.contracts.text import Text
from shared.kernel.problem import Problem
from shared.runtime import metrics
from shared.runtime.mongo import Database

COLLECTION = "dead_letters"
"""Where they lie; large bodies in the files of the same name."""
WAITED = "waited-too-long"
"""Code of a letter that nobody need bring back: the waiting room tries it again."""
OPEN_BY_CODE: tuple[dict[str, Any], ...] = (
    {"$match": {"replayed": None}},
    {"$group": {"_id": "$code", "n": {"$sum": 1}, "since": {"$min": "$at"}}},
)
"""How many letters wait, and since when, by code; found by the index `open`, which leaves out what is replayed."""
_LARGE = 100_000
"""Bytes beyond which a body lies apart, since a document of the store holds 16 MB and a list of letters many."""


@dataclass(frozen=True)
class DeadLetter:
    """One message that was put aside."""

    id: str
    """Short and stable: the hash of queue and message."""
    queue: str
    """Where it was heard."""
    routing_key: str
    message_id: str
    message_type: str | None
    headers: dict[str, str]
    body: bytes
    code: str
    """Why, for programs: `unreadable`, `refused`, `waited-too-long`, `handler-failed`, `broker-gave-up`,
    `refused-elsewhere`, and what the guard refuses: `signature.…`, `message.id-reused`."""
    reason: Text
    """Why, for people."""
    problems: tuple[Problem, ...]
    """Field, rule and remedy, where the domain refused."""
    at: datetime
    """When it was put aside, by the machine's clock."""
    replayed: datetime | None = None
    """When it went through after all."""
    asked: datetime | None = None
    """Since when a replay is asked for that was not done yet."""
    filed: bool = False
    """Whether the body is so large that it lies apart; `list` then leaves it empty."""


def letter_id(queue: str, message_id: str, body: bytes) -> str:
    """The same message put aside again is the same dead letter."""
    return hashlib.sha256(b"\n".join((queue.encode(), message_id.encode(), body))).hexdigest()[:16]


class DeadLetters:
    """The dead letters of one service's store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._letters = database.collection(COLLECTION)

    async def prepare(self) -> None:
        """Create the indexes and set the gauges; repeating it changes nothing."""
        await self._letters.create_index([("replayed", ASCENDING), ("code", ASCENDING), ("at", ASCENDING)], name="open")
        await self._letters.create_index([("at", ASCENDING)])
        await self._letters.create_index([("asked", ASCENDING)], sparse=True)
        await self.measure()

    async def park(self, letters: Sequence[DeadLetter]) -> None:
        """Keep these; durable when it returns."""
        if not letters:
            return
        for letter in letters:
            if _is_large(letter):
                await self._database.files(COLLECTION).put(letter.id, letter.body, {})
        await self._letters.bulk_write(
            [
                UpdateOne(
                    {"_id": letter.id}, {"$set": _document(letter), "$unset": {"asked": "", "again": ""}}, upsert=True
                )
                for letter in letters
            ],
            ordered=False,
        )
        await self.measure()

    async def measure(self) -> None:
        """Set the gauges: letters that wait for a person, and those that wait for a message."""
        found = {row["_id"]: row async for row in self._letters.aggregate(list(OPEN_BY_CODE))}
        metrics.DEAD_LETTERS_BY_CODE.clear()
        for code, row in found.items():
            metrics.DEAD_LETTERS_BY_CODE.labels(code).set(row["n"])
        metrics.WAITING.set(found.pop(WAITED, {"n": 0})["n"])
        metrics.DEAD_LETTERS.set(sum(row["n"] for row in found.values()))
        oldest = min((row["since"] for row in found.values()), default=None)
        metrics.DEAD_LETTER_AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)

    async def claim_waiting(
        self, queues: Collection[str], now: datetime, *, shortest: timedelta, longest: timedelta, limit: int
    ) -> list[DeadLetter]:
        """Letters of these queues that waited in vain and whose pause is over, oldest first, with their bodies.

        Each is then left alone for as long as it has lain here, within `shortest` and `longest`.
        """
        waited = {
            "replayed": None,
            "code": WAITED,
            "at": {"$lte": now - shortest},
            "again": {"$not": {"$gt": now}},
            "queue": {"$in": list(queues)},
        }
        return await self._claim(waited, now, lambda letter: min(max(now - letter.at, shortest), longest), limit)

    async def claim_asked(self, now: datetime, *, lease: timedelta, limit: int) -> list[DeadLetter]:
        """Letters whose replay is asked for, oldest first, with their bodies; for `lease` nobody else takes them."""
        asked = {"asked": {"$exists": True}, "again": {"$not": {"$gt": now}}}  # whatever the asker's clock says
        return await self._claim(asked, now, lambda _: lease, limit)

    async def _claim(
        self, due: dict[str, Any], now: datetime, pause: Callable[[DeadLetter], timedelta], limit: int
    ) -> list[DeadLetter]:
        found = [_letter(one) async for one in self._letters.find(due).sort("at", ASCENDING).limit(limit)]
        for letter in found:
            await self._letters.update_one({"_id": letter.id}, {"$set": {"again": now + pause(letter)}})
        return [await self._whole(letter) for letter in found]

    async def ask_again(self, ids: Collection[str]) -> None:
        """Ask the service to handle these once more; durable when it returns, whether or not the service runs."""
        await self._letters.update_many(
            {"_id": {"$in": list(ids)}}, {"$set": {"asked": datetime.now(UTC)}, "$unset": {"again": ""}}
        )

    async def answer(self, letters: Collection[DeadLetter]) -> None:
        """Note that the replay that was asked for has been tried; who asked since then is still to be answered."""
        if letters:
            await self._letters.bulk_write(
                [
                    UpdateOne({"_id": one.id, "asked": one.asked}, {"$unset": {"asked": "", "again": ""}})
                    for one in letters
                ],
                ordered=False,
            )

    async def went_through(self, letters: Collection[DeadLetter]) -> None:
        """Note that these were handled after all, unless they were put aside again meanwhile and bear a newer `at`."""
        through = {"$set": {"replayed": datetime.now(UTC)}}
        if letters:
            await self._letters.bulk_write(
                [UpdateOne({"_id": one.id, "at": one.at}, through) for one in letters], ordered=False
            )
            await self.measure()

    async def of_area(self, area: str, events: Sequence[str], *, limit: int) -> list[DeadLetter]:
        """Open letters that came from this area, of these events, newest first."""
        named = "|".join(map(re.escape, events))
        query = {"replayed": None, "routing_key": {"$regex": rf"^({named})\.{re.escape(area)}(\.|$)"}}
        cursor = self._letters.find(query).sort("at", DESCENDING).limit(limit) if events else None
        return [_letter(found) async for found in cursor] if cursor else []

    async def list(
        self, *, all_: bool = False, codes: Collection[str] = (), ids: Collection[str] = (), limit: int = 100
    ) -> list[DeadLetter]:
        """Newest first; replayed ones only when asked for or named. A code that ends with a dot stands for its kind."""
        query: dict[str, Any] = {} if all_ or ids else {"replayed": None}
        if ids:
            query["_id"] = {"$in": list(ids)}
        if codes:
            wanted = "|".join(re.escape(code) + ("" if code.endswith(".") else "$") for code in codes)
            query["code"] = {"$regex": f"^({wanted})"}
        cursor = self._letters.find(query).sort("at", DESCENDING).limit(limit)
        return [_letter(found) async for found in cursor]

    async def get(self, id_: str) -> DeadLetter | None:
        """One dead letter."""
        found = await self._letters.find_one({"_id": id_})
        return await self._whole(_letter(found)) if found else None

    async def _whole(self, letter: DeadLetter) -> DeadLetter:
        if not letter.filed:
            return letter
        body = await self._database.files(COLLECTION).get(letter.id)
        if body is None:
            raise FileNotFoundError(f"the body of dead letter {letter.id} is gone")
        return replace(letter, body=body, filed=False)


def properties_of(letter: DeadLetter) -> Basic.Properties:
    """The AMQP properties with which it travels once more."""
    return Basic.Properties(
        content_type="application/json",
        delivery_mode=2,
        message_id=letter.message_id,
        message_type=letter.message_type,
        headers=dict(letter.headers),
    )


def _is_large(letter: DeadLetter) -> bool:
    return len(letter.body) > _LARGE


def _document(letter: DeadLetter) -> dict[str, Any]:
    return {
        "queue": letter.queue,
        "routing_key": letter.routing_key,
        "message_id": letter.message_id,
        "message_type": letter.message_type,
        "headers": list(letter.headers.items()),  # pairs: a name that came from outside is no name of a field
        "body": b"" if _is_large(letter) else letter.body,
        "filed": _is_large(letter),
        "code": letter.code,
        "reason": letter.reason.model_dump(),
        "problems": [problem.model_dump() for problem in letter.problems],
        "at": letter.at,
        "replayed": letter.replayed,
    }


def _letter(found: dict[str, Any]) -> DeadLetter:
    return DeadLetter(
        id=found["_id"],
        queue=found["queue"],
        routing_key=found["routing_key"],
        message_id=found["message_id"],
        message_type=found["message_type"],
        headers=dict(found["headers"]),
        body=bytes(found["body"]),
        code=found["code"],
        reason=Text.model_validate(found["reason"]),
        problems=tuple(Problem.model_validate(p) for p in found["problems"]),
        at=found["at"],
        replayed=found["replayed"],
        asked=found.get("asked"),
        filed=found["filed"],
    )
