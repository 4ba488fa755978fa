"""The floor: the same broker and store operations in batches, with nothing in between. `python -m bench.floor scoring`.

Per batch: consume, one lookup per collection, one unordered bulk of inserts (journaled, on a majority), one wave of
confirmed mandatory publications, one acknowledgement; outboxes cleared many at a time. Documents and messages are as
large as the real ones, because they are copies of real ones. With `--deciders` the documents are decided: the
contracts are read, the deciders run, states and facts are written as JSON and chained into the history.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, cast

import typer
from pymongo import InsertOne, MongoClient, WriteConcern
from pymongo.collection import Collection

from bench.addresses import Addresses
from bench.frames import Publication, id_of
from bench.stages import STAGES, Document, Known, Stage, Step, at_once, decide, stored
from bench.wire import Delivered, Wire
from bench.workload import Workload, number_of
from services.notify.store import RECIPIENTS
from shared.contracts import Event
from shared.runtime import garbage
from shared.runtime.archive import archive_bindings
from shared.runtime.mongo import Database
from shared.runtime.topology import ARCHIVE, EVENTS, event_queue

_BATCH, _PREFETCH = 200, 400
_CLEAR = 500
_IDLE = 0.02
_PROJECTION = {"version": 1, "state": 1, "heard": 1, "history": {"$slice": -1}}


class Read(NamedTuple):
    """A message as far as it has to be read."""

    id: str
    code: str
    """The credit code of the chamber that it is about."""
    event: Event | None
    """Read by its contract, if it is to be decided."""
    body: bytes


class Floor:
    """One stage."""

    def __init__(self, stage: Stage, workload: Workload, addresses: Addresses, *, deciders: bool) -> None:
        """With `deciders`, documents are decided instead of copied."""
        client: MongoClient[Document] = MongoClient(addresses.mongo_url)
        self._database = client[addresses.database(stage.service)]
        self._documents: Collection[Document] = self._database.get_collection(
            stage.kind.collection, write_concern=WriteConcern("majority", j=True)
        )
        self._stage = stage
        self._workload = workload
        position = list(STAGES).index(stage.service)
        self._number = b"%08d" % (position + 1)
        self._templates = [sample.steps[position].documents[0] for sample in workload.samples]
        self._publications = [
            Publication.of(sample.steps[position].facts[0], sample.code) for sample in workload.samples
        ]
        self._deciders = deciders
        self._recipients: dict[str, tuple[str, Any]] = {}
        self._step = Step(stage, Known(dict(workload.states(stage.service).values()), self._recipients))
        self._sent: list[tuple[str, str]] = []

    def run(self, amqp_url: str) -> None:
        """For ever."""
        with Wire(amqp_url) as incoming, Wire(amqp_url) as outgoing:
            outgoing.confirm()
            incoming.consume(self._stage.queue, _PREFETCH)
            while True:
                batch = incoming.deliveries(_BATCH, _IDLE if self._sent else 1.0)
                if batch:
                    outgoing.publish(self._handle(batch))
                    incoming.ack(batch[-1].tag)
                if len(self._sent) >= _CLEAR or not batch:
                    self._clear()

    def _handle(self, batch: Sequence[Delivered]) -> list[bytes]:
        read = [self._read(delivery) for delivery in batch]
        people = self._people([one.code for one in read]) if self._stage.service == "notify" else {}
        documents = self._decided(read, people) if self._deciders else self._copied(read)
        found = {d["_id"] for d in self._documents.find({"_id": {"$in": [d["_id"] for d in documents]}}, _PROJECTION)}
        fresh = [InsertOne(d) for d in documents if d["_id"] not in found]
        if fresh:
            self._documents.bulk_write(fresh, ordered=False)
        messages: list[bytes] = []
        for one, document in zip(read, documents, strict=True):
            publication = self._publications[number_of(one.code) % len(self._publications)]
            self._sent.append((document["_id"], document["outbox"][0]["id"]))
            messages.append(publication.copy(self._number + one.id.encode()[8:], one.code.encode()))
        return messages

    def _read(self, delivery: Delivered) -> Read:
        id_, body = id_of(delivery.header).decode(), delivery.body
        if not self._deciders:
            return Read(id_, str(json.loads(body)["chamber"]["code"]), None, body)
        event: Any = self._stage.event.model_validate_json(body)
        return Read(id_, event.chamber.code, event, body)

    def _copied(self, read: Sequence[Read]) -> list[Document]:
        kind = self._stage.service
        return [
            {
                **self._templates[number_of(one.code) % len(self._templates)],
                "_id": f"{kind}-{one.code}-{one.id}"[:40],
                "heard": [one.id],
            }
            for one in read
        ]

    def _decided(self, read: Sequence[Read], people: dict[str, Document]) -> list[Document]:
        self._recipients.clear()
        self._recipients.update({code: (d["_id"], stored(RECIPIENTS, d).state) for code, d in people.items()})
        return [document for one in read if one.event for document in self._decide(one.id, one.event, one.body)]

    def _decide(self, id_: str, event: Event, body: bytes) -> tuple[Document, ...]:
        content = hashlib.sha256(body).hexdigest()
        return decide(at_once(self._step.works_of(event, id_, content)), {}).documents

    def _people(self, codes: Sequence[str]) -> dict[str, Document]:
        where = {"state.profile.role": "secretary", "state.profile.chamber": {"$in": codes}}
        found = self._database[RECIPIENTS.collection].find(where)
        return {one["state"]["profile"]["chamber"]: one for one in found}

    def _clear(self) -> None:
        if self._sent:
            keys, facts = zip(*self._sent, strict=True)
            pull = {"$pull": {"outbox": {"id": {"$in": list(facts)}}}}
            self._documents.update_many({"_id": {"$in": list(keys)}}, pull)
            self._sent = []


def declare(amqp_url: str) -> None:
    """The three queues and the archive, as the services declare theirs."""
    nothing = cast("Database", None)
    with Wire(amqp_url) as wire:
        for stage in STAGES.values():
            table, subscription = stage.table(nothing), stage.subscription(nothing)
            queue = event_queue(subscription, table, wire.server_version)
            wire.declare(queue.name, dict(queue.arguments), EVENTS.name, subscription.bindings)
            if not table.scope:
                wire.declare(ARCHIVE, {"x-queue-type": "stream"}, EVENTS.name, archive_bindings(table))


def main(service: str, deciders: Annotated[bool, typer.Option()] = False, seed: int = 1) -> None:  # noqa: FBT002 - a flag of the command line
    """Be one stage of the floor."""
    addresses = Addresses.given()
    floor = Floor(STAGES[service], Workload(seed), addresses, deciders=deciders)
    garbage.settle()
    floor.run(addresses.amqp_url)


if __name__ == "__main__":
    typer.run(main)
