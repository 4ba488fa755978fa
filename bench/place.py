"""Where a contender runs: a virtual host and databases of its own, with what is known before the first message."""

import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

from pymongo import MongoClient, WriteConcern

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
    with MongoClient[Document](here.mongo_url) as client:
        for position, stage in enumerate(STAGES.values()):
            templates = [sample.steps[position].documents[0] | {"outbox": []} for sample in workload.samples]
            for template in templates:
                template.pop("due", None)
            collection = client[here.database(stage.service)][stage.kind.collection]
            stock = ({**templates[n % len(templates)], "_id": f"stock-{n:09}"} for n in range(count))
            for page in _pages(stock):
                collection.insert_many(page, ordered=False)


def _pages(documents: Iterable[Document]) -> Iterator[list[Document]]:
    rest = iter(documents)
    while page := list(islice(rest, _PAGE)):
        yield page
