"""Every consumer reads every producer's example, on nothing and on what the story has left so far."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from faststream.rabbit import TestRabbitBroker
from jsonschema import Draft202012Validator

from services.notify.domain.recipient import Profile, Recipient, Register, register
from services.notify.store import LETTERS, RECIPIENTS
from services.scoring.store import RECORDS
from shared.contracts import CATALOGUE, EVENTS, Event
from shared.kernel.actor import CLOCK
from shared.kernel.change import NotYet, Refused
from shared.runtime.documents import Documents
from shared.runtime.envelope import headers_of
from shared.runtime.face import make_broker
from shared.runtime.handlers import HandlerTable, Subscription
from shared.runtime.topology import EVENTS as EXCHANGE
from shared.runtime.work import Fact, Outgoing, Work
from tests.contract.golden import (
    ALL,
    COMPLETE,
    SERVICES,
    Example,
    all_tables,
    covers_key,
    example,
    frozen_schema,
    key_in_memory,
    table_of,
)
from tests.support.memory_database import MemoryDatabase

PEOPLE = {
    "secretary-1": Profile(
        role="secretary", name="甲", area="3502", chamber="51350200MJB00102XM", channels=("inbox",), mail=None
    ),
    "officer-city": Profile(role="officer", name="乙", area="3502", channels=("inbox",)),
    "officer-province": Profile(role="officer", name="丙", area="35", channels=("inbox",)),
    "officer-centre": Profile(role="officer", name="丁", area="CN", channels=("inbox",)),
    "expert-1": Profile(role="expert", name="戊", area="CN", channels=("inbox",)),
    "subscriber-1": Profile(role="subscriber", name="己", area="35", channels=("inbox",)),
}


class StandingClock:
    """An instant in the middle of the story's round."""

    def now(self) -> datetime:
        """Always the same."""
        return datetime(2020, 10, 1, 8, tzinfo=UTC)


HEARD = [(table, subscription) for table in all_tables().values() for subscription in table]
"""Every subscription with its table."""


async def nothing(_: Sequence[Outgoing]) -> None:
    """Facts stay in their outboxes."""


async def hear(table: HandlerTable, database: MemoryDatabase, *heard: Example) -> list[str]:
    """Let a service hear examples, one after the other; answers `applied`, `waits` or `refuses` for each."""
    broker = make_broker(table, Documents(database, StandingClock()), send=nothing, patience=0)
    said = []
    async with TestRabbitBroker(broker) as bus:
        for golden in heard:
            event = golden.event.model_validate_json(golden.body)
            try:
                await bus.publish(golden.body, exchange=EXCHANGE, **_addressed(event))
            except NotYet:
                said.append("waits")
            except Refused:
                said.append("refuses")
            else:
                said.append("applied")
    return said


def _addressed(event: Event) -> dict[str, object]:
    """How the sender would address it."""
    return {
        "routing_key": key_in_memory(event),
        "message_id": f"golden-{event.wire()}",
        "content_type": "application/json",
        "headers": {"ce-source": f"/sihao/{event.source}", "ce-time": "2020-10-01T08:00:00Z"},
    }


def heard_by(table: HandlerTable, examples: Sequence[Example]) -> list[Example]:
    """Those of the examples that reach a queue of this table."""
    bindings = {subscription.event: subscription.bindings for subscription in table}
    return [
        golden
        for golden in examples
        for binding in bindings.get(golden.event, ())
        if covers_key(binding, golden.event.model_validate_json(golden.body).routing_key)
    ]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_meets_every_example_first_of_all_and_does_not_stumble(service: str) -> None:
    """On an empty store an event may have to wait for what it needs; it may not fail, and it may not be refused."""
    heard = heard_by(table_of(service, MemoryDatabase()), ALL)
    assert heard
    for golden in heard:
        database = MemoryDatabase()
        assert await hear(table_of(service, database), database, golden) in (["applied"], ["waits"]), str(golden)


