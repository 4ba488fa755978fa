"""A store that was put back from a backup recovers, while the service runs, from the facts that the centre gave back.

The same as `sihao restore` (`restoring.py`), with what was given back in the place of the archive: what was heard is
decided again as it was decided then, what was announced is not announced again, and an own act that no message caused
is recovered from the own fact, whose signature is verified first.
"""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, cast

from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader
from pydantic import ValidationError

from shared.contracts import EVENTS
from shared.contracts.event import Event
from shared.contracts.ledgers import ReturnedFact
from shared.contracts.text import text
from shared.kernel.returned import Fate, Returned
from shared.runtime.book import Book
from shared.runtime.dead import WAITED, DeadLetters
from shared.runtime.documents import Documents
from shared.runtime.envelope import SIGNATURE
from shared.runtime.evidence import key_of
from shared.runtime.guard import Guard
from shared.runtime.lane import Lane
from shared.runtime.logs import get_logger
from shared.runtime.message import Message, put_aside
from shared.runtime.mongo import Database
from shared.runtime.queues import Parcel
from shared.runtime.recollection import Recollection, Restorable, covers_key
from shared.runtime.restoring import Restoring
from shared.runtime.work import Fact

log = get_logger(__name__)


class Recovery:
    """Recovers one service's store."""

    def __init__(
        self,
        service: Restorable,
        *,
        database: Database,
        documents: Documents,
        guard: Guard,
        lane: Lane,
        dead_letters: DeadLetters,
        book: Book,
    ) -> None:
        self._service = service
        self.document_of = service.document_of
        """The key of the document that a fact with this subject is about."""
        self._database = database
        self._documents = documents
        self._guard = guard
        self._lane = lane
        self._dead = dead_letters
        self._book = book

    async def recover(self, given: Sequence[Returned], *, is_all: bool) -> Mapping[str, tuple[Fate, str]]:
        """Do what can be done with these facts; answers what became of them, and what they are about.

        One whose key is not known yet waits for it; an own one that finds no place waits for others, unless this
        `is_all`. The lane rests meanwhile. Harmless to break off and to repeat.
        """
        messages = {one.fact.id: _message(one.fact) for one in given}
        await self._guard.examine(list(messages.values()))
        fates: dict[str, tuple[Fate, str]] = {}
        believed: dict[str, Message] = {}
        for id_, message in messages.items():
            if message.missing is not None:  # its key has not come back yet
                continue
            if message.dead is not None or message.event is None or message.signed is None:
                letter = message.dead or put_aside(message, "unreadable", _UNREADABLE)
                await self._dead.park([letter])
                fates[id_] = ("refused", "")
            else:
                believed[id_] = message
        own = {id_: m for id_, m in believed.items() if self._guard.is_own(m)}
        lost, recovered = await self._decide(list(believed.values()), own.keys())
        placed = {id_: message for id_, message in own.items() if is_all or id_ not in lost}
        for id_, message in placed.items():
            fate: Fate = "lost" if id_ in lost else "recovered" if id_ in recovered else "decided"
            fates[id_] = (fate, _event(message).subject)
        await self._book.enter([_fact(message) for message in placed.values()])
        for id_, how in (await self._hand_on({i: m for i, m in believed.items() if i not in own})).items():
            fates[id_] = (how, _event(believed[id_]).subject)
        return fates

    async def _decide(
        self, messages: Sequence[Message], own: AbstractSet[str]
    ) -> tuple[AbstractSet[str], AbstractSet[str]]:
        """Decide again; answers which own facts no document knows now, and which were recovered."""
        in_order = sorted((m.raw for m in messages), key=_time)

        async def read() -> AsyncIterator[DeliveredMessage]:
            for raw in in_order:
                yield raw

        async with self._lane.between_batches:
            known = Recollection(self._service, self._database, read, lambda *_: None, _told, keep=self._book.keep)
            await known.learn()
            await Restoring(known, self._documents, _told, self._guard).give_back(_nowhere)
            lost = await known.forgotten()
        return lost, await self._recovered(own - lost)

    async def _recovered(self, ids: AbstractSet[str]) -> AbstractSet[str]:
        """Of own facts, those that a document heard itself, since nothing else told of the act."""
        named = {s.event.wire() for s in self._service.recalled}
        found = set[str]()
        for kind in self._service.kinds:
            where = {"history": {"$elemMatch": {"cause": {"$in": sorted(ids)}, "what": {"$in": sorted(named)}}}}
            async for document in self._database.collection(kind.collection).find(where, {"history": 1}):
                found.update(entry["cause"] for entry in document["history"] if not entry["facts"])
        return found & ids

    async def _hand_on(self, heard: Mapping[str, Message]) -> dict[str, Fate]:
        """What the centre sent and was not decided as it was then goes its way like any message."""
        keys = {key_of(m.signed.area, id_): id_ for id_, m in heard.items() if m.signed}
        done = {keys[key] for key in await self._guard.evidence.contents(keys.keys())}
        letters = [
            put_aside(_for(message, subscription.queue), WAITED, _GIVEN_BACK)
            for id_, message in heard.items()
            if id_ not in done
            for subscription in self._service.table
            if any(covers_key(binding, message.raw.routing_key or "") for binding in subscription.bindings)
        ]
        if letters:
            through = {letter.id for letter in await self._lane.try_again(letters)}
            await self._dead.park([letter for letter in letters if letter.id not in through])
        return {id_: "decided" if id_ in done else "handed on" for id_ in heard}


