"""The three steps that everybody takes: submitted → scored → case opened → letter, by the services' own deciders.

A stage is one subscription of a service's real handler table. Contenders differ in how messages and documents travel;
what is decided, and what stands in the documents afterwards, is the same.
"""

import hashlib
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel
from pymongo import AsyncMongoClient, MongoClient

from services.notify import handlers as notify
from services.notify.store import LETTERS, People
from services.notify.wording import Wording, load_wording
from services.review import handlers as review
from services.review import procedures
from services.review.store import CASES, ReviewStore
from services.scoring import handlers as scoring
from services.scoring.store import RECORDS, ScoringStore
from shared.contracts import ApplicationScored, ApplicationSubmitted, CaseOpened, Event
from shared.kernel.actor import Actor
from shared.kernel.history import GENESIS
from shared.runtime.fold import Fold, Stored, Write
from shared.runtime.handlers import Delivery, HandlerTable, Subscription
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.work import Fact, Work

PROVINCE = "35"
"""Where all chambers of the workload are."""
Document = dict[str, Any]
T = TypeVar("T")

_procedures = cache(procedures.load)


@cache
def _wording() -> Wording:
    return load_wording("http://127.0.0.1")


@dataclass(frozen=True)
class Stage:
    """One step: a service hears one event and writes one kind of document."""

    service: str
    event: type[Event]
    kind: Kind[Any]
    table: Callable[[Database], HandlerTable]

    def subscription(self, database: Database) -> Subscription:
        """The one subscription of the service's table that this step is."""
        return next(s for s in self.table(database) if s.event is self.event)

    @property
    def queue(self) -> str:
        """The name of its queue."""
        return self.subscription(cast("Database", None)).queue


STAGES: Mapping[str, Stage] = {
    stage.service: stage
    for stage in (
        Stage("scoring", ApplicationSubmitted, RECORDS, lambda db: scoring.table(ScoringStore(db))),
        Stage(
            "review",
            ApplicationScored,
            CASES,
            lambda db: review.table(ReviewStore(db), _procedures(), (PROVINCE,), PROVINCE),
        ),
        Stage("notify", CaseOpened, LETTERS, lambda db: notify.table(People(db), _wording())),
    )
}
"""In the order in which an application passes them."""


def after(stage: Stage) -> Stage | None:
    """The next step."""
    names = list(STAGES)
    position = names.index(stage.service) + 1
    return STAGES[names[position]] if position < len(names) else None


class Reader(Protocol):
    """What routing reads of the service's own store: the part of `Database` that it uses."""

    async def get(self, kind: Kind[Any], key: str) -> Any:
        """The state of one document."""
        ...

    async def find_by(self, kind: Kind[Any], field: str, values: Collection[str]) -> list[tuple[str, Any]]:
        """The states in whose field stands one of these values."""
        ...


class Step:
    """One stage at work on one message at a time: read, route, decide. No I/O but the reader's."""

    def __init__(self, stage: Stage, reader: Reader) -> None:
        self.stage = stage
        self._subscription = stage.subscription(cast("Database", reader))

    async def works(self, body: bytes, id_: str) -> list[Work]:
        """What the message asks of which documents."""
        return await self.works_of(self.stage.event.model_validate_json(body), id_, hashlib.sha256(body).hexdigest())

    async def works_of(self, event: Event, id_: str, content: str) -> list[Work]:
        """The same of a message that has been read; `content` is the SHA-256 of its body."""
        delivery = Delivery(id_, event.source, datetime.now(UTC))
        by = Actor(id=event.source, role="service")
        return [
            Work(
                kind=reaction.kind,
                key=target.key,
                message=target.message,
                decide=reaction.decide,
                what=self.stage.event.wire(),
                by=by,
                cause=id_,
                content=content,
            )
            for reaction in self._subscription.reactions
            for target in await reaction.route(event, delivery)
        ]


