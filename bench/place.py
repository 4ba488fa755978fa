"""Where a contender runs: a virtual host and databases of its own, with what is known before the first message."""

import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection

from bench.addresses import Addresses
from bench.stages import STAGES, Document, seeded
from bench.workload import Workload
from dev.backends import Backends
from services.notify.store import KINDS as NOTIFY_KINDS
from services.notify.store import RECIPIENTS
from services.review.store import KINDS as REVIEW_KINDS
from services.scoring.store import KINDS as SCORING_KINDS
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database

KINDS: dict[str, tuple[Kind[Any], ...]] = {"scoring": SCORING_KINDS, "review": REVIEW_KINDS, "notify": NOTIFY_KINDS}
_PAGE = 2000


@asynccontextmanager
async def place(backends: Backends, workload: Workload, people: int) -> AsyncIterator[Addresses]:
    """A place where the round is open and the secretaries of the first `people` chambers are known; then removed."""
    async with backends.fresh_vhost() as amqp_url:
        here = Addresses(amqp_url, backends.mongo_url, f"bench_{secrets.token_hex(4)}")
        with MongoClient[Document](here.mongo_url) as client:
            try:
                await _prepare(here, workload)
                recipients = client[here.database("notify")].get_collection(
                    RECIPIENTS.collection, write_concern=WriteConcern("majority", j=True)
                )
                for page in _pages(seeded(p.id, p) for p in map(workload.person, range(people))):
                    recipients.insert_many(page)
                yield here
            finally:
                for service in STAGES:
                    client.drop_database(here.database(service))


async def _prepare(here: Addresses, workload: Workload) -> None:
    """The same collections, indexes and rounds for every contender."""
    with MongoClient[Document](here.mongo_url) as client:
        for service, kinds in KINDS.items():
            database = Database(here.mongo_url, here.database(service))
            try:
                await database.prepare(kinds)
            finally:
                database.close()
            for collection, (key, state) in workload.states(service).items():
                client[here.database(service)][collection].insert_one(seeded(key, state))


def put_stock(here: Addresses, workload: Workload, count: int) -> None:
    """Put `count` documents into the collection of every stage, as earlier rounds have left them."""
    with MongoClient[Document](here.mongo_url, w=1) as client, ThreadPoolExecutor() as pool:
        filling = []
        for position, stage in enumerate(STAGES.values()):
            templates = [sample.steps[position].documents[0] | {"outbox": []} for sample in workload.samples]
            collection = client[here.database(stage.service)][stage.kind.collection]
            filling.append(pool.submit(_copy, collection, templates, count))
        for done in filling:
            done.result()


def _copy(collection: Collection[Any], templates: Sequence[Document], count: int) -> None:
    """Insert so many copies that differ in their ids only; encoded once, as they go to the store a million times."""
    name = "stock-{:09}".format
    for template in templates:
        template.pop("due", None)
    encoded = [bson.encode(template | {"_id": name(0)}) for template in templates]
    copies = (
        RawBSONDocument(encoded[n % len(encoded)].replace(name(0).encode(), name(n).encode(), 1)) for n in range(count)
    )
    for page in _pages(copies):
        collection.insert_many(page, ordered=False)


def _pages(documents: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(documents)
    while page := list(islice(rest, _PAGE)):
        yield page
