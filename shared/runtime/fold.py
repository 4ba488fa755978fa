"""One document's share of a batch: its messages decided one after the other, and the one write that commits them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.kernel import history
from shared.kernel.change import Change, NotYet, Refused
from shared.kernel.state import State
from shared.runtime.kinds import Kind
from shared.runtime.logs import get_logger
from shared.runtime.work import Applied, Fact, Outcome, Outgoing, Rejected, Unchanged, Waiting, Work

log = get_logger(__name__)


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
