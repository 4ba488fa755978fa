"""The road of HTTP commands: concurrent commands share one commit, and each gets its own answer.

A command is answered only after the journaled majority write; publishing follows at once, and an outbox that a crash
leaves is swept. The same idempotency key answers the same result; the same key with other content is a conflict.
"""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from opentelemetry.trace import Span, get_current_span
from pydantic import BaseModel

from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.kernel.change import Decider, NotYet, Refused
from shared.kernel.history import Entry
from shared.kernel.identity import command_id
from shared.kernel.problem import Problem, problem
from shared.kernel.state import State
from shared.runtime import telemetry
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.logs import get_logger
from shared.runtime.mongo import Database, StoreError
from shared.runtime.outbox_spans import describe
from shared.runtime.problems import HandingOver, Unavailable
from shared.runtime.relay import Relay
from shared.runtime.work import Applied, Fenced, Outcome, Rejected, Waiting, Work

log = get_logger(__name__)
S = TypeVar("S", bound=State)


class Asked(NamedTuple):
    """A command that waits for its batch."""

    work: Work
    answer: asyncio.Future[Outcome]
    span: Span
    """That of its caller."""


@dataclass(frozen=True)
class Done(Generic[S]):
    """What a command did."""

    state: S | None
    """The state after it; None only if there is no such document and nothing was to be done."""
    version: int
    """The document's version."""
    repeated: bool
    """Whether it had been done before, under the same idempotency key."""
    entry: Entry | None
    """Its entry in the history; None if it changed nothing."""


class Commands:
    """Group commit for commands: takes what is waiting, commits it together, answers each."""

    def __init__(self, database: Database, documents: Documents, relay: Relay, *, batch_limit: int) -> None:
        self._database = database
        self._documents = documents
        self._relay = relay
        self._limit = batch_limit
        self._waiting: asyncio.Queue[Asked] = asyncio.Queue()
        self.forgotten: Collection[str] = frozenset()
        """Keys of documents of which this store is known to have forgotten an announced act; nobody acts on them."""

    async def do(
        self,
        kind: Kind[S],
        key: str,
        command: BaseModel,
        decide: Decider[S, Any],
        *,
        what: str,
        by: Actor,
        idempotency_key: str | None = None,
    ) -> Done[S]:
        """Have `decide` act on one document; durable when it returns.

        Raises:
            Refused: the domain says no, or the idempotency key was used with other content, or the document is being
                recovered.
            HandingOver: the area is on its way to another store.
            Unavailable: the store did not answer. Whether it was done is then unknown; the same call, under the same
                idempotency key, does it or answers what was done.
        """
        if key in self.forgotten and by.role != "service":
            raise Refused(_forgotten(key))
        cause = (
            command_id(by.id, f"{what} {kind.collection}/{key}", idempotency_key)
            if idempotency_key
            else str(uuid.uuid4())
        )
        work = Work(
            kind=kind,
            key=key,
            message=command,
            decide=decide,
            what=what,
            by=by,
            cause=cause,
            content=digest(command.model_dump(mode="json")),
            trace=telemetry.inject_headers(),
        )
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(Asked(work, answer, span := get_current_span()))
        outcome = await answer
        describe(span, outcome)
        return await self._done(work, outcome)

    async def run(self) -> None:
        """For ever: commit what is waiting, together."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._limit and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                with telemetry.together("commit", [asked.span for asked in batch]):
                    outcomes = await self._documents.apply([asked.work for asked in batch])
            except StoreError as error:
                _fail(batch, Unavailable("store", certain=False).with_traceback(error.__traceback__))
            except Exception as error:
                log.exception("commands failed", count=len(batch))
                _fail(batch, error)
            except asyncio.CancelledError:
                for asked in batch:
                    asked.answer.cancel()
                raise
            else:
                self._answer(batch, outcomes)

    def _answer(self, batch: Sequence[Asked], outcomes: Sequence[Outcome]) -> None:
        for asked, outcome in zip(batch, outcomes, strict=True):
            if not asked.answer.done():  # the caller may have left
                asked.answer.set_result(outcome)
        self._relay.hand_over([item for o in outcomes if isinstance(o, Applied) for item in o.outgoing])

    async def _done(self, work: Work, outcome: Outcome) -> Done[Any]:
        if isinstance(outcome, Rejected):
            raise outcome.error
        if isinstance(outcome, Fenced):
            raise HandingOver
        if isinstance(outcome, Waiting):
            raise NotYet(outcome.missing)
        if isinstance(outcome, Applied):
            return Done(outcome.state, outcome.version, repeated=False, entry=outcome.entry)
        if not outcome.repeated:
            return Done(outcome.state, outcome.version, repeated=False, entry=None)
        try:
            entries = await self._database.history(work.kind, work.key)
        except StoreError as error:
            raise Unavailable("store", certain=False) from error
        entry = next(entry for entry in entries if entry.cause == work.cause)
        if entry.content != work.content:
            raise Refused(
                problem(
                    "idempotency.conflict",
                    "Idempotency-Key",
                    rule=("同一个幂等键只能用于同样的内容", "one idempotency key stands for one content"),
                    remedy=("内容不同请换一个新的键", "use a new key for other content"),
                )
            )
        return Done(outcome.state, outcome.version, repeated=True, entry=entry)


def _forgotten(key: str) -> Problem:
    return problem(
        "store.recovering",
        key,
        rule=(
            f"数据库由备份恢复，{key} 已宣布的决定尚未找回，此时再作决定会前后矛盾。",
            (
                f"The store was put back from a backup; what was announced of {key} is not back yet, and to decide "
                "again would contradict it."
            ),
        ),
        remedy=(
            "请稍候再办；进度见 /readyz 或 sihao province reconcile。",
            "Try again shortly; see /readyz or sihao province reconcile for the progress.",
        ),
    )


def _fail(batch: Sequence[Asked], error: Exception) -> None:
    for asked in batch:
        if not asked.answer.done():
            asked.answer.set_exception(error)
