"""Self-contained documents: state, history, what was heard, and the outbox, changed by one write.

    load (one query per kind) → decide (pure, in order) → commit (one unordered bulk per kind) → conflicts: again

One aggregate is one MongoDB document, so a single-document write commits all of it atomically, on a standalone, a
replica set or a sharded cluster. The filter of the write names the version that was read; a document that moved
meanwhile is loaded and decided again. A message whose id stands in `heard` is never applied twice, however late.
"""

from collections.abc import Sequence
from typing import Any

from shared.runtime import metrics
from shared.runtime.clock import Clock
from shared.runtime.fold import Fold, Stored, Write
from shared.runtime.kinds import Kind
from shared.runtime.work import Outcome, Work


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
