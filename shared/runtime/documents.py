"""Self-contained documents: state, history, what was heard, and the outbox, changed by one write.

    load (one query per kind) → decide (pure, in order) → commit (one unordered bulk per kind) → conflicts: again

One aggregate is one MongoDB document, so a single-document write commits all of it atomically, on a standalone, a
replica set or a sharded cluster. The filter of the write names the version that was read; a document that moved
meanwhile is loaded and decided again. A message whose id stands in `heard` is never applied twice, however late.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.runtime import metrics, telemetry
from shared.runtime.clock import Clock
from shared.runtime.decisions import count_decisions
from shared.runtime.fold import FENCED, DocumentFenced, DocumentUnreadable, DocumentUnstorable, Fold, Stored, Write
from shared.runtime.kinds import Kind
from shared.runtime.logs import get_logger
from shared.runtime.work import Outcome, Rejected, Work

log = get_logger(__name__)

Place = tuple[str, str]
"""Collection and key of a document."""


class SomeUnstorable(Exception):  # noqa: N818 - a state of affairs
    """Some documents of a batch can never be stored as they would be.

    All others were written, but for those that had `moved`.
    """

    def __init__(self, reasons: Mapping[Place, DocumentUnstorable], moved: set[Place]) -> None:
        super().__init__(", ".join(f"{name}/{key}: {why}" for (name, key), why in reasons.items()))
        self.reasons = reasons
        self.moved = moved


class Store:
    """What the documents need of a store; `mongo.Database` is the real one."""

    async def load(self, kind: Kind[Any], keys: Sequence[str]) -> Mapping[str, Stored | DocumentUnreadable]:
        """The documents with these keys, in one query."""
        raise NotImplementedError

    async def commit(self, writes: Sequence[Write]) -> set[Place]:
        """Write each document if it is still at the version that was read.

        Durable on a majority when it returns. Answers those that were not written, because they had moved.

        Raises:
            SomeUnstorable: some can never be written.
        """
        raise NotImplementedError


class Documents:
    """Applies messages to documents in batches; the one road on which anything ever changes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def apply(self, works: Sequence[Work]) -> list[Outcome]:
        """Decide and commit; answers one outcome per work, in order.

        When it returns, everything that was applied is durable. A document that cannot be read or stored rejects the
        works at fault and no other. Raises the store's error if the store is away: then some may be committed and some
        not, and the same works can be applied again without harm.
        """
        outcomes: list[Outcome | None] = [None] * len(works)
        await self._settle(works, outcomes, list(range(len(works))))
        return [outcome for outcome in outcomes if outcome is not None]

    async def _settle(self, works: Sequence[Work], outcomes: list[Outcome | None], open_: list[int]) -> None:
        """Round after round, until no document moves any more."""
        while open_:
            unwritten, unstorable = await self._round(works, outcomes, open_)
            for place, why in unstorable.items():
                indices = [i for i in open_ if works[i].place == place]
                if isinstance(why, DocumentFenced):
                    for index in indices:
                        outcomes[index] = FENCED
                elif len(indices) == 1:
                    log.error("a document cannot be stored", document="/".join(place), why=str(why))
                    outcomes[indices[0]] = Rejected(why)
                else:  # find the work at fault
                    for index in indices:
                        await self._settle(works, outcomes, [index])
            open_ = [i for i in open_ if works[i].place in unwritten]

    async def _round(
        self, works: Sequence[Work], outcomes: list[Outcome | None], open_: Sequence[int]
    ) -> tuple[set[Place], Mapping[Place, DocumentUnstorable]]:
        """Load, decide and commit the open works once; answers the documents that moved and those beyond storing."""
        now = self._clock.now()
        groups: dict[str, tuple[Kind[Any], dict[str, list[int]]]] = {}
        for index in open_:
            work = works[index]
            _, keys = groups.setdefault(work.kind.collection, (work.kind, {}))
            keys.setdefault(work.key, []).append(index)
        writes: list[Write] = []
        for kind, keys in groups.values():
            with telemetry.step("store load", **_of_store(kind.collection, len(keys))):
                stored = await self._store.load(kind, list(keys))
            for key, indices in keys.items():
                fold = Fold(key, stored.get(key))
                for index in indices:
                    outcomes[index] = fold.step(works[index], now)
                if write := fold.write(kind):
                    writes.append(write)
        if not writes:
            return set(), {}
        try:
            with telemetry.step("store commit", **_of_store(",".join(groups), len(writes))) as span:
                moved = await self._store.commit(writes)
                span.set_attribute("sihao.conflicts", len(moved))
        except SomeUnstorable as found:
            return found.moved, found.reasons
        metrics.VERSION_CONFLICTS.inc(len(moved))
        count_decisions(o for i in open_ if works[i].place not in moved and (o := outcomes[i]) is not None)
        return moved, {}


def _of_store(collection: str, documents: int) -> dict[str, str | int]:
    return {"db.system.name": "mongodb", "db.collection.name": collection, "db.operation.batch.size": documents}
