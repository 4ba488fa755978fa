"""Time acts on documents: whatever deadline has passed is applied once, however late the tick comes."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from shared.kernel.actor import CLOCK
from shared.kernel.canonical import digest
from shared.kernel.change import Due
from shared.kernel.identity import due_id
from shared.runtime import metrics, telemetry
from shared.runtime.clock import Clock
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay
from shared.runtime.work import Applied, Work

_PAGE = 200


class Deadlines:
    """Looks for documents whose deadline has passed, and lets their kind's `on_due` act."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        relay: Relay,
        *,
        clock: Clock,
        kinds: Sequence[Kind[Any]],
        every: float,
        forgotten: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        """`forgotten` tells which documents are being recovered: on them time acts when they are back."""
        self._database = database
        self._documents = documents
        self._relay = relay
        self._clock = clock
        self._kinds = [kind for kind in kinds if kind.on_due]
        self._every = every
        self._forgotten = forgotten

    async def run(self) -> None:
        """For ever: look, act, pause. A document that its deadline does not change holds up no other."""
        while True:
            for kind in self._kinds:
                now = self._clock.now()
                async for due in self._database.due(kind, now, _PAGE):
                    metrics.DEADLINE_LAG.set((now - due[0][1]).total_seconds())
                    await self._act(kind, due)
            await asyncio.sleep(self._every)

    async def _act(self, kind: Kind[Any], due: Sequence[tuple[str, datetime]]) -> None:
        if kind.on_due is None:
            return
        with telemetry.tracer().start_as_current_span(f"deadlines {kind.collection}"):
            works = [
                Work(
                    kind=kind,
                    key=key,
                    message=Due(at=at),
                    decide=kind.on_due,
                    what="due",
                    by=CLOCK,
                    cause=due_id(f"{kind.collection}/{key}", at.isoformat()),
                    content=digest(at.isoformat()),
                    trace=telemetry.inject_headers(),
                )
                for key, at in due
                if key not in self._forgotten()
            ]
            outcomes = await self._documents.apply(works)
            await self._relay.send([item for o in outcomes if isinstance(o, Applied) for item in o.outgoing])
