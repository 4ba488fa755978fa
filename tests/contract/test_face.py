"""FastStream's face: a published message changes the document, and what arises from it is published."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faststream import AckPolicy
from faststream.exceptions import SubscriberNotFound
from faststream.rabbit import RabbitBroker, TestRabbitBroker
from pydantic import ValidationError
from pymongo.errors import ServerSelectionTimeoutError

from dev.generate import ROOT
from services.scoring.handlers import table as scoring_table
from services.scoring.store import RECORDS, TERMS, ScoringStore
from shared.contracts import ApplicationScored, RubricPublished
from shared.kernel.change import NotYet, Refused
from shared.kernel.history import verify
from shared.runtime.documents import Documents
from shared.runtime.face import describe, make_broker
from shared.runtime.handlers import HandlerTable
from shared.runtime.topology import EVENTS
from tests.contract.golden import all_tables, example, key_in_memory
from tests.support.memory_database import MemoryDatabase
from tests.support.memory_store import MemoryStore
from tests.support.toy import COUNTERS, Ping, Pong, add

SAFE = {AckPolicy.REJECT_ON_ERROR, AckPolicy.MANUAL}
"""Policies that neither lose a message nor turn it round and round; they must be named, never left to the default."""


class StandingClock:
    """An instant of the story."""

    def now(self) -> datetime:
        """Always the same."""
        return datetime(2020, 10, 1, 8, tzinfo=UTC)


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore()


@pytest.fixture
def toy(store: MemoryStore) -> RabbitBroker:
    """The toy's face; a message waits no longer than an instant."""
    table = HandlerTable("toy", scope="35", areas=["35"])
    table.on(Ping, COUNTERS, decide=add, key=lambda event: event.counter)
    return make_broker(table, Documents(store, StandingClock()), announces=[Pong], patience=0.2)


async def ping(bus: RabbitBroker, by: int, *, id_: str, area: str = "3502") -> None:
    """Publish a ping as a sender would."""
    event = Ping(area=area, counter="a", by=by)
    await bus.publish(
        event.model_dump_json().encode(),
        exchange=EVENTS,
        routing_key=key_in_memory(event),
        message_id=id_,
        content_type="application/json",
    )


async def test_a_message_changes_its_document_and_its_fact_is_published(toy: RabbitBroker, store: MemoryStore) -> None:
    async with TestRabbitBroker(toy) as bus:
        await ping(bus, 3, id_="m1")
        (pong,) = bus.publishers
        pong.mock.assert_called_once_with({"area": "35", "counter": "a", "total": 3})
    assert store.state(COUNTERS, "a").total == 3
    (fact,) = store.outbox(COUNTERS, "a")
    assert (fact.type, fact.routing_key) == ("toy.pong.v1", "toy.pong.v1.35")


async def test_a_repeat_changes_nothing(toy: RabbitBroker, store: MemoryStore) -> None:
    async with TestRabbitBroker(toy) as bus:
        await ping(bus, 3, id_="m1")
        await ping(bus, 3, id_="m1")
        await ping(bus, 4, id_="m2")
    history = store.history(COUNTERS, "a")
    assert [entry.cause for entry in history] == ["m1", "m2"]
    state = store.state(COUNTERS, "a")
    assert state.total == 7
    assert verify(history, state.model_dump(mode="json")) is None


async def test_another_province_is_not_heard(toy: RabbitBroker, store: MemoryStore) -> None:
    async with TestRabbitBroker(toy) as bus:
        with pytest.raises(SubscriberNotFound):
            await ping(bus, 3, id_="m1", area="3301")
    assert store.state(COUNTERS, "a") is None


async def test_a_queue_with_two_bindings_hears_both_areas_and_is_described_once(store: MemoryStore) -> None:
    table = HandlerTable("toy", scope="35", areas=["CN", "35"])
    table.on(Ping, COUNTERS, decide=add, key=lambda event: event.counter)
    broker = make_broker(table, Documents(store, StandingClock()), announces=[Pong])
    async with TestRabbitBroker(broker) as bus:
        await ping(bus, 3, id_="m1", area="CN")
        await ping(bus, 4, id_="m2", area="3502")
    assert store.state(COUNTERS, "a").total == 7
    assert set(describe(broker, title="", description="")["channels"]) == {"toy.toy.ping.v1.35", "toy.pong.v1"}


