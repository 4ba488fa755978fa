"""What must hold at every moment, and what must hold once all is quiet.

At every moment: each cause at most once in a document's history, whole hash chains, version = length; a published event
stands in a history, an announced one is published or still in an outbox, under one id with one body; whatever was
answered stands; nothing is acknowledged whose effect is not durable. At rest: nothing waits, everything that reached a
queue had its effect or is parked, and what is parked is exactly what cannot be accepted.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.kernel import history
from shared.kernel.change import NotYet, Refused
from shared.runtime.commands import Done
from shared.runtime.dead import COLLECTION as DEAD_LETTERS
from shared.runtime.dead import letter_id
from shared.runtime.envelope import Envelope, read
from shared.runtime.handlers import Delivery, Subscription, Target
from tests.model.broker import Sent
from tests.model.world import World

R = TypeVar("R")


class Audit:
    """Looks at a world from outside."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[str, tuple[dict[str, Any], frozenset[str]]] = {}
        self._heard: dict[str, tuple[str, Subscription]] = {
            subscription.queue: (service.name, subscription)
            for service in world.services.values()
            for subscription in service.table(world.database(service.name))
        }
        world.on_ack = self.why_open

    # --- at every moment -------------------------------------------------------------------------------------------

    def moment(self) -> None:
        """Everything that must hold now."""
        world = self._world
        assert not world.wrong, world.wrong
        announced: set[str] = set()
        waiting: set[str] = set()
        for place, document in world.documents():
            announced |= self._facts(place, document)
            waiting |= {fact["id"] for fact in document["outbox"]}
        published = set(world.broker.accepted)
        unheard = {
            id_
            for id_, sent in world.broker.returned.items()
            for service in world.services.values()
            if sent.properties.message_type in service.may_go_unheard
        }
        assert not (phantom := published - announced), f"published, but in no history: {phantom}"
        assert not (lost := announced - waiting - published - unheard), f"cleared, not published: {lost}"
        assert not world.broker.altered, f"published again with another body: {world.broker.altered}"
        self._answers()

    def _facts(self, place: str, document: dict[str, Any]) -> frozenset[str]:
        """The events a document has announced; its history is looked through once per change."""
        known = self._seen.get(place)
        if known is not None and known[0] is document:
            return known[1]
        entries = [history.Entry.model_validate(entry) for entry in document["history"]]
        broken = history.verify(entries, document["state"])
        assert broken is None, f"{place}: {broken}"
        assert document["version"] == len(entries), f"{place}: version {document['version']}, {len(entries)} entries"
        causes = [entry.cause for entry in entries]
        assert len(set(causes)) == len(causes), f"{place}: a cause twice in {causes}"
        assert sorted(document["heard"]) == sorted(causes), f"{place}: heard is not what the history says"
        facts = frozenset(fact for entry in entries for fact in entry.facts)
        assert {fact["id"] for fact in document["outbox"]} <= facts, f"{place}: an outbox with facts of no entry"
        self._seen[place] = (document, facts)
        return facts

    def _answers(self) -> None:
        """One idempotency key, one answer; and what was answered stands in the history."""
        for call in self._world.calls:
            done = [answer for answer in call.answers() if isinstance(answer, Done) and answer.entry is not None]
            hashes = {answer.entry.hash for answer in done if answer.entry is not None}
            assert len(hashes) <= 1, f"two answers to one request: {call.request}"
            if hashes:
                asked = call.request
                document = self._world.shelves[asked.service][asked.kind.collection][asked.key]
                assert hashes <= {entry["hash"] for entry in document["history"]}, f"answered, not kept: {asked}"

    def why_open(self, queue: str, sent: Sent) -> str | None:
        """Why a message that reached a queue has not had its effect yet; None if it has, or is parked."""
        envelope = _envelope(sent)
        if self._parked(queue, envelope, sent):
            return None
        service, subscription = self._heard[queue]
        try:
            event = subscription.event.model_validate_json(sent.body)
        except ValidationError:
            return "unreadable and not parked"
        for reaction in subscription.reactions:
            try:
                targets: Sequence[Target] = at_once(
                    reaction.route(event, Delivery(envelope.id, envelope.source, envelope.time))
                )
                for target in targets:
                    document = self._world.shelves[service].get(reaction.kind.collection, {}).get(target.key)
                    if document is not None and envelope.id in document["heard"]:
                        continue
                    state = reaction.kind.state.model_validate(document["state"]) if document else None
                    if reaction.decide(state, target.message, self._world.now()) is not None:
                        return f"not applied to {reaction.kind.collection}/{target.key}"
            except NotYet as wait:
                return f"still waiting for {wait.missing}"
            except (Refused, ArithmeticError) as error:
                return f"{type(error).__name__} and not parked"
        return None

    def _parked(self, queue: str, envelope: Envelope, sent: Sent) -> bool:
        service = self._heard[queue][0]
        return letter_id(queue, envelope.id, sent.body) in self._world.shelves[service].get(DEAD_LETTERS, {})

    # --- at rest ---------------------------------------------------------------------------------------------------

    def rest(self, expected: Callable[[str, Sent], str | None]) -> None:
        """Everything that must hold when all is quiet; `expected` says why a message should be parked, if it should."""
        self.moment()
        world = self._world
        assert world.broker.idle()
        assert not world.outboxes()
        for queue, sent in world.broker.reached:
            assert (why := self.why_open(queue, sent)) is None, f"{why}: {queue} {sent.id}"
        should = {
            (letter_id(queue, _envelope(sent).id, sent.body), code)
            for queue, sent in world.broker.reached
            if (code := expected(queue, sent)) is not None
        }
        parked = {
            (key, letter["code"])
            for name in world.services
            for key, letter in world.shelves[name].get(DEAD_LETTERS, {}).items()
        }
        assert parked == should, f"parked: {parked ^ should}"

    def effects(self) -> dict[str, frozenset[str]]:
        """By document, what it was changed by. Deadlines are left out: when they pass depends on the weather."""
        return {
            place: causes
            for place, document in self._world.documents()
            if (causes := frozenset(e["cause"] for e in document["history"] if e["what"] != "due"))
        }


def _envelope(sent: Sent) -> Envelope:
    return read(
        sent.body,
        sent.properties.headers or {},
        message_id=sent.properties.message_id,
        message_type=sent.properties.message_type,
        app_id=sent.properties.app_id,
        timestamp=sent.properties.timestamp,
    )


def at_once(coroutine: Coroutine[Any, Any, R] | Any) -> R:
    """What a coroutine answers that waits for nobody."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: R = end.value
        return answer
    raise AssertionError("it waits")