@dataclass(frozen=True)
class Decided:
    """What one message comes to: documents to insert, facts to publish."""

    documents: tuple[Document, ...]
    facts: tuple[Fact, ...]


def decide(works: Sequence[Work], found: Mapping[str, Document]) -> Decided:
    """Let the deciders act on the documents that were found.

    Raises:
        ValueError: a decider refused, which in this workload it never does.
    """
    now = datetime.now(UTC)
    documents: list[Document] = []
    facts: list[Fact] = []
    for work in works:
        fold = Fold(work.key, stored(work.kind, found[work.key]) if work.key in found else None)
        outcome = fold.step(work, now)
        write = fold.write(work.kind)
        if write is None:
            if work.key not in found:
                raise ValueError(f"{work.what} {work.key}: {outcome}")
            continue
        documents.append(document(write))
        facts.extend(write.facts)
    return Decided(tuple(documents), tuple(facts))


def stored(kind: Kind[Any], found: Document) -> Stored:
    """A document as a decider needs it."""
    last = found["history"][-1]["hash"] if found["history"] else GENESIS
    return Stored(found["version"], kind.state.model_validate(found["state"]), frozenset(found["heard"]), last)


def document(write: Write) -> Document:
    """The document that a first write inserts: state, history, what was heard, and the outbox."""
    inserted = {
        "_id": write.key,
        "version": write.version,
        "state": write.state,
        "heard": list(write.heard),
        "history": list(write.entries),
        "outbox": [vars(fact) for fact in write.facts],
    }
    return inserted | ({"due": write.due} if write.due else {})


def seeded(key: str, state: BaseModel) -> Document:
    """A document that is there from the beginning."""
    return {"_id": key, "version": 1, "state": state.model_dump(mode="json"), "heard": [], "history": [], "outbox": []}


class Known:
    """A reader that has everything in memory."""

    def __init__(self, states: Mapping[str, Any], people: Mapping[str, tuple[str, Any]]) -> None:
        """`states` by key; `people` by the credit code of their chamber, as (id, recipient)."""
        self._states = states
        self._people = people

    async def get(self, kind: Kind[Any], key: str) -> Any:
        """The state of one document."""
        del kind
        return self._states.get(key)

    async def find_by(self, kind: Kind[Any], field: str, values: Collection[str]) -> list[tuple[str, Any]]:
        """The secretaries of these chambers."""
        del kind, field
        return [self._people[code] for code in values if code in self._people]


class Blocking:
    """A reader over the blocking driver; its coroutines never wait, so `at_once` can run them."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self._database = client[database]

    async def get(self, kind: Kind[Any], key: str) -> Any:
        """The state of one document."""
        found = self._database[kind.collection].find_one({"_id": key}, {"state": 1})
        return kind.state.model_validate(found["state"]) if found else None

    async def find_by(self, kind: Kind[Any], field: str, values: Collection[str]) -> list[tuple[str, Any]]:
        """The states in whose field stands one of these values."""
        found = self._database[kind.collection].find({field: {"$in": list(values)}}, {"state": 1})
        return [(one["_id"], kind.state.model_validate(one["state"])) for one in found]


class Waiting:
    """A reader over the asynchronous driver."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._database = client[database]

    async def get(self, kind: Kind[Any], key: str) -> Any:
        """The state of one document."""
        found = await self._database[kind.collection].find_one({"_id": key}, {"state": 1})
        return kind.state.model_validate(found["state"]) if found else None

    async def find_by(self, kind: Kind[Any], field: str, values: Collection[str]) -> list[tuple[str, Any]]:
        """The states in whose field stands one of these values."""
        found = self._database[kind.collection].find({field: {"$in": list(values)}}, {"state": 1})
        return [(one["_id"], kind.state.model_validate(one["state"])) async for one in found]


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits.

    Raises:
        RuntimeError: it does wait.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    coroutine.close()
    raise RuntimeError("this coroutine waits; it needs an event loop")
