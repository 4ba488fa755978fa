"""Where evidence comes from: the stores, the queues, the mail server, the processes themselves."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from gridfs.asynchronous import AsyncGridFSBucket
from pymongo import AsyncMongoClient

from chaos.evidence import DeadOne, Evidence, Mailed, Part, Raw, in_brief
from chaos.ledger import Ledger, sha256
from chaos.stage import FUJIAN, Stage
from chaos.tap import NOT_OURS, Tap
from shared.kernel.canonical import digest
from shared.runtime.dead import COLLECTION as DEAD
from shared.runtime.dead import WAITED
from shared.runtime.topology import ARCHIVE

LETTERS = "letters queued"
"""Mails that wait for their turn."""
_OF_ROUNDS = (
    ("intake", "applications"),
    ("scoring", "records"),
    ("review", "cases"),
    (FUJIAN, "cases"),
)
"""Documents whose keys begin with the code of their round: nearly all."""
_KEPT = {"version": 1, "state": 1, "history": 1, "heard": 1, "outbox.id": 1}


async def parts(stage: Stage, rounds: Sequence[str]) -> AsyncIterator[Part]:
    """Every document, one round after the other, and at last what belongs to none of them."""
    async with opened(stage) as stores:
        for code in rounds:
            part, within = Part(), {"$gte": f"{code}-", "$lt": f"{code}."}
            for service, collection in _OF_ROUNDS:
                await _read(part, service, collection, stores[service], {"_id": within})
            yield part
        rest = Part()
        known = {"_id": {"$not": {"$regex": f"^({'|'.join(rounds)})-"}}} if rounds else {}
        for service, store in stores.items():
            for collection in set(await store.list_collection_names()) - {DEAD}:
                where = known if (service, collection) in _OF_ROUNDS else {}
                await _read(rest, service, collection, store, where)
        yield rest


async def _read(part: Part, service: str, collection: str, store: Any, where: Raw) -> None:
    group = part.documents.setdefault((service, collection), {})
    async for raw in store[collection].find({"version": {"$exists": True}, **where}, _KEPT):
        group[raw["_id"]] = in_brief(service, collection, raw)


async def collect(stage: Stage, ledger: Ledger, tap: Tap, before_tap: frozenset[str]) -> Evidence:
    """All that is not a document."""
    evidence = Evidence(ledger, heard=tap.heard, changed=tap.changed, before_tap=before_tap)
    async with opened(stage) as stores:
        for service, store in stores.items():
            went_through = {"code": WAITED, "replayed": {"$ne": None}}
            async for found in store[DEAD].find({"$nor": [went_through]}):
                body = await _filed(store, found["_id"]) if found.get("filed") else bytes(found["body"])
                evidence.dead.append(DeadOne(service, found["queue"], found["code"], sha256(body)))
    mails = [mail.message for mail in stage.mails.mails]
    if "notify" in ledger.restored:  # what was sent and never announced is sent again, under the same id, dated anew
        for mail in mails:
            del mail["Date"]
    evidence.mails = [Mailed(str(mail["Message-ID"]), digest(mail.as_string())) for mail in mails]
    evidence.queues = {q["name"]: q.get("messages", 0) for q in await queues(stage) if q["name"] not in NOT_OURS}
    for replica in stage.all():
        if not (await stage.client.get(f"{replica.url}/livez")).is_success:
            evidence.lifeless.append(replica.name)
    return evidence


async def announced(stage: Stage) -> frozenset[str]:
    """Ids of all facts in all histories, now; asked before the load, when there are few."""
    found: set[str] = set()
    async with opened(stage) as stores:
        for store in stores.values():
            for collection in await store.list_collection_names():
                async for raw in store[collection].find({"version": {"$exists": True}}, {"history.facts": 1}):
                    found.update(id_ for entry in raw["history"] for id_ in entry["facts"])
    return frozenset(found)


async def unsettled(stage: Stage, *, but: str = "") -> Counter[str]:
    """What is still on its way: unsent facts by service, messages by queue, mails that wait; `but` one of them."""
    left: Counter[str] = Counter()
    async with opened(stage) as stores:
        for service, store in stores.items():
            left[f"outbox of {service}"] = await _unsent(store)
            left[f"waiting in {service}"] = await store[DEAD].count_documents({"code": WAITED, "replayed": None})
        left[LETTERS] = await stores["notify"]["letters"].count_documents({"state.status": "queued"})
    try:
        for queue in await queues(stage):
            if queue["name"] != ARCHIVE:
                left[queue["name"]] = queue.get("messages", 0)
    except httpx2.HTTPError:
        left["queues nobody can count"] = 1
    del left[but]
    return +left


async def unsent(stage: Stage) -> int:
    """Documents with facts that the broker has not confirmed."""
    async with opened(stage) as stores:
        return sum([await _unsent(store) for store in stores.values()])


async def _unsent(store: Any) -> int:
    names = await store.list_collection_names()
    return sum([await store[name].count_documents({"outbox.routing_key": {"$exists": True}}) for name in names])


async def raw_document(stage: Stage, path: str) -> Raw | None:
    """A document as it is stored, for the report."""
    service, collection, key = path.split("/", 2)
    async with opened(stage) as stores:
        found: Raw | None = await stores[service][collection].find_one({"_id": key})
    return found


async def queues(stage: Stage) -> list[Raw]:
    """The broker's queues."""
    return list(await stage.api.get("queues", stage.vhost))


@asynccontextmanager
async def opened(stage: Stage) -> AsyncIterator[dict[str, Any]]:
    """The databases by service, directly."""
    async with AsyncMongoClient[Raw](stage.mongo_url, tz_aware=True) as client:
        yield {service: client[name] for service, name in stage.databases.items()}


async def _filed(store: Any, name: str) -> bytes:
    """The body of a dead letter that is too large for a document."""
    stream = await AsyncGridFSBucket(store, bucket_name=DEAD).open_download_stream_by_name(name)
    return bytes(await stream.read())
