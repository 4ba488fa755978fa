"""Time acts on documents: whatever deadline has passed is applied once, however late the tick comes."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from opentelemetry.context import Context

from shared.kernel.actor import CLOCK
from shared.kernel.canonical import digest
from shared.kernel.change import Due
from shared.kernel.identity import due_id
from shared.runtime import metrics, telemetry
from shared.runtime.abreast import acts_until
from shared.runtime.clock import Clock
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.outbox_spans import describe
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
        behind: Callable[[], bool] = lambda: False,
        held: timedelta = timedelta(),
        forgotten: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        """While the service is `behind`, what a message may answer is held back, for as long as `held` at the most.

        `forgotten` tells which documents are being recovered: on them time acts when they are back.
        """
        self._database = database
        self._documents = documents
        self._relay = relay
        self._clock = clock
        self._kinds = [kind for kind in kinds if kind.on_due]
        self._every = every
        self._behind = behind
        self._held = held
        self._forgotten = forgotten

    async def run(self) -> None:
        """For ever: look, act, pause. A document that its deadline does not change holds up no other."""
        while True:
            for kind in self._kinds:
                now = self._clock.now()
                until = acts_until(now, behind=self._behind(), answerable=kind.answerable, held=self._held)
                async for due in self._database.due(kind, until, _PAGE):
                    metrics.DEADLINE_LAG.set((now - due[0][1]).total_seconds())
                    await self._act(kind, [one for one in due if one[0] not in self._forgotten()])
            metrics.DEADLINE_SWEEP.set_to_current_time()
            await asyncio.sleep(self._every)

    async def _act(self, kind: Kind[Any], due: Sequence[tuple[str, datetime]]) -> None:
        if kind.on_due is None:
            return
        tracer = telemetry.tracer()
        spans = [tracer.start_span(f"due {kind.collection}", context=Context()) for _ in due]
        try:
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
                    trace=telemetry.inject_headers(span),
                )
                for (key, at), span in zip(due, spans, strict=True)
            ]
            with telemetry.together("deadlines", spans):
                outcomes = await self._documents.apply(works)
            for span, outcome in zip(spans, outcomes, strict=True):
                describe(span, outcome)
            outgoing = [item for outcome in outcomes if isinstance(outcome, Applied) for item in outcome.outgoing]
            await self._relay.send(outgoing)
        finally:
            for span in spans:
                span.end()
