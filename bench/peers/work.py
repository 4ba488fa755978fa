"""One step as a task does it: look up, decide, insert. Blocking and asynchronous, the same otherwise."""

from collections.abc import Sequence
from contextlib import suppress

from pymongo import AsyncMongoClient, MongoClient, WriteConcern
from pymongo.errors import DuplicateKeyError

from bench.addresses import Addresses
from bench.stages import Blocking, Document, Stage, Step, Waiting, at_once, decide
from shared.contracts import Event
from shared.kernel.canonical import digest
from shared.runtime.work import Fact

_DURABLE = WriteConcern("majority", j=True)


class BlockingWork:
    """With the blocking driver."""

    def __init__(self, stage: Stage, addresses: Addresses) -> None:
        client: MongoClient[Document] = MongoClient(addresses.mongo_url)
        database = addresses.database(stage.service)
        self._documents = client[database].get_collection(stage.kind.collection, write_concern=_DURABLE)
        self._step = Step(stage, Blocking(client, database))

    def __call__(self, id_: str, body: str) -> Sequence[Fact]:
        """Do it; durable when it returns. Answers what is to be sent."""
        works = at_once(self._step.works(body.encode(), id_))
        keys = [work.key for work in works]
        found = {d["_id"]: d for d in self._documents.find({"_id": {"$in": keys}})}
        decided = decide(works, found)
        for document in decided.documents:
            with suppress(DuplicateKeyError):
                self._documents.insert_one(document)
        return decided.facts


class WaitingWork:
    """With the asynchronous driver."""

    def __init__(self, stage: Stage, addresses: Addresses) -> None:
        client: AsyncMongoClient[Document] = AsyncMongoClient(addresses.mongo_url)
        database = addresses.database(stage.service)
        self._documents = client[database].get_collection(stage.kind.collection, write_concern=_DURABLE)
        self._step = Step(stage, Waiting(client, database))
        self._stage = stage

    async def __call__(self, id_: str, event: Event) -> Sequence[Fact]:
        """Do it; durable when it returns. Answers what is to be sent."""
        works = await self._step.works_of(event, id_, digest(id_))
        keys = [work.key for work in works]
        found = {d["_id"]: d async for d in self._documents.find({"_id": {"$in": keys}})}
        decided = decide(works, found)
        for document in decided.documents:
            with suppress(DuplicateKeyError):
                await self._documents.insert_one(document)
        return decided.facts

    async def of_json(self, id_: str, body: str) -> Sequence[Fact]:
        """The same with an event that has not been read."""
        return await self(id_, self._stage.event.model_validate_json(body))
