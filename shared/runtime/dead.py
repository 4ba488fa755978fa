"""Dead letters: messages that cannot be read or are refused for good, kept whole with their reason, and replayable.

A message is acknowledged only after its dead letter is durable. Replaying puts the same bytes, under the same id, back
into the queue they came from; what was applied meanwhile stays applied once.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pamqp.commands import Basic
from pymongo import ASCENDING, DESCENDING, UpdateOne

from shared.contracts.text import Text
from shared.kernel.problem import Problem
from shared.runtime import metrics
from shared.runtime.amqp import Send
from shared.runtime.mongo import Database

COLLECTION = "dead_letters"
"""Where they lie; large bodies in the files of the same name."""
WAITED = "waited-too-long"
"""Code of a letter that nobody need bring back: the waiting room tries it again."""
_LARGE = 100_000
"""Bytes beyond which a body lies apart, since a document of the store holds 16 MB and a list of letters many."""


@dataclass(frozen=True)
class DeadLetter:
    """One message that was put aside."""

    id: str
    """Short and stable: the hash of queue and message."""
    queue: str
    """Where it was heard, and where a replay puts it."""
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
    """When it was last replayed."""
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
        await self.measure()

    async def park(self, letters: Sequence[DeadLetter]) -> None:
        """Keep these; durable when it returns."""
        if not letters:
            return
        for letter in letters:
            if _is_large(letter):
                await self._database.files(COLLECTION).put(letter.id, letter.body, {})
        await self._letters.bulk_write(
            [UpdateOne({"_id": letter.id}, {"$set": _document(letter)}, upsert=True) for letter in letters],
            ordered=False,
        )
        await self.measure()

    async def measure(self) -> None:
        """Set the gauges: letters that wait for a person, and those that wait for another message."""
        waiting = await self._letters.count_documents({"replayed": None, "code": WAITED})
        metrics.WAITING.set(waiting)
        metrics.DEAD_LETTERS.set(await self._letters.count_documents({"replayed": None}) - waiting)

    async def claim_waiting(
        self, queues: Collection[str], now: datetime, *, shortest: timedelta, longest: timedelta, limit: int
    ) -> list[DeadLetter]:
        """Letters of these queues that waited in vain and whose pause is over, oldest first, with their bodies.

        Each is then left alone for as long as it has lain here, within `shortest` and `longest`.
        """
        due = {
            "replayed": None,
            "code": WAITED,
            "at": {"$lte": now - shortest},
            "again": {"$not": {"$gt": now}},
            "queue": {"$in": list(queues)},
        }
        found = [_letter(one) async for one in self._letters.find(due).sort("at", ASCENDING).limit(limit)]
        for letter in found:
            pause = min(max(now - letter.at, shortest), longest)
            await self._letters.update_one({"_id": letter.id}, {"$set": {"again": now + pause}})
        return [await self._whole(letter) for letter in found]

    async def went_through(self, letters: Sequence[DeadLetter]) -> None:
        """Note that these were handled after all, unless they were put aside again for another reason meanwhile."""
        ids = [letter.id for letter in letters]
        if ids:
            await self._letters.update_many(
                {"_id": {"$in": ids}, "code": WAITED}, {"$set": {"replayed": datetime.now(UTC)}}
            )
            await self.measure()

    async def of_area(self, area: str, events: Sequence[str], *, limit: int) -> list[DeadLetter]:
        """Open letters that came from this area, of these events, newest first."""
        named = "|".join(map(re.escape, events))
        query = {"replayed": None, "routing_key": {"$regex": rf"^({named})\.{re.escape(area)}(\.|$)"}}
        cursor = self._letters.find(query).sort("at", DESCENDING).limit(limit) if events else None
        return [_letter(found) async for found in cursor] if cursor else []

    async def list(self, *, all_: bool = False, limit: int = 100) -> list[DeadLetter]:
        """Newest first; replayed ones only when asked for."""
        query: dict[str, Any] = {} if all_ else {"replayed": None}
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

    async def replay(self, letter: DeadLetter, send: Send) -> None:
        """Put it back into its queue, and note it.

        Raises:
            Unroutable: the queue does not exist any more.
        """
        letter = await self._whole(letter)
        await send(letter.queue, letter.body, properties_of(letter))
        # Put aside again meanwhile, it bears a newer `at`, and stays open.
        unchanged = {"_id": letter.id, "at": letter.at}
        await self._letters.update_one(unchanged, {"$set": {"replayed": datetime.now(UTC)}})


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
        filed=found["filed"],
    )