@pytest.mark.parametrize(("by", "raised"), [(13, Refused), (7, NotYet), (99, ZeroDivisionError)])
async def test_what_cannot_be_done_is_raised_and_so_rejected(
    toy: RabbitBroker, store: MemoryStore, by: int, raised: type[Exception]
) -> None:
    async with TestRabbitBroker(toy) as bus:
        with pytest.raises(raised):
            await ping(bus, by, id_="m1")
    assert store.state(COUNTERS, "a") is None


async def test_what_cannot_be_read_is_raised_and_so_rejected(toy: RabbitBroker) -> None:
    async with TestRabbitBroker(toy) as bus:
        with pytest.raises(ValidationError):
            await bus.publish(
                b'{"area": "35"}', exchange=EVENTS, routing_key="toy.ping.v1.35.02", content_type="application/json"
            )


async def test_a_store_that_is_away_is_waited_for(
    toy: RabbitBroker, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, tries = store.commit, []

    async def away_at_first(writes):
        tries.append(len(writes))
        if len(tries) < 3:
            raise ServerSelectionTimeoutError("away")
        return await commit(writes)

    monkeypatch.setattr(store, "commit", away_at_first)
    async with TestRabbitBroker(toy) as bus:
        await ping(bus, 5, id_="m1")
    assert tries == [1, 1, 1]
    assert store.state(COUNTERS, "a").total == 5


async def test_a_golden_application_is_scored_and_the_score_is_published() -> None:
    database = MemoryDatabase()
    broker = make_broker(
        scoring_table(ScoringStore(database)),
        Documents(database, StandingClock()),
        announces=[RubricPublished, ApplicationScored],
    )
    async with TestRabbitBroker(broker) as bus:
        for wire in ("round.opened.v1", "application.submitted.v1"):
            golden = example(wire)
            event = golden.event.model_validate_json(golden.body)
            await bus.publish(
                golden.body, exchange=EVENTS, routing_key=key_in_memory(event), content_type="application/json"
            )
        published = [publisher.mock.call_args_list for publisher in bus.publishers]
    application = example("application.submitted.v1").data["application"]
    assert database.state(TERMS, "CN-2020") is not None
    assert database.state(RECORDS, application).sequence == 1
    ((call,),) = (calls for calls in published if calls)
    scored = ApplicationScored.model_validate(call.args[0])
    assert (scored.application, scored.revision, scored.sequence) == (application, 1, 1)


def test_every_subscriber_has_a_policy_of_its_own_choice() -> None:
    documents = Documents(MemoryStore(), StandingClock())
    subscribers = [s for table in all_tables().values() for s in make_broker(table, documents).subscribers]
    assert subscribers
    assert {subscriber.ack_policy for subscriber in subscribers} <= SAFE


@pytest.mark.parametrize("root", ["shared", "services", "sihao", "dev", "demo"])
def test_no_subscriber_in_the_code_leaves_its_policy_to_the_default(root: str) -> None:
    unsafe = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / root).rglob("*.py")
        for line in unsafe_subscribers(path.read_text(encoding="utf-8"))
    ]
    assert unsafe == []


@pytest.mark.parametrize(
    ("code", "unsafe"),
    [
        ("@broker.subscriber(queue)\nasync def hear(event): ...", [1]),
        ("broker.subscriber(queue, no_reply=True)(hear)", [1]),
        ("\nrouter.subscriber(queue, ack_policy=AckPolicy.ACK)(hear)", [2]),
        ("router.subscriber(queue, ack_policy=AckPolicy.ACK_FIRST)(hear)", [1]),
        ("router.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)(hear)", [1]),
        ("router.subscriber(queue, ack_policy=policy)(hear)", [1]),
        ("router.subscriber(queue, ack_policy=AckPolicy.MANUAL)(hear)", []),
        ("router.subscriber(queue, ack_policy=AckPolicy.REJECT_ON_ERROR)(hear)", []),
    ],
)
def test_the_search_for_unsafe_subscribers_finds_them(code: str, unsafe: list[int]) -> None:
    assert list(unsafe_subscribers(code)) == unsafe


def test_the_search_has_something_to_find() -> None:
    assert any(_subscriber_calls(Path(make_broker.__code__.co_filename).read_text(encoding="utf-8")))


def unsafe_subscribers(code: str) -> Iterator[int]:
    """The lines of a module in which a subscriber does not name a safe policy."""
    safe = {f"AckPolicy.{policy.name}" for policy in SAFE}
    for call in _subscriber_calls(code):
        named = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if named.get("ack_policy") not in safe:
            yield call.lineno


def _subscriber_calls(code: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "subscriber":
            yield node
