"""The floor: the same broker and store operations in batches, with nothing in between. `python -m bench.floor scoring`.

Per batch: consume, one lookup per collection, one unordered bulk of inserts (journaled, on a majority), one wave of
confirmed mandatory publications, one acknowledgement; outboxes cleared many at a time. Documents and messages are as
large as the real ones, because they are copies of real ones. With `--deciders` the documents are decided: the
contracts are read, the deciders run, states and facts are written as JSON and chained into the history.
"""

import json
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from pymongo import InsertOne, MongoClient, WriteConcern
from pymongo.collection import Collection

from bench.addresses import Addresses
from bench.frames import Publication, id_of
from bench.stages import STAGES, Document, Known, Stage, Step, at_once, decide, stored
from bench.wire import Delivered, Wire
from bench.workload import Workload, number_of
from services.notify.store import RECIPIENTS
from shared.runtime.topology import EVENTS

_BATCH, _PREFETCH = 200, 400
_CLEAR = 500
_IDLE = 0.02
_PROJECTION = {"version": 1, "state": 1, "heard": 1, "history": {"$slice": -1}}

Insert = Callable[[Sequence[tuple[str, str, Delivered]], dict[str, Document]], list[Document]]
"""(id, credit code, delivery) of a batch, and the people of these chambers → the documents."""


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
        self._insert: Insert = self._decided if deciders else self._copied
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
        read = [(id_of(d.header).decode(), str(json.loads(d.body)["chamber"]["code"]), d) for d in batch]
        people = self._people([code for _, code, _ in read]) if self._stage.service == "notify" else {}
        documents = self._insert(read, people)
        found = {d["_id"] for d in self._documents.find({"_id": {"$in": [d["_id"] for d in documents]}}, _PROJECTION)}
        fresh = [InsertOne(d) for d in documents if d["_id"] not in found]
        if fresh:
            self._documents.bulk_write(fresh, ordered=False)
        messages: list[bytes] = []
        for (id_, code, _), document in zip(read, documents, strict=True):
            publication = self._publications[number_of(code) % len(self._publications)]
            self._sent.append((document["_id"], document["outbox"][0]["id"]))
            messages.append(publication.copy(self._number + id_.encode()[8:], code.encode()))
        return messages

    def _copied(self, read: Sequence[tuple[str, str, Delivered]], people: dict[str, Document]) -> list[Document]:
        del people
        kind = self._stage.service
        return [
            {
                **self._templates[number_of(code) % len(self._templates)],
                "_id": f"{kind}-{code}-{id_}"[:40],
                "heard": [id_],
            }
            for id_, code, _ in read
        ]

    def _decided(self, read: Sequence[tuple[str, str, Delivered]], people: dict[str, Document]) -> list[Document]:
        recipients = {code: (d["_id"], stored(RECIPIENTS, d).state) for code, d in people.items()}
        known = Known(dict(self._workload.states(self._stage.service).values()), recipients)
        step = Step(self._stage, known)
        return [
            document
            for id_, _, delivery in read
            for document in decide(at_once(step.works(delivery.body, id_)), {}).documents
        ]

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
    """The three queues, as the services declare theirs."""
    with Wire(amqp_url) as wire:
        for stage in STAGES.values():
            wire.declare(stage.queue, {"x-queue-type": "quorum"}, EVENTS.name, [f"{stage.event.wire()}.#"])


def main(service: str, deciders: Annotated[bool, typer.Option()] = False, seed: int = 1) -> None:  # noqa: FBT002 - a flag of the command line
    """Be one stage of the floor."""
    addresses = Addresses.given()
    Floor(STAGES[service], Workload(seed), addresses, deciders=deciders).run(addresses.amqp_url)


if __name__ == "__main__":
    typer.run(main)
