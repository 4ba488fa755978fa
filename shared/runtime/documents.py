"""Self-contained documents: state, history, what was heard, and the outbox, changed by one write.

    load (one query per kind) → decide (pure, in order) → commit (one unordered bulk per kind) → conflicts: again

One aggregate is one MongoDB document, so a single-document write commits all of it atomically, on a standalone, a
replica set or a sharded cluster. The filter of the write names the version that was read; a document that moved
meanwhile is loaded and decided again. A message whose id stands in `heard` is never applied twice, however late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from shared.contracts.event import Event
from shared.kernel import history
from shared.kernel.actor import Actor
from shared.kernel.change import Change, Decider, Due, NotYet, Refused
from shared.kernel.identity import event_id
from shared.kernel.state import State
from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

S = TypeVar("S", bound=State)
log = get_logger(__name__)


@dataclass(frozen=True)
class Index:
    """An index of a kind's collection: field paths as stored, e.g. `state.round`."""

    fields: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One aggregate type in one collection."""

    collection: str
    """Name of the collection."""
    state: type[S]
    """The aggregate's state."""
    on_due: Decider[S, Due] | None = None
    """What time does to it: called when `State.due()` has passed."""
    indexes: tuple[Index, ...] = ()
    """Indexes beyond those of the runtime (outbox, deadline)."""


@dataclass(frozen=True)
class Work:
    """One message for one document."""

    kind: Kind[Any]
    key: str
    message: Any
    decide: Decider[Any, Any]
    what: str
    """Name for the history: the event's wire name, the command, or `due`."""
    by: Actor
    cause: str
    """Id of the message; applied once per document, for ever."""
    content: str
    """SHA-256 of the message."""
    trace: dict[str, str] = field(default_factory=dict)
    """W3C trace headers of the span in which the facts arise."""


@dataclass(frozen=True)
class Fact:
    """An announced event as it stands in an outbox, and as it is published."""

    id: str
    type: str
    routing_key: str
    source: str
    subject: str
    time: str
    body: str
    trace: dict[str, str]
    entered: datetime
    """When it entered the outbox, by the machine's clock."""
    at: datetime
    """When it was last tried; at first, when it entered."""

    @classmethod
    def of(cls, event: Event, work: Work, index: int, now: datetime) -> "Fact":
        """The fact of `event`, announced as number `index` because of `work`."""
        entered = datetime.now(UTC)
        return cls(
            id=event_id(work.cause, f"{work.kind.collection}/{work.key}", index),
            type=event.wire(),
            routing_key=event.routing_key,
            source=event.source,
            subject=event.subject,
            time=now.isoformat(),
            body=event.model_dump_json(),
            trace=work.trace,
            entered=entered,
            at=entered,
        )


@dataclass(frozen=True)
class Outgoing:
    """A committed fact that waits for the broker's confirm, and the document that carries it."""

    collection: str
    key: str
    fact: Fact


@dataclass(frozen=True)
class Applied:
    """The decision was taken and committed."""

    state: State
    version: int
    entry: history.Entry
    outgoing: tuple[Outgoing, ...]


@dataclass(frozen=True)
class Unchanged:
    """Nothing was written: the message was applied before (`repeated`), or does not concern this document."""

    state: State | None
    version: int
    repeated: bool


@dataclass(frozen=True)
class Rejected:
    """The domain refused for good, or the decider itself failed (`error` is then not a `Refused`)."""

    error: Exception


@dataclass(frozen=True)
class Waiting:
    """What the message needs has not arrived yet."""

    missing: str


Outcome = Applied | Unchanged | Rejected | Waiting


@dataclass
class Stored:
    """A document as it was read: all but its older history and its outbox."""

    version: int
    state: State
    heard: frozenset[str]
    last_hash: str


@dataclass(frozen=True)
class Write:
    """One guarded write: sets state, version and deadline, appends to history, heard and outbox."""

    kind: Kind[Any]
    key: str
    expected: int
    """The version that was read; 0 if the document did not exist."""
    version: int
    state: dict[str, Any]
    due: datetime | None
    heard: tuple[str, ...]
    entries: tuple[dict[str, Any], ...]
    facts: tuple[Fact, ...]