_UNREADABLE = text("交还的事实无法核验", "a fact that was given back cannot be verified")
_GIVEN_BACK = text("由中心交还，等待其所需的消息", "given back by the centre; waits for what it needs")


def _told(error: BaseException) -> None:
    log.warning("recovery waits for the store", error=type(error).__name__)


async def _nowhere(_: Sequence[Parcel]) -> None:
    """What is left is handed on afterwards."""


def _message(fact: ReturnedFact) -> Message:
    """A fact as it was delivered then; its event is read by its contract."""
    body, contract = fact.body.encode(), EVENTS.get(fact.event)
    event: Event | None = None
    if contract is not None:
        try:
            event = contract.model_validate_json(body)
        except ValidationError:
            event = None
    headers = {
        "ce-specversion": "1.0",
        "ce-id": fact.id,
        "ce-type": fact.event,
        "ce-source": fact.source,
        "ce-time": fact.time,
        **({"ce-subject": event.subject} if event else {}),
        **({SIGNATURE: fact.signature} if fact.signature else {}),
    }
    properties = Basic.Properties(
        content_type="application/json",
        delivery_mode=2,
        message_id=fact.id,
        message_type=fact.event,
        correlation_id=event.subject if event else str(uuid.UUID(int=0)),
        headers=cast("Any", headers),
    )
    header = ContentHeader(body_size=len(body), properties=properties)
    deliver = Basic.Deliver(routing_key=event.routing_key if event else "")
    raw = DeliveredMessage(deliver, header, body, cast("Any", None))
    return Message("", None, raw, event=event)


def _for(message: Message, queue: str) -> Message:
    """The same message in a queue."""
    return Message(queue, None, message.raw, event=message.event)


def _event(message: Message) -> Event:
    assert message.event is not None  # noqa: S101 - what could not be read was put aside
    return message.event


def _time(raw: DeliveredMessage) -> datetime:
    return Message("", None, raw).envelope.time


def _fact(message: Message) -> Fact:
    event, envelope, now = _event(message), message.envelope, datetime.now(UTC)
    return Fact(
        id=envelope.id,
        type=event.wire(),
        routing_key=event.routing_key,
        source=envelope.source,
        subject=event.subject,
        time=envelope.bound.time,
        body=message.raw.body.decode(),
        trace={},
        entered=now,
        at=now,
    )
