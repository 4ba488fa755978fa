"""The store of documents, in memory: what `Documents` needs, with the same guard on the version that was read."""

from collections.abc import Sequence
from typing import Any

from shared.kernel.history import Entry
from shared.kernel.state import State
from shared.runtime.documents import Store
from shared.runtime.fold import Stored, Write
from shared.runtime.kinds import Kind
from shared.runtime.work import Fact


class MemoryStore(Store):
    """Keeps documents as JSON, so that what is read back went the same way as through a database."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], dict[str, Any]] = {}
        self._heard: dict[tuple[str, str], set[str]] = {}
        self._histories: dict[tuple[str, str], list[Entry]] = {}
        self._outboxes: dict[tuple[str, str], list[Fact]] = {}

    async def load(self, kind: Kind[Any], keys: Sequence[str]) -> dict[str, Stored]:
        """The documents with these keys."""
        return {key: self._stored(kind, key) for key in keys if (kind.collection, key) in self._states}

    async def commit(self, writes: Sequence[Write]) -> set[tuple[str, str]]:
        """Write each document that is still at the version that was read; answers the others."""
        lost: set[tuple[str, str]] = set()
        for write in writes:
            place = (write.kind.collection, write.key)
            history = self._histories.setdefault(place, [])
            if len(history) != write.expected:
                lost.add(place)
                continue
            self._states[place] = write.state
            self._heard.setdefault(place, set()).update(write.heard)
            history.extend(Entry.model_validate(entry) for entry in write.entries)
            self._outboxes.setdefault(place, []).extend(write.facts)
        return lost

    def keys(self, kind: Kind[Any]) -> list[str]:
        """The keys of all documents of a kind, in order."""
        return sorted(key for collection, key in self._states if collection == kind.collection)

    def stored(self, kind: Kind[Any], key: str) -> dict[str, Any]:
        """A document as a query sees it."""
        return {"_id": key, "state": self._states[kind.collection, key]}

    def state(self, kind: Kind[Any], key: str) -> State | None:
        """What a document is now."""
        stored = self._states.get((kind.collection, key))
        return None if stored is None else kind.state.model_validate(stored)

    def history(self, kind: Kind[Any], key: str) -> list[Entry]:
        """What happened to a document."""
        return list(self._histories.get((kind.collection, key), []))

    def outbox(self, kind: Kind[Any], key: str) -> list[Fact]:
        """The facts that a document has announced."""
        return list(self._outboxes.get((kind.collection, key), []))

    def facts(self) -> list[Fact]:
        """Everything that has been announced."""
        return [fact for outbox in self._outboxes.values() for fact in outbox]

    def snapshot(self) -> dict[tuple[str, str], tuple[dict[str, Any], int]]:
        """Every document's state and version."""
        return {place: (state, len(self._histories[place])) for place, state in self._states.items()}

    def _stored(self, kind: Kind[Any], key: str) -> Stored:
        place = (kind.collection, key)
        history = self._histories[place]
        return Stored(
            version=len(history),
            state=kind.state.model_validate(self._states[place]),
            heard=frozenset(self._heard[place]),
            last_hash=history[-1].hash,
        )