async def test_the_whole_story_is_heard_by_every_service_and_what_they_announce_keeps_the_contracts() -> None:
    announced: dict[str, list[Fact]] = {}
    for service in SERVICES:
        database = await _peopled()
        table = table_of(service, database)
        assert "refuses" not in await hear(table, database, *heard_by(table, COMPLETE))
        for fact in database.facts():
            announced.setdefault(fact.type, []).append(fact)

    for wire, facts in announced.items():
        for fact in facts:
            body = json.loads(fact.body)
            Draft202012Validator(frozen_schema(EVENTS[wire])).validate(body)
            assert EVENTS[wire].model_validate(body).routing_key == fact.routing_key
            assert headers_of(fact)["ce-type"] == wire
    assert {"application.scored.v1", "case.opened.v1", "bulletin.published.v1", "letter.delivered.v1"} <= set(announced)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_story_told_twice_changes_nothing_the_second_time(service: str) -> None:
    database = await _peopled()
    table = table_of(service, database)
    story = heard_by(table, COMPLETE)
    await hear(table, database, *story)
    once = database.snapshot()
    await hear(table, database, *story)
    assert database.snapshot() == once


async def test_the_story_is_scored_twice_and_everybody_gets_letters() -> None:
    scored, told = MemoryDatabase(), await _peopled()
    for service, database in (("scoring", scored), ("notify", told)):
        table = table_of(service, database)
        await hear(table, database, *heard_by(table, COMPLETE))
    assert scored.state(RECORDS, example("application.submitted.v1").data["application"]).sequence == 2
    written_to = {told.state(LETTERS, key).draft.to for key in told.keys(LETTERS)}
    assert {"secretary-1", "officer-city", "officer-province", "officer-centre"} <= written_to


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.wire())
def test_every_event_is_heard_where_its_example_goes_or_may_go_unheard(event: type[Event]) -> None:
    """A fact that no queue is bound for stays in its outbox, unless its contract lets it go.

    Not both: what somebody hears has to wait until he listens.
    """
    examples = [golden for golden in ALL if golden.event is event]
    heard = [golden for table in all_tables().values() for golden in heard_by(table, examples)]
    assert event.may_go_unheard != bool(heard)


@pytest.mark.parametrize(("table", "subscription"), HEARD, ids=[s.queue for _, s in HEARD])
def test_only_catalogued_events_are_heard_each_in_a_queue_of_its_own(
    table: HandlerTable, subscription: Subscription
) -> None:
    assert EVENTS[subscription.event.wire()] is subscription.event
    parts = [part for part in (table.service, subscription.event.wire(), table.scope) if part]
    assert subscription.queue == ".".join(parts)
    assert subscription.reactions


def test_no_two_tables_share_a_queue() -> None:
    queues = [subscription.queue for _, subscription in HEARD]
    assert len(queues) == len(set(queues))


@pytest.mark.parametrize(
    ("binding", "key", "covered"),
    [
        ("case.opened.v1.#", "case.opened.v1.35.02", True),
        ("case.opened.v1.35.#", "case.opened.v1.35", True),
        ("case.opened.v1.35.#", "case.opened.v1.35.02.03", True),
        ("case.opened.v1.35.#", "case.opened.v1.33.02", False),
        ("case.opened.v1.CN.#", "case.opened.v1.35", False),
        ("case.opened.v1.35.#", "case.opened.v1.350", False),
    ],
)
def test_how_bindings_are_read_here(binding: str, key: str, *, covered: bool) -> None:
    assert covers_key(binding, key) is covered


async def _peopled() -> MemoryDatabase:
    """A store that knows somebody in every role, so that letters are written."""
    database = MemoryDatabase()
    works = [
        Work(
            kind=RECIPIENTS,
            key=person,
            message=Register(id=person, profile=profile),
            decide=register,
            what="register",
            by=CLOCK,
            cause=person,
            content="0" * 64,
        )
        for person, profile in PEOPLE.items()
    ]
    await Documents(database, StandingClock()).apply(works)
    assert database.state(RECIPIENTS, "expert-1") == Recipient(id="expert-1", profile=PEOPLE["expert-1"])
    return database
