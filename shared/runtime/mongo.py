"""MongoDB: the one module that imports Motor (past its end of life; the step to PyMongo's async client is this file).

Every write waits for a journaled majority. Timeouts are short, because whoever waits here holds a batch or a person.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from bson.errors import InvalidDocument
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pydantic import ValidationError
from pymongo import ASCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from shared.kernel.history import GENESIS, Entry
from shared.kernel.state import State
from shared.runtime.documents import Place, SomeUnstorable, Store
from shared.runtime.files import Files
from shared.runtime.fold import DocumentFenced, DocumentUnreadable, DocumentUnstorable, Stored, Write
from shared.runtime.kinds import Index, Kind
from shared.runtime.pauses import EVERYTHING, Between
from shared.runtime.together import Together
from shared.runtime.work import Fact, Outgoing

S = TypeVar("S", bound=State)
Document = dict[str, Any]

StoreError = PyMongoError
"""What the driver raises when the store is away, slow or moving; whoever gets it waits and tries again."""

_DUPLICATE = 11000
_TOO_LARGE = frozenset({10334, 17419, 17420})
_OWN_FAULTS = _TOO_LARGE | {_DUPLICATE, 2, 9, 14, 15, 22, 52, 55, 56, 57, 121, 171, 17280}
"""Codes by which the server refuses one document for good: a bad value or name, a unique or impossible index key, a
validation rule, more than 16 MB."""
UNSENDABLE = (InvalidDocument, OverflowError, UnicodeEncodeError)
"""What the driver raises for a document that BSON cannot hold, before anything of its message is sent."""
_NOT_VALID, _FENCE = 121, "$nor"
SEALED = "sealed"
"""The field of a document that is being handed over: `{area, move}`."""
_SAMPLE = 1000
_CLAIM = 100
"""Documents fetched at a time while claiming: a few may carry all the facts of a page."""
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)


class Database(Store):
    """One service's database: documents of its kinds, files, and what the runtime itself keeps."""

    def __init__(self, url: str, name: str) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            w="majority",
            journal=True,
            readConcernLevel="majority",
            retryWrites=True,
            serverSelectionTimeoutMS=2000,
            connectTimeoutMS=2000,
            socketTimeoutMS=8000,
        )
        self._files: dict[str, Files] = {}
        self._db: AsyncIOMotorDatabase[Document] = self._client.get_database(name, codec_options=_CODEC)
        self._lookups: dict[tuple[str, str], Together[str, list[Document]]] = {}

    def collection(self, name: str) -> AsyncIOMotorCollection[Document]:
        """A raw collection, for the runtime's own bookkeeping only."""
        return self._db.get_collection(name)

    async def ping(self) -> None:
        """Raises StoreError if the store does not answer."""
        await self._db.command("ping")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    async def prepare(self, kinds: Sequence[Kind[Any]]) -> None:
        """Create the indexes of these kinds; repeating it changes nothing."""
        for kind in kinds:
            models = [
                IndexModel(
                    [(f"outbox.{f}", ASCENDING) for f in ("routing_key", "at")], name="outbox_by_key", sparse=True
                ),
                IndexModel([("due", ASCENDING)], name="due", sparse=True),
                *(IndexModel(_ascending(index.fields), unique=index.unique) for index in kind.indexes),
            ]
            await self.collection(kind.collection).create_indexes(models)

    async def fence(self, kind: Kind[Any], areas: Sequence[Mapping[str, Any]]) -> None:
        """Have the store itself take no new documents of this kind that match one of these; with none, take all.

        What is there can still be written (`moderate`): it is the seal on a document that keeps it as it is. The store
        changes the rule between two writes, so whatever was on its way comes either before, or to nothing.
        """
        rule = {_FENCE: [dict(area) for area in areas]} if areas else {}
        await self._db.command(
            "collMod", kind.collection, validator=rule, validationLevel="moderate", validationAction="error"
        )

    # --- what the documents need -------------------------------------------------------------------------------

    async def load(self, kind: Kind[Any], keys: Sequence[str]) -> dict[str, Stored | DocumentUnreadable]:
        """The documents with these keys, without outbox and older history."""
        cursor = self.collection(kind.collection).find(
            {"_id": {"$in": list(keys)}},
            {"version": 1, "state": 1, "heard": 1, "history": {"$slice": -1}, SEALED: 1},
        )
        return {found["_id"]: _stored(kind, found) async for found in cursor}

    async def commit(self, writes: Sequence[Write]) -> set[Place]:
        """One unordered bulk per collection; every operation is guarded by the version that was read."""
        by_collection: dict[str, list[Write]] = {}
        for write in writes:
            by_collection.setdefault(write.kind.collection, []).append(write)
        moved: set[Place] = set()
        unstorable: dict[Place, DocumentUnstorable] = {}
        for name, group in by_collection.items():
            moved |= await self._write(name, group, unstorable)
        if unstorable:
            raise SomeUnstorable(unstorable, moved)
        return moved

    async def _write(
        self, name: str, group: Sequence[Write], unstorable: dict[Place, DocumentUnstorable]
    ) -> set[Place]:
        """Write a group; answers which documents had moved, and notes the unstorable ones."""
        operations = [_insert(write) if write.expected == 0 else _update(write) for write in group]
        try:
            result = await self.collection(name).bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            for index, why in own_faults(error).items():
                unstorable[name, group[index].key] = why
        except (*UNSENDABLE, OperationFailure) as error:
            if isinstance(error, OperationFailure) and error.code not in _TOO_LARGE:
                raise
            if len(group) == 1:
                unstorable[name, group[0].key] = DocumentUnstorable(type(error).__name__)
                return set()
            moved: set[Place] = set()  # what was sent before it is found to be written already
            for write in group:
                moved |= await self._write(name, [write], unstorable)
            return moved
        else:
            if result.inserted_count + result.matched_count == len(group):
                return set()
        return await self._not_written(name, group) - unstorable.keys()

    async def _not_written(self, name: str, group: Sequence[Write]) -> set[Place]:
        """Which of these writes did not happen: those whose last entry is not in the document's history.

        The entry's hash tells, not the id of its message: another process may have applied the same message, but
        without the others of this write.
        """
        ours = [{"_id": write.key, "history.hash": write.entries[-1]["hash"]} for write in group]
        written = {found["_id"] async for found in self.collection(name).find({"$or": ours}, {"_id": 1})}
        return {(name, write.key) for write in group if write.key not in written}

    # --- what the relay needs ----------------------------------------------------------------------------------

    async def clear(self, sent: Sequence[Outgoing]) -> None:
        """Take exactly these confirmed facts out of their outboxes; never a newer one."""
        by_collection: dict[str, list[Outgoing]] = {}
        for item in sent:
            by_collection.setdefault(item.collection, []).append(item)
        for name, items in by_collection.items():
            ids = [item.fact.id for item in items]
            keys = list({item.key for item in items})
            await self.collection(name).update_many({"_id": {"$in": keys}}, {"$pull": {"outbox": {"id": {"$in": ids}}}})

    async def claim_unsent(
        self, kind: Kind[Any], before: datetime, limit: int, between: Between = EVERYTHING
    ) -> list[Outgoing]:
        """Facts last tried before that instant, of these routing keys; stamped, so that another sweeper leaves them.

        Fewer than `limit` only if there are no more; a document's facts are claimed together.
        """
        collection = self.collection(kind.collection)
        claimed: list[Outgoing] = []
        start, end = between
        late = {"routing_key": {"$gte": start, "$lt": end}, "at": {"$lt": before}}
        cursor = collection.find({"outbox": {"$elemMatch": late}}, {"outbox": 1})
        async for found in cursor.limit(limit).batch_size(_CLAIM):
            facts = [Fact(**fact) for fact in found["outbox"]]
            late_ones = [fact for fact in facts if fact.at < before and start <= fact.routing_key < end]
            claimed += [Outgoing(kind.collection, found["_id"], fact) for fact in late_ones]
            if len(claimed) >= limit:
                break
        keys = {item.key for item in claimed}
        await self._stamp(kind.collection, keys, {f"late.{f}": wanted for f, wanted in late.items()}, datetime.now(UTC))
        return claimed

    async def postpone(self, unheard: Sequence[Outgoing], until: datetime) -> None:
        """Have these facts left alone by the sweepers until then."""
        for name in {item.collection for item in unheard}:
            items = [item for item in unheard if item.collection == name]
            await self._stamp(
                name, {item.key for item in items}, {"late.id": {"$in": [item.fact.id for item in items]}}, until
            )

    async def _stamp(self, name: str, keys: set[str], late: Document, at: datetime) -> None:
        if keys:
            await self.collection(name).update_many(
                {"_id": {"$in": list(keys)}}, {"$set": {"outbox.$[late].at": at}}, array_filters=[late]
            )

    async def outbox(self, kind: Kind[Any]) -> tuple[int, datetime | None]:
        """How many documents of this kind carry unsent facts, and since when the oldest (of a thousand of them)."""
        collection, unsent = self.collection(kind.collection), {"outbox.routing_key": {"$exists": True}}
        cursor = collection.find(unsent, {"outbox.entered": 1}).limit(_SAMPLE)
        entered = [fact["entered"] async for found in cursor for fact in found["outbox"]]
        return (await collection.count_documents(unsent), min(entered)) if entered else (0, None)

    async def due(self, kind: Kind[Any], now: datetime, size: int) -> AsyncIterator[list[tuple[str, datetime]]]:
        """All documents whose deadline has passed, earliest first, in pages."""
        cursor = self.collection(kind.collection).find({"due": {"$lte": now}}, {"due": 1}).sort("due", ASCENDING)
        page: list[tuple[str, datetime]] = []
        async for found in cursor.batch_size(size):
            page.append((found["_id"], found["due"]))
            if len(page) == size:
                yield page
                page = []
        if page:
            yield page

    # --- what the services read --------------------------------------------------------------------------------

    async def get(self, kind: Kind[S], key: str) -> S | None:
        """The state of one document."""
        found = await self.collection(kind.collection).find_one({"_id": key}, {"state": 1})
        return kind.state.model_validate(found["state"]) if found else None

    async def fields(self, kind: Kind[Any], key: str, *names: str) -> Document | None:
        """Some fields of a document's state, as stored, without reading the rest; None if there is no document."""
        found = await self.collection(kind.collection).find_one({"_id": key}, {f"state.{name}": 1 for name in names})
        return found["state"] if found else None

    async def get_many(self, kind: Kind[S], keys: Sequence[str]) -> dict[str, S]:
        """The states of several documents; unknown keys are left out."""
        return dict(await self.find(kind, {"_id": {"$in": list(keys)}}))

    async def find(
        self,
        kind: Kind[S],
        where: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (("_id", ASCENDING),),
        limit: int = 0,
        after: str | None = None,
    ) -> list[tuple[str, S]]:
        """Documents that match, as (key, state); `after` continues a list sorted by key."""
        query = {"$and": [where, {"_id": {"$gt": after}}]} if after is not None else dict(where)
        cursor = self.collection(kind.collection).find(query, {"state": 1}).sort(list(sort)).limit(limit)
        return [(found["_id"], kind.state.model_validate(found["state"])) async for found in cursor]

    async def keys(self, kind: Kind[Any], where: Mapping[str, Any], *, sort: Sequence[tuple[str, int]]) -> list[str]:
        """The keys of the documents that match; the documents themselves are not read."""
        cursor = self.collection(kind.collection).find(dict(where), {"_id": 1}).sort(list(sort))
        return [found["_id"] async for found in cursor]

    async def find_by(self, kind: Kind[S], field: str, values: Collection[str]) -> list[tuple[str, S]]:
        """Documents in whose `field` (`state.…`) stands one of these values, by key; on the way there may be lists.

        Whatever is asked for at the same time becomes one query.
        """
        known = self._lookups.setdefault((kind.collection, field), Together(partial(self._by, kind.collection, field)))
        found = {one["_id"]: one["state"] for documents in (await known.get(values)).values() for one in documents}
        return [(key, kind.state.model_validate(found[key])) for key in sorted(found)]

    async def _by(self, collection: str, field: str, values: Sequence[str]) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {}
        async for document in self.collection(collection).find({field: {"$in": list(values)}}, {"state": 1}):
            for value in set(_standing(document, field.split("."))):
                found.setdefault(value, []).append(document)
        return found

    async def parts(
        self,
        kind: Kind[Any],
        fields: Sequence[str],
        where: Mapping[str, Any],
        *,
        along: Index,
        order: Sequence[str],
        limit: int,
    ) -> list[Document]:
        """These fields of the states that match, as stored; read along an index, which gives their order."""
        shown = {f"state.{field}": 1 for field in fields}
        cursor = self.collection(kind.collection).find(dict(where), shown).sort(_ascending(order)).limit(limit)
        found = await cursor.hint(_ascending(along.fields)).batch_size(limit + 1).to_list(limit)
        return [document["state"] for document in found]

    async def count(self, kind: Kind[Any], where: Mapping[str, Any], *, along: Index | None = None) -> int:
        """How many documents match, counted along an index if one is named."""
        return await self.collection(kind.collection).count_documents(dict(where), **_hint(along))

    async def count_by(
        self, kind: Kind[Any], field: str, where: Mapping[str, Any], *, along: Index | None = None
    ) -> dict[str, int]:
        """How many documents match, per value of a field (`state.status`), counted along an index if one is named."""
        pipeline = [{"$match": dict(where)}, {"$group": {"_id": f"${field}", "n": {"$sum": 1}}}]
        rows = self.collection(kind.collection).aggregate(pipeline, **_hint(along))
        return {str(row["_id"]): row["n"] async for row in rows}

    async def history(self, kind: Kind[Any], key: str) -> list[Entry]:
        """The whole history of one document, oldest first."""
        found = await self.collection(kind.collection).find_one({"_id": key}, {"history": 1})
        return [Entry.model_validate(entry) for entry in found["history"]] if found else []

    async def recorded(self, kind: Kind[S], key: str) -> tuple[list[Entry], S | None]:
        """The whole history of one document and the state after its last entry, read as of one moment."""
        found = await self.collection(kind.collection).find_one({"_id": key}, {"history": 1, "state": 1})
        if found is None:
            return [], None
        return [Entry.model_validate(entry) for entry in found["history"]], kind.state.model_validate(found["state"])

    def files(self, bucket: str) -> Files:
        """Files in GridFS, addressed by key. Called where the event loop runs, since the driver binds to it."""
        if bucket not in self._files:
            opened = AsyncIOMotorGridFSBucket(self._db, bucket_name=bucket)
            self._files[bucket] = Files(opened, self.collection(f"{bucket}.files"))
        return self._files[bucket]


