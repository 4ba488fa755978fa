"""Documents on their way from one store to another: sealed, so that they stay as they are; brought; unsealed.

A seal is a step of the document's history like any other: it names the move and raises the version, so that a write
that is under way finds the document moved, decides again, and meets the seal. Whoever has the document next adds the
step with which it is taken over; the chain tells who held it. Everything here can be broken off and done again.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import DeleteMany, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from shared.kernel.actor import Actor
from shared.kernel.canonical import canonical_bytes, digest
from shared.kernel.history import append
from shared.kernel.state import State
from shared.runtime.fold import whole_milliseconds
from shared.runtime.kinds import Kind
from shared.runtime.mongo import SEALED, Database

Document = dict[str, Any]
Where = Mapping[str, Any]

_PAGE = 100
_DUPLICATE = 11000
KEPT_DAYS = 30
"""Days for which a store keeps aside what it has handed over. Our default."""
_DAY = 86_400


@dataclass(frozen=True)
class Part:
    """Documents of one kind that belong to an area."""

    kind: Kind[Any]
    where: Where


@dataclass(frozen=True)
class Step:
    """What a step of a hand-over leaves in every history."""

    area: str
    move: str
    what: str
    by: Actor
    now: datetime

    def entry(self, document: Document) -> Document:
        """The next entry of this document's history."""
        return append(
            document["history"][-1]["hash"],
            n=document["version"] + 1,
            at=self.now.isoformat(),
            what=self.what,
            by=self.by,
            cause=f"{self.what} {self.move}",
            content=digest({"area": self.area, "move": self.move}),
            facts=(),
            state=document["state"],
        ).model_dump(mode="json")


async def seal(database: Database, part: Part, step: Step) -> int:
    """Seal what is open; answers how many were."""
    mark = {"area": step.area, "move": step.move}
    where = {"$and": [dict(part.where), {SEALED: None}]}
    return await _each(database, Part(part.kind, where), step, lambda _: {SEALED: mark}, "due")


async def unseal(database: Database, part: Part, step: Step) -> int:
    """Have time and people act on them again."""

    def due(document: Document) -> Document:
        state: State = part.kind.state.model_validate(document["state"])
        instant = whole_milliseconds(state.due()) if part.kind.on_due else None
        return {"due": instant} if instant else {}

    return await _each(database, Part(part.kind, {f"{SEALED}.area": step.area}), step, due, SEALED)


async def _each(database: Database, part: Part, step: Step, put: Callable[[Document], Document], gone: str) -> int:
    """Add the step to every document that matches, page after page, until none does."""
    collection, done = database.collection(part.kind.collection), 0
    shown = {"version": 1, "state": 1, "history": {"$slice": -1}}
    while found := await collection.find(dict(part.where), shown).limit(_PAGE).to_list(_PAGE):
        writes = []
        for document in found:
            entry = step.entry(document)
            writes.append(
                UpdateOne(
                    {"_id": document["_id"], "version": document["version"]},
                    {
                        "$set": {"version": entry["n"], **put(document)},
                        "$unset": {gone: ""},
                        "$push": {"heard": entry["cause"], "history": entry},
                    },
                )
            )
        done += (await collection.bulk_write(writes, ordered=False)).modified_count
    return done


async def unsent(database: Database, part: Part) -> int:
    """How many of these still have facts to announce."""
    where = {"$and": [dict(part.where), {"outbox.0": {"$exists": True}}]}
    return await database.collection(part.kind.collection).count_documents(where)


async def lines(database: Database, part: Part, move: str) -> AsyncIterator[bytes]:
    """These documents as they were sealed for this move, each as one canonical line, by key."""
    where = {"$and": [dict(part.where), {f"{SEALED}.move": move}]}
    async for found in database.collection(part.kind.collection).find(where).sort("_id", 1).batch_size(_PAGE):
        yield line_of(part.kind, found)


def line_of(kind: Kind[Any], document: Document) -> bytes:
    """A document as it is handed over: all of it but what the store alone needs."""
    told = {name: document[name] for name in ("version", "state", "heard", "history")}
    return canonical_bytes({"kind": kind.collection, "id": document["_id"], **told})


async def strangers(database: Database, part: Part, move: str) -> list[str]:
    """Documents of the area that this move did not bring, a few of them."""
    where = {"$and": [dict(part.where), {f"{SEALED}.move": {"$ne": move}}]}
    found = await database.collection(part.kind.collection).find(where, {"_id": 1}).limit(5).to_list(5)
    return [f"{part.kind.collection}/{one['_id']}" for one in found]


async def bring(database: Database, kind: Kind[Any], documents: Sequence[Document], *, sealed: Document | None) -> None:
    """Write documents that are not there; what is there stays, and is compared afterwards."""
    extra = {SEALED: sealed} if sealed else {}
    writes = [
        InsertOne(
            {
                "_id": one["id"],
                **{name: one[name] for name in ("version", "state", "heard", "history")},
                "outbox": [],
                **extra,
            }
        )
        for one in documents
    ]
    if writes:
        try:
            await database.collection(kind.collection).bulk_write(
                writes, ordered=False, bypass_document_validation=True
            )
        except BulkWriteError as error:
            if any(one["code"] != _DUPLICATE for one in (error.details or {})["writeErrors"]):
                raise


async def drop_earlier(database: Database, part: Part, move: str) -> None:
    """Take away what another move brought that came to nothing: nobody ever acted on it."""
    where = {"$and": [dict(part.where), {SEALED: {"$ne": None}}, {f"{SEALED}.move": {"$ne": move}}]}
    await database.collection(part.kind.collection).delete_many(where)


def aside(kind: Kind[Any]) -> str:
    """Where a store keeps what it has handed over for a while."""
    return f"moved_{kind.collection}"


async def put_aside(database: Database, part: Part, area: str) -> int:
    """Take sealed documents out of every query; answers how many."""
    collection, kept = database.collection(part.kind.collection), database.collection(aside(part.kind))
    done = 0
    while found := await collection.find({f"{SEALED}.area": area}).limit(_PAGE).to_list(_PAGE):
        if not done:
            await kept.create_index("gone", expireAfterSeconds=KEPT_DAYS * _DAY)
        now = datetime.now(UTC)
        await kept.bulk_write(
            [ReplaceOne({"_id": one["_id"]}, {**one, "gone": now}, upsert=True) for one in found], ordered=False
        )
        await collection.bulk_write([DeleteMany({"_id": {"$in": [one["_id"] for one in found]}})])
        done += len(found)
    return done


async def ends_aside(database: Database, kind: Kind[Any], area: str) -> dict[str, tuple[int, str]]:
    """What was handed over and is still kept: by key the number and the hash of the last step of its history."""
    shown = {"version": 1, "history": {"$slice": -1}}
    found = database.collection(aside(kind)).find({f"{SEALED}.area": area}, shown)
    return {one["_id"]: (one["version"], one["history"][-1]["hash"]) async for one in found}


async def forget_aside(database: Database, kind: Kind[Any], area: str) -> None:
    """Remove what was kept: it has come back."""
    await database.collection(aside(kind)).delete_many({f"{SEALED}.area": area})
