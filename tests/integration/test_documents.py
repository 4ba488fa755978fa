"""Documents on a real store: one write, version conflicts, repeats, the hash chain, deadlines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.history import verify
from shared.runtime.service import Service
from tests.support.toy import COUNTERS, Add, add
from tests.support.toy_bench import running_toy, toy_settings, until

ME = Actor(id="somebody", role="operator")


@pytest.fixture(scope="module")
async def toy(amqp_url: str, mongo_url: str, database_name: str) -> AsyncIterator[Service]:
    async with running_toy(toy_settings(amqp_url, mongo_url, database_name)) as service:
        yield service


async def do(toy: Service, key: str, by: int, idempotency_key: str | None = None) -> int:
    done = await toy.commands.do(COUNTERS, key, Add(by=by), add, what="add", by=ME, idempotency_key=idempotency_key)
    return done.version


async def test_state_history_and_outbox_are_one_write(toy: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    monkeypatch.setattr(toy.relay, "hand_over", kept.extend)
    await do(toy, "one-write", 5)
    found = await toy.database.collection("counters").find_one({"_id": "one-write"})
    assert found is not None
    assert (found["version"], found["state"]["total"], len(found["history"])) == (1, 5, 1)
    assert [fact["type"] for fact in found["outbox"]] == ["toy.pong.v1"]
    assert found["history"][0]["facts"] == [fact["id"] for fact in found["outbox"]]


async def test_two_hundred_at_once_on_one_document_all_count(toy: Service) -> None:
    await asyncio.gather(*(do(toy, "crowd", 1) for _ in range(200)))
    state = await toy.database.get(COUNTERS, "crowd")
    assert state is not None
    assert state.total == 200


async def test_a_version_conflict_is_decided_again_on_the_newer_state(
    toy: Service, amqp_url: str, mongo_url: str, database_name: str
) -> None:
    """Two processes' worth of writers on the same documents: nothing is overwritten."""
    async with running_toy(toy_settings(amqp_url, mongo_url, database_name)) as other:
        await asyncio.gather(*(do(service, f"rivals-{n % 3}", 1) for n in range(150) for service in (toy, other)))
    states = await toy.database.get_many(COUNTERS, [f"rivals-{n}" for n in range(3)])
    assert [states[f"rivals-{n}"].total for n in range(3)] == [100, 100, 100]
    for n in range(3):
        entries = await toy.database.history(COUNTERS, f"rivals-{n}")
        assert verify(entries, states[f"rivals-{n}"].model_dump(mode="json")) is None


async def test_the_same_key_answers_the_same_and_with_other_content_is_a_conflict(toy: Service) -> None:
    first = await do(toy, "keyed", 5, "key-1")
    assert await do(toy, "keyed", 2, "key-2") == first + 1
    done = await toy.commands.do(COUNTERS, "keyed", Add(by=5), add, what="add", by=ME, idempotency_key="key-1")
    assert done.repeated
    assert done.entry is not None
    assert done.entry.n == first
    with pytest.raises(Refused) as refusal:
        await do(toy, "keyed", 6, "key-1")
    assert refusal.value.problems[0].code == "idempotency.conflict"
    state = await toy.database.get(COUNTERS, "keyed")
    assert state is not None
    assert state.total == 7


async def test_one_changed_byte_is_found_and_located(toy: Service) -> None:
    for by in (1, 2, 3):
        await do(toy, "chain", by)
    collection = toy.database.collection("counters")
    await collection.update_one({"_id": "chain"}, {"$set": {"history.1.by.id": "somebody-else"}})
    state = await toy.database.get(COUNTERS, "chain")
    assert state is not None
    broken = verify(await toy.database.history(COUNTERS, "chain"), state.model_dump(mode="json"))
    assert broken is not None
    assert broken.n == 2
    await collection.update_one({"_id": "chain"}, {"$set": {"history.1.by.id": "somebody", "state.total": 7}})
    forged = await toy.database.get(COUNTERS, "chain")
    assert forged is not None
    broken = verify(await toy.database.history(COUNTERS, "chain"), forged.model_dump(mode="json"))
    assert broken is not None
    assert (broken.n, "state" in broken.why) == (3, True)


async def test_a_deadline_acts_once_also_when_the_tick_comes_late(toy: Service) -> None:
    command = Add(by=1, rings_at=toy.clock.now() - timedelta(days=3))
    await toy.commands.do(COUNTERS, "bell", command, add, what="add", by=ME)

    async def rang() -> bool:
        state = await toy.database.get(COUNTERS, "bell")
        return state is not None and state.rang

    await until(rang)
    await asyncio.sleep(0.6)
    assert [entry.what for entry in await toy.database.history(COUNTERS, "bell")] == ["add", "due"]
