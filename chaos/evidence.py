"""What the checker looks at: documents in brief, round after round, and beside them everything that is there once.

Of a document only what is compared is kept, and of a round that has been looked at only what concerns the whole; so a
run of any length fits into memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chaos.ledger import Ledger
from shared.kernel.history import Entry, verify

Raw = dict[str, Any]


class Violation(NamedTuple):
    """A promise that does not hold."""

    invariant: str
    """`I1` to `I10`."""
    what: str
    documents: tuple[str, ...] = ()
    """Where: `service/collection/key`."""


class Step(NamedTuple):
    """One entry of a history, in brief."""

    what: str
    cause: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One document, in brief."""

    service: str
    collection: str
    key: str
    state: Mapping[str, Any]
    """What the checker compares of its state."""
    steps: tuple[Step, ...]
    heard: tuple[str, ...]
    outbox: tuple[str, ...]
    """Ids of unsent facts."""
    broken: str = ""
    """Why its hash chain does not hold, or its version is not its length; empty if all is well."""

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{self.service}/{self.collection}/{self.key}"


@dataclass
class Part:
    """The documents of one round, from all services; or those that belong to none."""

    documents: dict[tuple[str, str], dict[str, Document]] = field(default_factory=dict)
    """By (service, collection), by key."""

    def of(self, service: str, collection: str) -> dict[str, Document]:
        """The documents of one collection, by key."""
        return self.documents.get((service, collection), {})

    def every(self) -> Iterator[Document]:
        """All documents."""
        for group in self.documents.values():
            yield from group.values()


class DeadOne(NamedTuple):
    """A message that was put aside."""

    service: str
    queue: str
    code: str
    body: str
    """SHA-256."""


class Mailed(NamedTuple):
    """A mail as the mail server got it."""

    id: str
    """Message-ID."""
    content: str
    """SHA-256 of the whole message."""


@dataclass
class Evidence:
    """Everything that is there once."""

    ledger: Ledger
    dead: list[DeadOne] = field(default_factory=list)
    mails: list[Mailed] = field(default_factory=list)
    queues: dict[str, int] = field(default_factory=dict)
    """Messages in each queue, delivered or not."""
    heard: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Type and content hash by event id, as the tap heard them."""
    changed: list[str] = field(default_factory=list)
    """Event ids the tap heard with different contents."""
    before_tap: frozenset[str] = frozenset()
    """Facts that were announced before the tap listened."""
    lifeless: list[str] = field(default_factory=list)
    """Processes of which a background task has ended."""
    recomputed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digests of scorecards by application: as announced, and as scoring computed them anew when asked."""
    balance: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """By (service, event): messages announced for its queues in the last stretch, and those it accounts for."""


def in_brief(service: str, collection: str, raw: Raw) -> Document:
    """One document, its chain checked."""
    entries = [Entry.model_validate(entry) for entry in raw["history"]]
    broken = ""
    if fault := verify(entries, raw["state"]):
        broken = f"entry {fault.n}: {fault.why}"
    elif raw["version"] != len(entries):
        broken = f"version {raw['version']}, {len(entries)} entries"
    return Document(
        service=service,
        collection=collection,
        key=raw["_id"],
        state=_kept(collection, raw["state"]),
        steps=tuple(Step(entry.what, entry.cause, entry.facts) for entry in entries),
        heard=tuple(raw["heard"]),
        outbox=tuple(fact["id"] for fact in raw.get("outbox", ())),
        broken=broken,
    )


def _kept(collection: str, state: Raw) -> Raw:
    """The fields that are compared."""
    match collection:
        case "applications":
            receipts = {s["revision"]: (s["receipt"]["number"], s["receipt"]["digest"]) for s in state["submissions"]}
            return {"status": state["status"], "receipts": receipts}
        case "records":
            submission = state["submission"]
            revision = submission["revision"] if submission else 0
            kept = {name: state[name] for name in ("withdrawn", "digest", "sequence", "application")}
            return {**kept, "revision": revision}
        case "cases":
            score = state["score"]
            kept = {name: state[name] for name in ("status", "stage", "revision", "sequence", "application")}
            return {**kept, "digest": score["digest"] if score else None, "ending": state["ending"]}
        case "letters":
            draft = state["draft"]
            return {"status": state["status"], "triple": (draft["because"], draft["to"], draft["channel"])}
    return {}
