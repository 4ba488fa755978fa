"""What `mongo.Database` asks of its driver, in memory: the queries and updates it makes, atomic per document.

Documents go through BSON, so that instants are cut and types change as they would. An operator that is not known here
is an error, never a silent match.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import bson
from bson.codec_options import CodecOptions
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from shared.runtime.dead import COLLECTION as DEAD_LETTERS
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database, S
from tests.model.gates import Gates, NoGates, Op

Document = dict[str, Any]
Shelf = dict[str, Document]
"""One collection: documents by key. They are replaced, never changed, so a reader keeps what it read."""

_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)
_NO_GATES = NoGates()


class MemoryDatabase(Database):
    """`mongo.Database` over shelves; what it asks of them passes the gates of its process."""

    def __init__(self, shelves: dict[str, Shelf], gates: Gates = _NO_GATES) -> None:
        self._db = cast("Any", SimpleNamespace(get_collection=lambda name: Collection(name, shelves, gates)))
        self._lookups = {}


class FromOutside(MemoryDatabase):
    """Looked at by whoever is in no process: it waits for nobody, not even to look up together."""

    async def find_by(self, kind: Kind[S], field: str, values: Iterable[str]) -> list[tuple[str, S]]:
        """Found at once."""
        return await self.find(kind, {field: {"$in": list(values)}})


class Cursor:
    """The outcome of a find, read as of the moment in which the iteration begins."""

    def __init__(self, collection: "Collection", where: Mapping[str, Any], projection: Mapping[str, Any]) -> None:
        self._collection = collection
        self._where = where
        self._projection = projection
        self._sort: list[tuple[str, int]] = [("_id", 1)]
        self._limit = 0

    def sort(self, by: str | list[tuple[str, int]], direction: int = 1) -> "Cursor":
        """In this order."""
        self._sort = [(by, direction)] if isinstance(by, str) else by
        return self

    def limit(self, limit: int) -> "Cursor":
        """At most so many; 0 for all."""
        self._limit = limit
        return self

    def batch_size(self, size: int) -> "Cursor":
        """Pages are no concern here: everything is read as of one moment."""
        assert size > 0
        return self

    async def __aiter__(self) -> AsyncIterator[Document]:
        gates = self._collection.gates
        await gates.passing("read", "before")
        found = self._collection.matching(self._where)
        for path, direction in reversed(self._sort):
            found.sort(key=partial(_sortable, path.split(".")), reverse=direction < 0)
        kept = [_projected(document, self._projection) for document in (found[: self._limit] if self._limit else found)]
        await gates.passing("read", "after")
        for document in kept:
            yield document


class Collection:
    """One collection, as one process sees it."""

    def __init__(self, name: str, shelves: dict[str, Shelf], gates: Gates) -> None:
        self._shelf = shelves.setdefault(name, {})
        self._writing: Op = "park" if name == DEAD_LETTERS else "commit"
        self.gates = gates

    def matching(self, where: Mapping[str, Any]) -> list[Document]:
        """Documents that match, now."""
        return [document for document in self._shelf.values() if _matches(document, where)]

    def find(self, where: Mapping[str, Any], projection: Mapping[str, Any] | None = None) -> Cursor:
        """A query."""
        return Cursor(self, where, projection or {})

    async def find_one(self, where: Mapping[str, Any], projection: Mapping[str, Any] | None = None) -> Document | None:
        """One document, or None."""
        return next(iter([document async for document in self.find(where, projection)]), None)

    async def distinct(self, field: str, where: Mapping[str, Any] | None = None) -> list[Any]:
        """The values of a field."""
        return sorted({document for one in self.matching(where or {}) for document in _at(one, field.split("."))})

    async def count_documents(self, where: Mapping[str, Any]) -> int:
        """How many match; the runtime only measures with it, so nothing hangs on it."""
        return len(self.matching(where))

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> AsyncIterator[Document]:
        """Groups, with their number and the least of another field where that is asked; nothing hangs on it."""
        [where, group] = [stage[name] for stage, name in zip(pipeline, ("$match", "$group"), strict=True)]
        by = group["_id"].removeprefix("$")
        asked = {name: found for name, found in group.items() if name != "_id" and "$min" in found}
        least = {name: found["$min"].removeprefix("$") for name, found in asked.items()}
        for value in {document[by] for document in self.matching(where)}:
            those = self.matching({"$and": [where, {by: value}]})
            smallest = {name: min(one[field] for one in those) for name, field in least.items()}
            yield {"_id": value, "n": len(those), **smallest}

    async def bulk_write(self, operations: Sequence[Any], *, ordered: bool) -> Any:
        """Each operation is atomic, the bulk is not."""
        assert not ordered
        await self.gates.passing(self._writing, "before")
        inserted, matched, errors = 0, 0, []
        for position, operation in enumerate(operations):
            if position == len(operations) // 2 and position:
                await self.gates.passing(self._writing, "midway")
            if isinstance(operation, InsertOne):
                document = _through_bson(operation._doc)
                if document["_id"] in self._shelf:
                    errors.append({"index": position, "code": 11000, "errmsg": "E11000 duplicate key, index: _id_"})
                    continue
                self._shelf[document["_id"]] = document
                inserted += 1
            else:
                matched += self._update(operation)
        await self.gates.passing(self._writing, "after")
        if errors:
            raise BulkWriteError(
                {"nInserted": inserted, "nMatched": matched, "writeErrors": errors, "writeConcernErrors": []}
            )
        return SimpleNamespace(inserted_count=inserted, matched_count=matched)

    async def update_many(
        self, where: Mapping[str, Any], update: Mapping[str, Any], array_filters: Sequence[Any] = ()
    ) -> None:
        """Change all that match: clears outboxes, or stamps what is tried again or later."""
        op: Op = "claim" if array_filters else "clear"
        await self.gates.passing(op, "before")
        for document in self.matching(where):
            self._shelf[document["_id"]] = _changed(document, update, array_filters)
        await self.gates.passing(op, "after")

    def _update(self, operation: UpdateOne) -> int:
        found = self.matching(operation._filter)
        if not found and operation._upsert:
            found = [{"_id": operation._filter["_id"], **_through_bson(operation._doc.get("$setOnInsert", {}))}]
        for document in found[:1]:
            self._shelf[document["_id"]] = _changed(document, cast("Document", operation._doc), ())
        return len(found[:1])


# --- updates -------------------------------------------------------------------------------------------------------


def _changed(document: Document, update: Mapping[str, Any], array_filters: Sequence[Any]) -> Document:
    after = dict(document)
    for operator, fields in update.items():
        for path, operand in fields.items() if operator != "$setOnInsert" else ():
            _UPDATES[operator](after, path, operand, array_filters)
    return after


def _set(document: Document, path: str, value: Any, array_filters: Sequence[Any]) -> None:
    if ".$[" not in path:
        document[path] = _through_bson({"v": value})["v"]
        return
    field, name, part = cast("re.Match[str]", re.fullmatch(r"(\w+)\.\$\[(\w+)\]\.(\w+)", path)).groups()
    condition = {key.removeprefix(f"{name}."): wanted for key, wanted in array_filters[0].items()}
    stamped = _through_bson({"v": value})["v"]
    document[field] = [{**item, part: stamped} if _matches(item, condition) else item for item in document[field]]


def _unset(document: Document, path: str, _: Any, __: Sequence[Any]) -> None:
    document.pop(path, None)


def _push(document: Document, path: str, operand: Any, _: Sequence[Any]) -> None:
    document[path] = [*document.get(path, []), *_through_bson({"v": operand["$each"]})["v"]]


def _pull(document: Document, path: str, condition: Any, _: Sequence[Any]) -> None:
    document[path] = [item for item in document.get(path, []) if not _matches(item, condition)]


_UPDATES: dict[str, Callable[[Document, str, Any, Sequence[Any]], None]] = {
    "$set": _set,
    "$unset": _unset,
    "$push": _push,
    "$pull": _pull,
}


def _through_bson(document: Document) -> Document:
    return bson.decode(bson.encode(document), _CODEC)


# --- queries -------------------------------------------------------------------------------------------------------

_TESTS: dict[str, Callable[[list[Any], Any], bool]] = {
    "$in": lambda values, wanted: any(value in wanted for value in values),
    "$ne": lambda values, wanted: all(value != wanted for value in values or [None]),
    "$lt": lambda values, wanted: any(value is not None and value < wanted for value in values),
    "$lte": lambda values, wanted: any(value is not None and value <= wanted for value in values),
    "$gt": lambda values, wanted: any(value is not None and value > wanted for value in values),
    "$gte": lambda values, wanted: any(value is not None and value >= wanted for value in values),
    "$elemMatch": lambda values, wanted: any(
        not isinstance(value, list) and _matches(value, wanted) for value in values
    ),
    "$exists": lambda values, wanted: bool(values) == wanted,
    "$regex": lambda values, wanted: any(isinstance(value, str) and re.search(wanted, value) for value in values),
}


def _matches(document: Any, where: Mapping[str, Any]) -> bool:
    return all(_fits(document, path, wanted) for path, wanted in where.items())


def _fits(document: Any, path: str, wanted: Any) -> bool:
    if path in ("$and", "$or"):
        fits = (_matches(document, one) for one in wanted)
        return all(fits) if path == "$and" else any(fits)
    values = list(_at(document, path.split(".")))
    if isinstance(wanted, Mapping):
        return all(_TESTS[operator](values, operand) for operator, operand in wanted.items())
    return any(value == wanted for value in values or [None])


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path, through lists as MongoDB goes through them."""
    if not path:
        yield value
        if isinstance(value, list):
            yield from value
    elif isinstance(value, Mapping):
        if path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, path)


def _sortable(path: list[str], document: Document) -> tuple[bool, Any]:
    known = [value for value in _at(document, path) if value is not None and not isinstance(value, list)]
    return (True, min(known)) if known else (False, "")


def _projected(document: Document, projection: Mapping[str, Any]) -> Document:
    cut = {field: how["$slice"] for field, how in projection.items() if isinstance(how, Mapping)}
    return {**document, **{field: document[field][length:] for field, length in cut.items()}}