def _standing(part: Any, path: Sequence[str]) -> Iterator[str]:
    """What stands at a path, in each element of every list on the way, as the store finds it."""
    if isinstance(part, list):
        for one in part:
            yield from _standing(one, path)
    elif not path:
        yield str(part)
    elif isinstance(part, dict) and path[0] in part:
        yield from _standing(part[path[0]], path[1:])


def _ascending(fields: Sequence[str]) -> list[tuple[str, int]]:
    return [(field, ASCENDING) for field in fields]


def _hint(along: Index | None) -> Document:
    return {"hint": dict(_ascending(along.fields))} if along else {}


def _stored(kind: Kind[Any], found: Document) -> Stored | DocumentUnreadable:
    try:
        return Stored(
            version=found["version"],
            state=kind.state.model_validate(found["state"]),
            heard=frozenset(found["heard"]),
            last_hash=found["history"][-1]["hash"] if found["history"] else GENESIS,
            sealed=SEALED in found,
        )
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False)[:5])
        return DocumentUnreadable(f"{kind.collection}/{found['_id']}: {fields}")
    except (KeyError, TypeError, IndexError) as error:
        return DocumentUnreadable(f"{kind.collection}/{found['_id']}: {error!r}")


def own_faults(error: BulkWriteError) -> dict[int, DocumentUnstorable]:
    """Which operations of a bulk can never succeed, whatever the state of the store; empty if all met their guard.

    Raises:
        BulkWriteError: the store itself is in trouble; the same writes may succeed later.
    """
    details = error.details or {}
    refused = [e for e in details["writeErrors"] if e["code"] != _DUPLICATE or "index: _id_" not in e["errmsg"]]
    if details.get("writeConcernErrors") or any(e["code"] not in _OWN_FAULTS for e in refused):
        raise error
    return {e["index"]: _fault(e) for e in refused}


def _fault(error: Mapping[str, Any]) -> DocumentUnstorable:
    if error["code"] == _NOT_VALID and error.get("errInfo", {}).get("details", {}).get("operatorName") == _FENCE:
        return DocumentFenced("the area is being handed over")
    return DocumentUnstorable(f"refused by the store with code {error['code']}")


def _insert(write: Write) -> InsertOne[Document]:
    document = {
        "_id": write.key,
        "version": write.version,
        "state": write.state,
        "heard": list(write.heard),
        "history": list(write.entries),
        "outbox": [vars(fact) for fact in write.facts],
    }
    return InsertOne(document | ({"due": write.due} if write.due else {}))


def _update(write: Write) -> UpdateOne:
    update: Document = {
        "$set": {"version": write.version, "state": write.state},
        "$push": {
            "heard": {"$each": list(write.heard)},
            "history": {"$each": list(write.entries)},
            "outbox": {"$each": [vars(fact) for fact in write.facts]},
        },
    }
    if write.due:
        update["$set"]["due"] = write.due
    else:
        update["$unset"] = {"due": ""}
    return UpdateOne({"_id": write.key, "version": write.expected}, update)
