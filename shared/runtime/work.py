"""What goes into the documents and comes out: a message for one of them, the facts it announces, how it came out."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.contracts.event import Event
from shared.kernel import history
from shared.kernel.actor import Actor
from shared.kernel.change import Decider
from shared.kernel.identity import event_id
from shared.kernel.state import State
from shared.runtime import baggage
from shared.runtime.kinds import Kind


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
    """W3C headers of the span in which the facts arise: `traceparent`, `tracestate`, `baggage`."""
    at: datetime | None = None
    """When it was decided before, if a restored store decides it again; otherwise it is decided now."""

    @property
    def place(self) -> tuple[str, str]:
        """Collection and key of the document."""
        return self.kind.collection, self.key


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
            source=event.announced_by,
            subject=event.subject,
            time=now.isoformat(),
            body=event.model_dump_json(),
            trace={**work.trace, **baggage.written(baggage.about(event, baggage.read(work.trace)))},
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


@dataclass(frozen=True)
class Fenced(Waiting):
    """The document's area is being handed over to another store, or has been: nothing changes it here meanwhile."""


Outcome = Applied | Unchanged | Rejected | Waiting
