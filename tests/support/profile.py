"""What the store says about the queries that the services really send: which of them look at everything there is."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient

SMALL: Mapping[str, str] = {
    "rounds": "one every year or two",
    "rubrics": "one per edition of a standard",
    "draws": "a few per round",
    "panels": "a few per round",
    "notices": "a few per round",
}
"""Collections that stay small, with the reason; they may be read as a whole."""
WHOLE: Mapping[str, str] = {"recipients": "everybody who is meant by a letter is read"}
"""Collections of which all that an index names is wanted, in order; what is sorted is what is read."""
_WASTE = 100
"""Documents that may be looked at, beyond ten for each that is found, before an index must fit better."""


@asynccontextmanager
async def profiled(mongo_url: str, databases: Mapping[str, str]) -> AsyncIterator["Profile"]:
    """Have the store note every query that walks through a collection, sorts in memory or throws most of it away.

    Sorting for one page is let pass: of what is sorted, the store then keeps no more than the page.
    """
    found = {"$add": [{"$ifNull": ["$nreturned", 0]}, {"$ifNull": ["$nMatched", 0]}]}
    examined = {"$add": [_WASTE, {"$multiply": [10, found]}]}
    noted: dict[str, Any] = {
        "$or": [
            {"planSummary": {"$regex": "COLLSCAN"}},
            {"hasSortStage": True, "command.limit": {"$exists": False}},
            {"$expr": {"$gt": ["$docsExamined", examined]}},
        ]
    }
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        profile = Profile(client, databases)
        await profile.level(1, filter=noted)
        yield profile
        await profile.level(0)


class Profile:
    """What was noted."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], databases: Mapping[str, str]) -> None:
        self._client = client
        self._databases = databases

    async def level(self, level: int, **options: Any) -> None:
        """Turn it on or off."""
        for name in self._databases.values():
            await self._client[name].command("profile", level, **options)

    async def wasteful(self) -> set[str]:
        """Each query that would grow slower with the store: service, collection, plan and shape."""
        found = set()
        for service, name in self._databases.items():
            async for noted in self._client[name]["system.profile"].find():
                collection, command = noted["ns"].partition(".")[2], noted.get("command", noted)
                whole = collection in WHOLE and "COLLSCAN" not in noted["planSummary"]
                meant = whole or _takes_any_one(command) or _counts_what_waits(command)
                if collection not in (*SMALL, "system.profile") and not meant:
                    found.add(f"{service}.{collection}: {noted.get('planSummary')} {_shape(command)}")
        return found


def _takes_any_one(command: Mapping[str, Any]) -> bool:
    """Whether any document will do, as for the driver that asks whether a bucket of files is empty."""
    return not command.get("filter") and command.get("limit") == 1


def _counts_what_waits(command: Mapping[str, Any]) -> bool:
    """Whether it measures the outboxes: what has not been sent yet is all that it looks at."""
    return "outbox.routing_key" in (command.get("pipeline") or [{}])[0].get("$match", {})


def _shape(command: Mapping[str, Any]) -> str:
    """A query without its values."""
    asked = {part: command[part] for part in ("filter", "query", "q", "pipeline", "sort") if part in command}
    return json.dumps(_without_values(asked), ensure_ascii=False, sort_keys=True)


def _without_values(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _without_values(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_without_values(value) for value in part[:3]]
    return "…"