class Fold:
    """Decides the messages for one document, one after the other, on the state the earlier ones left."""

    def __init__(self, key: str, stored: Stored | None) -> None:
        self.key = key
        self.state: State | None = stored.state if stored else None
        self.version = self.expected = stored.version if stored else 0
        self.heard = stored.heard if stored else frozenset()
        self.previous = stored.last_hash if stored else history.GENESIS
        self.causes: list[str] = []
        self.entries: list[history.Entry] = []
        self.facts: list[Fact] = []
        self.json: dict[str, Any] = {}

    def step(self, work: Work, now: datetime) -> Outcome:
        """Apply one message."""
        if work.cause in self.heard or work.cause in self.causes:
            return Unchanged(self.state, self.version, repeated=True)
        try:
            change: Change[State] | None = work.decide(self.state, work.message, now)
        except NotYet as wait:
            return Waiting(wait.missing)
        except Refused as refusal:
            return Rejected(refusal)
        except Exception as bug:  # one bad message must not stop the batch
            log.exception("decider failed", what=work.what, document=self.key, cause=work.cause)
            return Rejected(bug)
        if change is None:
            return Unchanged(self.state, self.version, repeated=False)
        return self._take(change, work, now)

    def _take(self, change: Change[State], work: Work, now: datetime) -> Applied:
        facts = tuple(Fact.of(event, work, index, now) for index, event in enumerate(change.facts))
        self.json = change.state.model_dump(mode="json")
        entry = history.append(
            self.previous,
            n=self.version + 1,
            at=now.isoformat(),
            what=work.what,
            by=work.by,
            cause=work.cause,
            content=work.content,
            facts=tuple(fact.id for fact in facts),
            state=self.json,
        )
        self.state, self.version, self.previous = change.state, entry.n, entry.hash
        self.causes.append(work.cause)
        self.entries.append(entry)
        self.facts.extend(facts)
        outgoing = tuple(Outgoing(work.kind.collection, self.key, fact) for fact in facts)
        return Applied(change.state, entry.n, entry, outgoing)

    def write(self, kind: Kind[Any]) -> Write | None:
        """The one write that commits every step, or None if nothing changed."""
        if not self.entries or self.state is None:
            return None
        return Write(
            kind=kind,
            key=self.key,
            expected=self.expected,
            version=self.version,
            state=self.json,
            due=self.state.due() if kind.on_due else None,
            heard=tuple(self.causes),
            entries=tuple(entry.model_dump(mode="json") for entry in self.entries),
            facts=tuple(self.facts),
        )


class Store:
    """What the documents need of a store; `mongo.Database` is the real one."""

    async def load(self, kind: Kind[Any], keys: Sequence[str]) -> dict[str, Stored]:
        """The documents with these keys, in one query."""
        raise NotImplementedError

    async def commit(self, writes: Sequence[Write]) -> set[tuple[str, str]]:
        """Write each document if it is still at the version that was read.

        Durable on a majority when it returns. Answers the (collection, key) of those that were not written.
        """
        raise NotImplementedError


class Documents:
    """Applies messages to documents in batches; the one road on which anything ever changes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def apply(self, works: Sequence[Work]) -> list[Outcome]:
        """Decide and commit; answers one outcome per work, in order.

        When it returns, everything that was applied is durable. Raises the store's error if the store is away: then
        some may be committed and some not, and the same works can be applied again without harm.
        """
        outcomes: list[Outcome | None] = [None] * len(works)
        open_: list[int] = list(range(len(works)))
        while open_:
            open_ = await self._round(works, outcomes, open_)
        return [outcome for outcome in outcomes if outcome is not None]

    async def _round(self, works: Sequence[Work], outcomes: list[Outcome | None], open_: list[int]) -> list[int]:
        """Load, decide and commit the open works once; answers those that met a version conflict."""
        now = self._clock.now()
        groups: dict[str, tuple[Kind[Any], dict[str, list[int]]]] = {}
        for index in open_:
            work = works[index]
            _, keys = groups.setdefault(work.kind.collection, (work.kind, {}))
            keys.setdefault(work.key, []).append(index)
        writes: list[Write] = []
        for kind, keys in groups.values():
            stored = await self._store.load(kind, list(keys))
            for key, indices in keys.items():
                fold = Fold(key, stored.get(key))
                for index in indices:
                    outcomes[index] = fold.step(works[index], now)
                if write := fold.write(kind):
                    writes.append(write)
        if not writes:
            return []
        lost = await self._store.commit(writes)
        if lost:
            metrics.VERSION_CONFLICTS.inc(len(lost))
        return [i for i in open_ if (works[i].kind.collection, works[i].key) in lost]


def unreadable(error: ValidationError) -> str:
    """A validation error as one line per field, without the values (they may be personal)."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or '(body)'}: {e['msg']}" for e in error.errors(include_input=False)
    )
