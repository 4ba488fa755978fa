"""Services made wrong on purpose, one promise at a time: the suite must notice every one of them.

A mutant is applied by the launcher before the service starts; no production code knows of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.runtime.amqp import Consumption
from shared.runtime.dead import DeadLetter, DeadLetters
from shared.runtime.fold import Fold, Stored, Write
from shared.runtime.lane import Lane, Session
from shared.runtime.message import Message
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay
from shared.runtime.work import Outgoing


@dataclass(frozen=True)
class Mutant:
    """One broken promise."""

    what: str
    """What it does wrong."""
    apply: Callable[[], None]
    """Makes it so, in this process."""
    faults: tuple[str, ...]
    """Faults that bring it to light."""
    points: tuple[str, ...] = ()
    """Where processes are to die, if they are."""


def _replace(owner: type, name: str, wrong: Callable[..., Any]) -> None:
    setattr(owner, name, wrong)


def _acknowledge_before_commit() -> None:
    handle = Lane._handle  # noqa: SLF001 - a mutant changes what is inside

    async def wrong(this: Lane, batch: Sequence[Message], session: Session) -> list[Message]:
        if session.consumption is not None and batch:
            await session.consumption.ack(max(message.tag for message in batch), multiple=True)
        return await handle(this, batch, session)

    async def no_more(_this: Lane, _done: Sequence[Message], _session: Session) -> None:
        """Everything is acknowledged already."""

    _replace(Lane, "_handle", wrong)
    _replace(Lane, "_acknowledge", no_more)


def _skip_heard() -> None:
    begin = Fold.__init__

    def forgetful(this: Fold, key: str, stored: Stored | None) -> None:
        begin(this, key, stored)
        this.heard = frozenset()

    _replace(Fold, "__init__", forgetful)


def _clear_before_confirm() -> None:
    send = Relay.send

    async def hasty(this: Relay, outgoing: Sequence[Outgoing]) -> None:
        await this._database.clear(outgoing)  # noqa: SLF001 - a mutant reaches inside
        await send(this, outgoing)

    _replace(Relay, "send", hasty)


def _write_in_two_steps() -> None:
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


def _forget_poison() -> None:
    async def drop(_this: DeadLetters, _letters: Sequence[DeadLetter]) -> None:
        """Put nothing aside."""

    _replace(DeadLetters, "park", drop)


def _never_acknowledge() -> None:
    async def silent(_this: Consumption, _tag: int, **_how: Any) -> None:
        """Keep the broker waiting."""

    _replace(Consumption, "ack", silent)


MUTANTS: Mapping[str, Mutant] = {
    "acknowledge-before-commit": Mutant(
        "acknowledges a message before its effect is durable",
        _acknowledge_before_commit,
        ("F2",),
        ("before-commit",),
    ),
    "skip-heard": Mutant("forgets which messages and commands it has applied", _skip_heard, ("F9",)),
    "clear-before-confirm": Mutant(
        "clears the outbox before the broker has confirmed",
        _clear_before_confirm,
        ("F2",),
        ("before-publish",),
    ),
    "write-in-two-steps": Mutant(
        "writes the state first and the outbox afterwards",
        _write_in_two_steps,
        ("F2",),
        ("after-commit",),
    ),
    "forget-poison": Mutant("drops what it cannot read", _forget_poison, ("F11",)),
    "never-acknowledge": Mutant("does its work and never says so", _never_acknowledge, ("F9",)),
}
"""By name."""
