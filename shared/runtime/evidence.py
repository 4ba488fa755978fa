"""Evidence: exact bytes and signature of what was accepted from another area, by that area and the message's id.

At the centre that is what provinces sent, at a province what the centre sent.

Not in the documents: a history entry names the message (`cause`) and the SHA-256 of its bytes (`content`), which ties
both together, and a document that carried the bodies of all it heard would outgrow the store's 16 MB. What is kept here
also tells whether an id was used before with other content. Kept for `SIHAO_EVIDENCE_DAYS`, then the store removes it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, UpdateOne

from shared.kernel.ledger import day_of
from shared.runtime.envelope import Bound, Envelope
from shared.runtime.mongo import Database
from shared.runtime.trust import Signed

COLLECTION = "received"


@dataclass(frozen=True)
class Received:
    """One accepted message."""

    area: str
    """Whose it is."""
    bound: Bound
    """The attributes that its signature names."""
    body: bytes
    """Exactly as it came."""
    content: str
    """SHA-256 of the body."""
    signature: str
    """The detached JWS."""
    kid: str
    """The key."""
    at: datetime
    """When it was accepted, by the machine's clock."""
    day: str
    """The day of its `ce-time`, in China."""
    subject: str
    """What it is about."""

    @property
    def key(self) -> str:
        """By what it is found."""
        return key_of(self.area, self.bound.id)


def key_of(area: str, id_: str) -> str:
    """A province cannot use up the ids of another."""
    return f"{area}/{id_}"


class Evidence:
    """What one service accepted from provinces."""

    def __init__(self, database: Database, *, days: int) -> None:
        self._received = database.collection(COLLECTION)
        self._kept = timedelta(days=days)

    async def prepare(self) -> None:
        """Create the index by which the store removes what is over; repeating it changes nothing."""
        await self._received.create_index([("until", ASCENDING)], name="until", expireAfterSeconds=0)

    async def keep(self, messages: Sequence[Received]) -> None:
        """Keep these; durable when it returns. What is kept already stays as it is."""
        writes = [
            UpdateOne({"_id": one.key}, {"$setOnInsert": _document(one, one.at + self._kept)}, upsert=True)
            for one in messages
        ]
        if writes:
            await self._received.bulk_write(writes, ordered=False)

    async def contents(self, keys: Collection[str]) -> Mapping[str, str]:
        """The SHA-256 of those that were accepted before."""
        if not keys:
            return {}
        found = self._received.find({"_id": {"$in": list(keys)}}, {"content": 1})
        return {one["_id"]: one["content"] async for one in found}

    async def get(self, area: str, id_: str) -> Received | None:
        """One message, with its bytes."""
        found = await self._received.find_one({"_id": key_of(area, id_)})
        if found is None:
            return None
        return Received(
            area=found["area"],
            bound=Bound(**found["bound"]),
            body=bytes(found["body"]),
            content=found["content"],
            signature=found["signature"],
            kid=found["kid"],
            at=found["at"],
            day=found.get("day", ""),
            subject=found.get("subject", ""),
        )


def received(signed: Signed, envelope: Envelope, body: bytes, subject: str) -> Received:
    """A message that is accepted now."""
    return Received(
        area=signed.area,
        bound=envelope.bound,
        body=body,
        content=envelope.content,
        signature=envelope.signature or "",
        kid=signed.kid,
        at=datetime.now(UTC),
        day=day_of(envelope.time).isoformat(),
        subject=subject,
    )


def _document(one: Received, until: datetime) -> dict[str, object]:
    return {
        "area": one.area,
        "bound": one.bound._asdict(),
        "body": one.body,
        "content": one.content,
        "signature": one.signature,
        "kid": one.kid,
        "at": one.at,
        "day": one.day,
        "subject": one.subject,
        "until": until,
    }
