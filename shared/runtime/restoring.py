"""A restored store gets back what it has forgotten, from the archive.

The service is stopped. What it heard since the backup is decided again on its documents. The archive also knows what
the service announced then, and that tells how it was decided the first time: a decision with an announced effect is
taken only when it has that effect again; it is dated as it was, so that it comes to the same words and the same hashes;
and it is not announced again. Decisions without an effect come behind those, kind by kind: a withdrawal must not
overtake the score that was announced before it, only because that still waits for its round. All this is repeated until
everything is back and nothing waits, or nothing changes any more.

An own fact that no message caused (an officer's act, a deadline) is told to the documents last: they come to what it
says, and their history names it (`Restorable.recalled`). One that a message did cause waits for that message.

What is left would announce something the archive does not know, or waits, or is refused. It goes back into the
service's own queue, where the service sees to it like to any message.

While broker or store are away it holds what it has and goes on when they are back. Harmless to break off and to repeat,
because `heard` is never wrong.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from shared.kernel.change import Change, NotYet
from shared.kernel.identity import event_id
from shared.kernel.state import State
from shared.runtime.amqp import BrokerError, Nacked
from shared.runtime.documents import Documents
from shared.runtime.guard import Guard
from shared.runtime.message import Message
from shared.runtime.mongo import StoreError
from shared.runtime.patience import Told, patiently
from shared.runtime.queues import Parcel, SendAll
from shared.runtime.recollection import Named, Recollection, short
from shared.runtime.work import Applied, Outcome, Outgoing, Unchanged, Work

_MOST_FACTS = 3
"""Facts that a document announces because of one message, at the most."""
Accepts = Callable[[Work, bool, bool], bool]
"""Whether a decision may be taken: the work, whether it had an announced effect then, and whether it has one now."""


@dataclass
class Given:
    """What came of it, by event."""

    applied: Counter[str] = field(default_factory=Counter)
    """Messages that changed a document."""
    queued: Counter[str] = field(default_factory=Counter)
    """Messages that the service itself will see to."""
    otherwise: list[Named] = field(default_factory=list)
    """Facts that were announced in other words than they are decided in now."""


class Restoring:
    """One restore of one store."""

    def __init__(
        self,
        archive: Recollection,
        documents: Documents,
        told: Told,
        guard: Guard | None = None,
    ) -> None:
        """`archive` has learnt what there is; `told` hears of every failure that is waited for.

        `guard` sees that only what could be believed at its place in the archive is decided again.
        """
        self._archive = archive
        self._documents = documents
        self._told = told
        self._guard = guard
        self._held: set[str] = set()
        """Kinds of documents on which something with an announced effect still waits."""
        self._settled = -1
        """Effects found in the store by the last pass; a write that was done and unanswered counts, too."""
        self._done: dict[tuple[int, str], int] = {}
        """Messages of which every effect is in the store, and how many these are: nothing is left to be decided.
        By subscription and id."""
        self._left = False
        """Whether the last pass left something: it waits, or is refused."""
        self._recalled = frozenset(map(id, archive.service.recalled))
        self._caused: set[str] = set()
        """Ids that facts have which messages cause."""
        self._wait_for_causes = True
        self._waited = False

    async def give_back(self, send: SendAll) -> Given:
        """Decide again what was decided, and put the rest into the service's queues.

        Raises:
            Unroutable: a queue of the service does not exist.
        """
        given = Given()
        await self._archive.hush()
        while await self._round(given):
            pass
        if self._waited:
            self._wait_for_causes = False  # the messages that caused them are not in the archive any more
            while await self._round(given):
                pass
        if self._left:
            await self._hand_back(given, send)
        await self._archive.hush()  # what an interrupted write left in an outbox was announced long ago
        return given

    async def _hand_back(self, given: Given, send: SendAll) -> None:
        """Put what is left into the service's own queues."""
        queues = {subscription.queue for subscription in self._archive.service.table}
        async for batch in self._archive.batches(self._is_done):
            await self._apply(batch, _never, given)
            left = [m for m in batch if m.queue in queues and id(m.subscription) not in self._recalled and _is_left(m)]
            if left:
                await self._queue(left, send)
                given.queued.update(message.label for message in left)

    async def _queue(self, left: Sequence[Message], send: SendAll) -> None:
        parcels = [Parcel(m.queue, m.raw.body, _properties(m.raw)) for m in left]
        await patiently(lambda: send(parcels), (*BrokerError, Nacked), self._told)

    async def _round(self, given: Given) -> bool:
        """Take what can be taken now; answers whether another round may find more."""
        before = self._settled
        self._held.clear()
        await self._decide(_with_effect, given)
        held = frozenset(self._held)

        def without_effect(work: Work, then: bool, now: bool) -> bool:  # noqa: FBT001
            return not then and not now and work.kind.collection not in held

        await self._decide(without_effect, given)
        if held and self._settled == before:  # what they wait for will not come
            await self._decide(_without_effect, given)
        return self._settled != before and (self._left or bool(await self._archive.forgotten()))

    async def _decide(self, may: Accepts, given: Given) -> None:
        """Take these decisions, once through the archive."""
        open_, self._left = 0, False
        async for batch in self._archive.batches(self._is_done):
            await self._apply(batch, may, given)
            given.applied.update(
                message.label for message in batch if any(isinstance(o, Applied) for o in message.outcomes)
            )
            self._left = self._left or any(map(_is_left, batch))
            for message in batch:
                effects = sum(map(_is_in_the_store, message.outcomes))
                if effects and effects == len(message.outcomes) and message.missing is None:
                    self._done[_name(message)] = effects
                else:
                    open_ += effects
        self._settled = open_ + sum(self._done.values())

    def _is_done(self, message: Message) -> bool:
        return _name(message) in self._done

    async def _apply(self, batch: Sequence[Message], may: Accepts, given: Given) -> None:
        """Decide these messages as far as it may be done, and do not have it announced again."""
        for message in batch:
            message.read()
        again = await patiently(lambda: self._decided(batch, may), (StoreError,), self._told)
        for fact in (item.fact for item in again):
            if self._archive.announced[fact.id].body != short(fact.body.encode()):
                given.otherwise.append(Named(fact.id, fact.type, fact.subject, datetime.fromisoformat(fact.time)))
        if again:
            await patiently(lambda: self._archive.clear(again), (StoreError,), self._told)

    async def _decided(self, batch: Sequence[Message], may: Accepts) -> list[Outgoing]:
        """Decide and commit; answers what would be announced again."""
        routed: list[tuple[Message, list[Work]]] = []
        for message in batch:
            message.begin_again()
        if self._guard:
            await self._guard.examine(batch)
        for message in batch:
            free = message.dead is None and message.missing is None
            found = await message.route() if free else []
            works = [self._as_before(work, message, may) for work in found]
            routed.append((message, works))
            if message.missing is not None and message.subscription is not None:
                self._held.update(reaction.kind.collection for reaction in message.subscription.reactions)
        outcomes = iter(await self._documents.apply([work for _, works in routed for work in works]))
        again: list[Outgoing] = []
        for message, works in routed:
            message.take([next(outcomes) for _ in works])
        if self._guard:
            await self._guard.keep([m for m in batch if any(_is_in_the_store(o) for o in m.outcomes)])
        for message in batch:
            again += [item for o in message.outcomes if isinstance(o, Applied) for item in o.outgoing]
        return [item for item in again if item.fact.id in self._archive.announced]

    def _as_before(self, work: Work, message: Message, may: Accepts) -> Work:
        """The work, to be decided as of the first time, if that is known; only if it may be, else it waits."""
        place = "/".join(work.place)
        before = self._archive.announced.get(event_id(work.cause, place, 0))
        recalled = id(message.subscription) in self._recalled
        if not recalled:
            self._caused.update(event_id(work.cause, place, index) for index in range(_MOST_FACTS))

        def decide(state: State | None, message: Any, now: datetime) -> Change[State] | None:
            change: Change[State] | None = work.decide(state, message, now)
            if recalled and change is not None and self._wait_for_causes and work.cause in self._caused:
                self._waited = True
                raise NotYet("what caused it")
            if change is not None and not may(work, before is not None, bool(change.facts)):
                raise NotYet("its turn")
            return change

        def noting(state: State | None, message: Any, now: datetime) -> Change[State] | None:
            try:
                return decide(state, message, now)
            except NotYet:
                self._held.add(work.kind.collection)
                raise

        return replace(work, decide=noting if before else decide, at=before.at if before else message.envelope.time)


def _name(message: Message) -> tuple[int, str]:
    return id(message.subscription), message.envelope.id


def _is_left(message: Message) -> bool:
    """Whether it waits, or is refused."""
    return message.missing is not None or message.dead is not None


def _is_in_the_store(outcome: Outcome) -> bool:
    return isinstance(outcome, Applied) or (isinstance(outcome, Unchanged) and outcome.repeated)


def _with_effect(_: Work, then: bool, now: bool) -> bool:  # noqa: FBT001
    return then and now


def _without_effect(_: Work, then: bool, now: bool) -> bool:  # noqa: FBT001
    return not then and not now


def _never(_: Work, then: bool, now: bool) -> bool:  # noqa: ARG001, FBT001
    return False


def _properties(raw: DeliveredMessage) -> Basic.Properties:
    """The properties as they were before the archive added its own."""
    properties = copy(raw.header.properties)
    properties.headers = {k: v for k, v in (properties.headers or {}).items() if k != "x-stream-offset"}
    return properties
