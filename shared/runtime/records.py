"""Documents as they are stored, in a stream: for whoever freezes what was decided, or checks what happened."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database

Document = dict[str, Any]
_PAGE = 100
"""Documents fetched at a time: a long history may have megabytes."""


@dataclass(frozen=True)
class Head:
    """A part of a state, and the end of the document's history."""

    state: Mapping[str, Any]
    """The fields that were asked for, as stored."""
    entries: int
    """How many entries the history has."""
    hash: str
    """The hash of the last of them."""


async def heads(
    database: Database, kind: Kind[Any], fields: Sequence[str], where: Mapping[str, Any]
) -> AsyncIterator[Head]:
    """These fields of the states that match, each with the end of its history, as of one moment per document."""
    shown = {"version": 1, "history": {"$slice": -1}, **{f"state.{field}": 1 for field in fields}}
    async for found in database.collection(kind.collection).find(dict(where), shown).batch_size(_PAGE):
        yield Head(found["state"], found["version"], found["history"][-1]["hash"])


async def records(database: Database, kind: Kind[Any], where: Mapping[str, Any]) -> AsyncIterator[Document]:
    """Whole documents that match, in the order of their keys, exactly as they are stored.

    Each comes once, also while the service changes them. What is asked for otherwise than by key is looked up first: in
    memory are the keys.
    """
    collection = database.collection(kind.collection)
    if where.keys() <= {"_id"}:
        async for found in collection.find(dict(where)).sort("_id", 1).batch_size(_PAGE):
            yield found
        return
    keys = sorted([found["_id"] async for found in collection.find(dict(where), {"_id": 1})])
    for start in range(0, len(keys), _PAGE):
        page = {"_id": {"$in": keys[start : start + _PAGE]}}
        async for found in collection.find(page).sort("_id", 1):
            yield found


async def holding(database: Database, kind: Kind[Any], entries: Sequence[tuple[str, int, str]]) -> frozenset[str]:
    """Of documents by key, those in whose history this entry stands: its number and its hash."""
    wanted = [{"_id": key, "history": {"$elemMatch": {"n": n, "hash": hash_}}} for key, n, hash_ in entries]
    if not wanted:
        return frozenset()
    cursor = database.collection(kind.collection).find({"$or": wanted}, {"_id": 1})
    return frozenset([found["_id"] async for found in cursor])
