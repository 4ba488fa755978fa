"""Ways of doing it wrong: each breaks one promise of the runtime, in the process that calls it.

What is replaced is wrapped, not rewritten, so that it stays wrong code of the runtime as it is.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from types import ModuleType, SimpleNamespace
from typing import Any

from pamqp.commands import Basic

from shared.runtime import amqp, lane, topology, wave
from shared.runtime.amqp import Publisher
from shared.runtime.consuming import Consumption
from shared.runtime.dead import DeadLetter, DeadLetters
from shared.runtime.fold import DocumentUnreadable, Fold, Stored, Write
from shared.runtime.lane import Lane, Session
from shared.runtime.message import Message
from shared.runtime.mongo import Database, StoreError
from shared.runtime.relay import Relay
from shared.runtime.work import Outgoing

_WINDOW = 5.0
"""Seconds for which an inbox with a window remembers."""
_LAZY = 1.0
"""Seconds after which a lazy outbox is emptied."""
_LIMIT = 20
"""Deliveries that RabbitMQ 4 allows unless told otherwise."""
_CIRCUIT = 1.0
"""Seconds for which a circuit breaker asks no more."""
_LATE = 6.0
"""Seconds by which intake comes late where nobody minds that nobody listens."""


def _replace(owner: type | ModuleType, name: str, wrong: Any) -> None:
    setattr(owner, name, wrong)


def acknowledge_before_commit() -> None:
    """Acknowledge a message before its effect is durable."""
    handle = Lane._handle  # noqa: SLF001 - a mutant changes what is inside

    async def wrong(this: Lane, batch: Sequence[Message], session: Session) -> list[Message]:
        if session.consumption is not None and batch:
            await session.consumption.ack(max(message.tag for message in batch), multiple=True)
        return await handle(this, batch, session)

    async def no_more(_this: Lane, _done: Sequence[Message], _session: Session) -> None:
        """Everything is acknowledged already."""

    _replace(Lane, "_handle", wrong)
    _replace(Lane, "_acknowledge", no_more)


def skip_heard() -> None:
    """Forget which messages and commands were applied."""
    begin = Fold.__init__

    def forgetful(this: Fold, key: str, stored: Stored | DocumentUnreadable | None) -> None:
        begin(this, key, stored)
        this.heard = frozenset()

    _replace(Fold, "__init__", forgetful)


def clear_before_confirm() -> None:
    """Clear the outbox before the broker has confirmed."""
    send = Relay.send

    async def hasty(this: Relay, outgoing: Sequence[Outgoing]) -> None:
        await this._database.clear(outgoing)  # noqa: SLF001 - a mutant reaches inside
        await send(this, outgoing)

    _replace(Relay, "send", hasty)


def write_in_two_steps() -> None:
    """Write the state first and the outbox afterwards."""
    commit = Database.commit

    async def torn(this: Database, writes: Sequence[Write]) -> set[tuple[str, str]]:
        lost = await commit(this, [replace(write, facts=()) for write in writes])
        for write in writes:
            if write.facts and (write.kind.collection, write.key) not in lost:
                facts = [vars(fact) for fact in write.facts]
                documents = this.collection(write.kind.collection)
                await documents.update_one({"_id": write.key}, {"$push": {"outbox": {"$each": facts}}})
        return lost

    _replace(Database, "commit", torn)


def forget_poison() -> None:
    """Drop what cannot be read."""

    async def drop(_this: DeadLetters, _letters: Sequence[DeadLetter]) -> None:
        """Put nothing aside."""

    _replace(DeadLetters, "park", drop)


def never_acknowledge() -> None:
    """Do the work and never say so."""

    async def silent(_this: Consumption, _tag: int, **_how: Any) -> None:
        """Keep the broker waiting."""

    _replace(Consumption, "ack", silent)


def reject_on_error() -> None:
    """Let go of a batch for good when the store does not answer: the default of many a framework."""

    async def reject(consumption: Consumption, tag: int) -> None:
        await consumption.channel.basic_reject(tag, requeue=False)

    _without_patience(reject)


def give_back_on_error() -> None:
    """Give a batch back at once when the store does not answer, behind a circuit breaker, where deliveries count."""

    async def give_back(consumption: Consumption, tag: int) -> None:
        await consumption.channel.basic_nack(tag, requeue=True)

    declared = topology.event_queue

    def limited(*given: Any) -> SimpleNamespace:
        queue = declared(*given)
        return SimpleNamespace(name=queue.name, arguments={**queue.arguments, "x-delivery-limit": _LIMIT})

    _without_patience(give_back, open_for=_CIRCUIT)
    _replace(amqp, "event_queue", limited)


def _without_patience(otherwise: Callable[[Consumption, int], Awaitable[None]], *, open_for: float = 0.0) -> None:
    handle = Lane._handle  # noqa: SLF001 - a mutant changes what is inside
    closed_again = [0.0]

    async def once(_what: str, step: Callable[[], Awaitable[Any]]) -> Any:
        if monotonic() < closed_again[0]:
            raise StoreError("the circuit is open")
        try:
            return await step()
        except StoreError:
            closed_again[0] = monotonic() + open_for
            raise

    async def wrong(this: Lane, batch: Sequence[Message], session: Session) -> list[Message]:
        try:
            return await handle(this, batch, session)
        except StoreError:
            for message in batch:
                if session.consumption is not None:
                    await otherwise(session.consumption, message.tag)
            return []

    _replace(lane, "_patiently", once)
    _replace(Lane, "_handle", wrong)


def publish_without_outbox() -> None:
    """Write, then publish, and keep nothing to publish again."""
    commit = Database.commit

    async def bare(this: Database, writes: Sequence[Write]) -> set[tuple[str, str]]:
        return await commit(this, [replace(write, facts=()) for write in writes])

    _replace(Database, "commit", bare)


def empty_the_outbox() -> None:
    """Empty outboxes as a whole, lazily, instead of taking out what was confirmed."""

    async def empty(this: Database, sent: Sequence[Outgoing]) -> None:
        await asyncio.sleep(_LAZY)
        for name in {item.collection for item in sent}:
            keys = list({item.key for item in sent if item.collection == name})
            await this.collection(name).update_many({"_id": {"$in": keys}}, {"$set": {"outbox": []}})

    _replace(Database, "clear", empty)


def remember_five_seconds() -> None:
    """Keep what was heard for five seconds only, as inboxes with a window do."""
    begin = Fold.__init__
    first_seen: dict[str, float] = {}

    def brief(this: Fold, key: str, stored: Stored | DocumentUnreadable | None) -> None:
        begin(this, key, stored)
        now = monotonic()
        this.heard = frozenset(id_ for id_ in this.heard if now - first_seen.setdefault(id_, now) < _WINDOW)

    _replace(Fold, "__init__", brief)


def transient_messages() -> None:
    """Classic queues, and messages that are not kept on disk."""
    declared, properties = topology.event_queue, amqp.properties_of

    def classic(*given: Any) -> SimpleNamespace:
        queue = declared(*given)
        kept = {name: queue.arguments[name] for name in ("x-dead-letter-exchange", "x-dead-letter-routing-key")}
        return SimpleNamespace(name=queue.name, arguments={"x-queue-type": "classic", **kept})

    def transient(*given: Any) -> Basic.Properties:
        made = properties(*given)
        made.delivery_mode = 1
        return made

    _replace(amqp, "event_queue", classic)
    _replace(amqp, "properties_of", transient)


def without_mandatory() -> None:
    """Publish whether anybody listens or not; and intake comes late, as nobody can forbid it to."""
    declare = Publisher.declare
    late = Path(os.environ["CHAOS_POINTS"]).name.startswith("intake")

    def optional(**given: Any) -> Basic.Publish:
        return Basic.Publish(**{**given, "mandatory": False})

    async def belated(this: Publisher, *given: Any) -> None:
        await asyncio.sleep(_LATE)
        await declare(this, *given)

    _replace(wave, "Basic", SimpleNamespace(Publish=optional, Properties=Basic.Properties))
    if late:
        _replace(Publisher, "declare", belated)
