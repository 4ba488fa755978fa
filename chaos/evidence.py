"""What is there when all is quiet: every document in brief, queues, dead letters, mails, and the driver's own log.

Documents are read one after the other and only what the checker needs is kept, so that a long run fits into memory.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx2
from gridfs.asynchronous import AsyncGridFSBucket
from pymongo import AsyncMongoClient

from chaos.ledger import Ledger, sha256
from chaos.stage import Stage
from chaos.tap import NOT_OURS, Tap
from shared.kernel.canonical import digest
from shared.kernel.history import Entry, verify

Raw = dict[str, Any]
DEAD = "dead_letters"
LETTERS = "letters queued"
"""Mails that wait for their turn."""


class Violation(NamedTuple):
    """A promise that does not hold."""

    invariant: str
    """`I1` to `I10`."""
    what: str
    documents: tuple[str, ...] = ()
    """Where: `service/collection/key`."""


class Step(NamedTuple):
    """One entry of a history, in brief."""

    what: str
    cause: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One document, in brief."""

    service: str
    collection: str
    key: str
    state: Mapping[str, Any]
    """What the checker compares of its state."""
    steps: tuple[Step, ...]
    heard: tuple[str, ...]
    outbox: tuple[str, ...]
    """Ids of unsent facts."""
    broken: str = ""
    """Why its hash chain does not hold, or its version is not its length; empty if all is well."""

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{self.service}/{self.collection}/{self.key}"


class DeadOne(NamedTuple):
    """A message that was put aside."""

    service: str
    queue: str
    code: str
    body: str
    """SHA-256."""


class Mailed(NamedTuple):
    """A mail as the mail server got it."""

    id: str
    """Message-ID."""
    content: str
    """SHA-256 of the whole message."""


@dataclass
class Evidence:
    """Everything the checker looks at."""

    ledger: Ledger
    documents: dict[tuple[str, str], dict[str, Document]] = field(default_factory=dict)
    """By (service, collection), by key."""
    dead: list[DeadOne] = field(default_factory=list)
    mails: list[Mailed] = field(default_factory=list)
    queues: dict[str, int] = field(default_factory=dict)
    """Messages in each queue, delivered or not."""
    heard: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Type and content hash by event id, as the tap heard them."""
    changed: list[str] = field(default_factory=list)
    """Event ids the tap heard with different contents."""
    before_tap: frozenset[str] = frozenset()
    """Facts that were announced before the tap listened."""
    lifeless: list[str] = field(default_factory=list)
    """Processes of which a background task has ended."""
    recomputed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digests of scorecards by application: as announced, and as scoring computed them anew when asked."""

    def of(self, service: str, collection: str) -> dict[str, Document]:
        """The documents of one collection, by key."""
        return self.documents.get((service, collection), {})

    def every(self) -> list[Document]:
        """All documents."""
        return [document for group in self.documents.values() for document in group.values()]


async def collect(stage: Stage, ledger: Ledger, tap: Tap, before_tap: frozenset[str]) -> Evidence:
    """Read it all."""
    evidence = Evidence(ledger, heard=tap.heard, changed=tap.changed, before_tap=before_tap)
    async with opened(stage) as stores:
        for service, store in stores.items():
            for collection in await store.list_collection_names():
                if collection == DEAD:
                    async for found in store[DEAD].find():
                        body = await _filed(store, found["_id"]) if found.get("filed") else bytes(found["body"])
                        evidence.dead.append(DeadOne(service, found["queue"], found["code"], sha256(body)))
                    continue
                group = evidence.documents.setdefault((service, collection), {})
                async for raw in store[collection].find({"version": {"$exists": True}}):
                    group[raw["_id"]] = in_brief(service, collection, raw)
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
    """Ids of all facts in all histories, now."""
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
            for collection in await store.list_collection_names():
                count = await store[collection].count_documents({"outbox.routing_key": {"$exists": True}})
                left[f"outbox of {service}"] += count
        left[LETTERS] = await stores["notify"]["letters"].count_documents({"state.status": "queued"})
    try:
        for queue in await queues(stage):
            if queue["name"] not in NOT_OURS:
                left[queue["name"]] = queue.get("messages", 0)
    except httpx2.HTTPError:
        left["queues nobody can count"] = 1
    del left[but]
    return +left


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


def in_brief(service: str, collection: str, raw: Raw) -> Document:
    """One document, its chain checked."""
    entries = [Entry.model_validate(entry) for entry in raw["history"]]
    broken = ""
    if fault := verify(entries, raw["state"]):
        broken = f"entry {fault.n}: {fault.why}"
    elif raw["version"] != len(entries):
        broken = f"version {raw['version']}, {len(entries)} entries"
    return Document(
        service=service,
        collection=collection,
        key=raw["_id"],
        state=_kept(collection, raw["state"]),
        steps=tuple(Step(entry.what, entry.cause, entry.facts) for entry in entries),
        heard=tuple(raw["heard"]),
        outbox=tuple(fact["id"] for fact in raw.get("outbox", ())),
        broken=broken,
    )


def _kept(collection: str, state: Raw) -> Raw:
    """The fields that are compared."""
    match collection:
        case "applications":
            receipts = {s["revision"]: (s["receipt"]["number"], s["receipt"]["digest"]) for s in state["submissions"]}
            return {"status": state["status"], "receipts": receipts}
        case "records":
            submission = state["submission"]
            revision = submission["revision"] if submission else 0
            kept = {name: state[name] for name in ("withdrawn", "digest", "sequence", "application")}
            return {**kept, "revision": revision}
        case "cases":
            score = state["score"]
            kept = {name: state[name] for name in ("status", "stage", "revision", "sequence", "application")}
            return {**kept, "digest": score["digest"] if score else None, "ending": state["ending"]}
        case "letters":
            draft = state["draft"]
            return {"status": state["status"], "triple": (draft["because"], draft["to"], draft["channel"])}
    return {}


async def _filed(store: Any, name: str) -> bytes:
    """The body of a dead letter that is too large for a document."""
    stream = await AsyncGridFSBucket(store, bucket_name=DEAD).open_download_stream_by_name(name)
    return bytes(await stream.read())
