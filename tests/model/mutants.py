"""The runtime with one guard removed. Each of these has to be found out, or the machine is worth nothing.

What a mutant replaces is wrapped, not rewritten, so that it stays a mutant of the code as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from itertools import count
from typing import Any
from unittest.mock import patch

from pymongo import UpdateOne

from shared.runtime import commands, deadlines, mongo, work
from shared.runtime.dead import DeadLetters
from shared.runtime.fold import Fold, Write
from shared.runtime.lane import Lane, Session
from shared.runtime.message import Message
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay
from shared.runtime.work import Outgoing

Mutant = Callable[[], AbstractContextManager[Any]]


def ack_before_commit() -> AbstractContextManager[Any]:
    """The lane acknowledges first and acts then."""
    handle = Lane._handle

    async def hasty(self: Lane, batch: Sequence[Message], session: Session) -> list[Message]:
        await self._acknowledge(batch, session)
        return await handle(self, batch, session)

    return patch.object(Lane, "_handle", hasty)


def skip_heard() -> AbstractContextManager[Any]:
    """What was heard in earlier batches is forgotten."""
    step = Fold.step

    def forgetful(self: Fold, *given: Any) -> Any:
        self.heard = frozenset()
        return step(self, *given)

    return patch.object(Fold, "step", forgetful)


def clear_before_confirm() -> AbstractContextManager[Any]:
    """Facts leave their outbox as soon as they are handed to the broker."""
    send = Relay.send

    async def trusting(self: Relay, outgoing: Sequence[Outgoing]) -> None:
        for item in outgoing:
            self._sent.put_nowait(item)
        await send(self, outgoing)

    return patch.object(Relay, "send", trusting)


def write_in_two_steps() -> AbstractContextManager[Any]:
    """State and history first, the outbox by a second write."""
    commit = Database.commit

    async def torn(self: Database, writes: Sequence[Write]) -> set[tuple[str, str]]:
        moved = await commit(self, [replace(write, facts=()) for write in writes])
        for write in writes:
            if (write.kind.collection, write.key) not in moved:
                push = {"$push": {"outbox": {"$each": [asdict(fact) for fact in write.facts]}}}
                await self.collection(write.kind.collection).bulk_write(
                    [UpdateOne({"_id": write.key}, push)], ordered=False
                )
        return moved

    return patch.object(Database, "commit", torn)


def random_event_ids() -> AbstractContextManager[Any]:
    """The same decision, taken twice, announces other events."""
    return patch.object(work, "event_id", _unlike)


def random_command_ids() -> AbstractContextManager[Any]:
    """A request that is repeated is another request."""
    return patch.object(commands, "command_id", _unlike)


def random_deadline_ids() -> AbstractContextManager[Any]:
    """A deadline that two processes see passes twice."""
    return patch.object(deadlines, "due_id", _unlike)


def no_version_guard() -> AbstractContextManager[Any]:
    """A document is written whatever became of it meanwhile."""
    update = mongo._update

    def unguarded(write: Write) -> UpdateOne:
        return UpdateOne({"_id": write.key}, update(write)._doc)

    return patch.object(mongo, "_update", unguarded)


def conflicts_ignored() -> AbstractContextManager[Any]:
    """What met a conflict is not decided again."""
    commit = Database.commit

    async def careless(self: Database, writes: Sequence[Write]) -> set[tuple[str, str]]:
        await commit(self, writes)
        return set()

    return patch.object(Database, "commit", careless)


def clear_whole_outbox() -> AbstractContextManager[Any]:
    """A confirm clears the document's outbox, not the fact."""

    async def sweeping(self: Database, sent: Sequence[Outgoing]) -> None:
        for item in sent:
            await self.collection(item.collection).update_many({"_id": item.key}, {"$set": {"outbox": []}})

    return patch.object(Database, "clear", sweeping)


@contextmanager
def publish_before_commit() -> Iterator[None]:
    """Facts are announced before it is sure that they are."""
    commit, begin = Database.commit, Relay.__init__

    def remembering(self: Relay, database: Any, publisher: Any, *given: Any, **named: Any) -> None:
        database.publisher = publisher
        begin(self, database, publisher, *given, **named)

    async def premature(self: Any, writes: Sequence[Write]) -> set[tuple[str, str]]:
        await self.publisher.publish([fact for write in writes for fact in write.facts])
        return await commit(self, writes)

    with patch.object(Relay, "__init__", remembering), patch.object(Database, "commit", premature):
        yield


def returned_is_sent() -> AbstractContextManager[Any]:
    """What no queue is bound for counts as published."""
    begin = Relay.__init__

    def indifferent(self: Relay, *given: Any, **named: Any) -> None:
        begin(self, *given, **{**named, "may_go_unheard": ["toy.ping.v1", "toy.pong.v1"]})

    return patch.object(Relay, "__init__", indifferent)


def ack_over_held() -> AbstractContextManager[Any]:
    """One frame acknowledges everything up to the newest, what is still held included."""

    async def generous(_: Lane, done: Sequence[Message], session: Session) -> None:
        if done and session.consumption is not None:
            await session.consumption.ack(max(message.tag for message in done), multiple=True)

    return patch.object(Lane, "_acknowledge", generous)


def not_yet_is_never() -> AbstractContextManager[Any]:
    """What comes before its prerequisite is dropped."""
    take = Message.take

    def impatient(self: Message, outcomes: Any) -> None:
        take(self, outcomes)
        self.missing = None

    return patch.object(Message, "take", impatient)


def no_parking() -> AbstractContextManager[Any]:
    """What cannot be accepted is dropped."""

    async def dropped(_: DeadLetters, __: Any) -> None:
        pass

    return patch.object(DeadLetters, "park", dropped)


MUTANTS: tuple[Mutant, ...] = (
    ack_before_commit,
    skip_heard,
    clear_before_confirm,
    write_in_two_steps,
    random_event_ids,
    random_command_ids,
    random_deadline_ids,
    no_version_guard,
    conflicts_ignored,
    clear_whole_outbox,
    publish_before_commit,
    returned_is_sent,
    ack_over_held,
    not_yet_is_never,
    no_parking,
)

_numbers = count()


def _unlike(*_: Any) -> str:
    """An id that nothing can be told from."""
    return f"random-{next(_numbers)}"
