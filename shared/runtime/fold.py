"""One document's share of a batch: its messages decided one after the other, and the one write that commits them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.kernel import history
from shared.kernel.change import Change, NotYet, Refused
from shared.kernel.state import State
from shared.runtime.kinds import Kind
from shared.runtime.logs import get_logger
from shared.runtime.work import Applied, Fact, Fenced, Outcome, Outgoing, Rejected, Unchanged, Waiting, Work

log = get_logger(__name__)


class DocumentUnreadable(Exception):  # noqa: N818 - a state of affairs
    """What is stored under a key is no state of its kind (any more); only messages for this document suffer."""


class DocumentUnstorable(Exception):  # noqa: N818 - a state of affairs
    """What a document would become can never be stored: too large, or with a name or value that the store refuses."""


class DocumentFenced(DocumentUnstorable):
    """The store takes no new documents of its area, which is being handed over or has been."""


FENCED = Fenced("移交完成 / the area's hand-over")
"""What a message waits for whose document may not change here now."""


@dataclass
class Stored:
    """A document as it was read: all but its older history and its outbox."""

    version: int
    state: State
    heard: frozenset[str]
    last_hash: str
    sealed: bool = False
    """Whether it is being handed over to another store."""


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

    def __init__(self, key: str, found: Stored | DocumentUnreadable | None) -> None:
        self.key = key
        self.unreadable = found if isinstance(found, DocumentUnreadable) else None
        stored = found if isinstance(found, Stored) else None
        self.state: State | None = stored.state if stored else None
        self.version = self.expected = stored.version if stored else 0
        self.sealed = stored.sealed if stored else False
        self.heard = stored.heard if stored else frozenset()
        self.previous = stored.last_hash if stored else history.GENESIS
        self.causes: list[str] = []
        self.entries: list[history.Entry] = []
        self.facts: list[Fact] = []
        self.json: dict[str, Any] = {}
        self.due: datetime | None = None

    def step(self, work: Work, now: datetime) -> Outcome:
        """Apply one message."""
        if self.unreadable:
            log.error("a stored document cannot be read", document=self.key, why=str(self.unreadable))
            return Rejected(self.unreadable)
        if work.cause in self.heard or work.cause in self.causes:
            return Unchanged(self.state, self.version, repeated=True)
        return FENCED if self.sealed else self._decide(work, work.at or now)

    def _decide(self, work: Work, now: datetime) -> Outcome:
        try:
            change: Change[State] | None = work.decide(self.state, work.message, now)
            if change is None:
                return Unchanged(self.state, self.version, repeated=False)
            return self._take(change, work, now)
        except NotYet as wait:
            return Waiting(wait.missing)
        except Exception as error:  # one bad message must not stop the batch
            if not isinstance(error, Refused):
                log.exception("decider failed", what=work.what, document=self.key, cause=work.cause)
            return Rejected(error)

    def _take(self, change: Change[State], work: Work, now: datetime) -> Applied:
        """Everything that can fail stands before the first assignment: a change that fails leaves no trace."""
        facts = tuple(Fact.of(event, work, index, now) for index, event in enumerate(change.facts))
        json = change.state.model_dump(mode="json")
        due = whole_milliseconds(change.state.due()) if work.kind.on_due else None
        entry = history.append(
            self.previous,
            n=self.version + 1,
            at=now.isoformat(),
            what=work.what,
            by=work.by,
            cause=work.cause,
            content=work.content,
            facts=tuple(fact.id for fact in facts),
            state=json,
        )
        self.json, self.due = json, due
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
            due=self.due,
            heard=tuple(self.causes),
            entries=tuple(entry.model_dump(mode="json") for entry in self.entries),
            facts=tuple(self.facts),
        )


def whole_milliseconds(due: datetime | None) -> datetime | None:
    """A deadline as the store keeps it: rounded up to the millisecond, so that the tick never comes too early.

    Raises:
        ValueError: it has no time zone.
    """
    if due is None:
        return None
    if due.tzinfo is None:
        raise ValueError(f"a deadline needs a time zone: {due}")
    return due + timedelta(microseconds=-due.microsecond % 1000)
