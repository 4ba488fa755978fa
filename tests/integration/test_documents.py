"""Documents on a real store: one write, version conflicts, repeats, the hash chain, deadlines."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pymongo.errors import AutoReconnect

from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.kernel.change import Refused
from shared.kernel.history import verify
from shared.runtime.documents import Documents, Place
from shared.runtime.fold import DocumentUnreadable, Write
from shared.runtime.kinds import Index, Kind
from shared.runtime.problems import Unavailable
from shared.runtime.service import Service
from shared.runtime.work import Applied, Rejected, Unchanged, Work
from tests.support.toy import COUNTERS, Add, Counter, add
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
    assert (broken.n, "state" in broken.why.en) == (3, True)


async def test_a_deadline_acts_once_also_when_the_tick_comes_late(toy: Service) -> None:
    command = Add(by=1, rings_at=toy.clock.now() - timedelta(days=3))
    await toy.commands.do(COUNTERS, "bell", command, add, what="add", by=ME)

    async def rang() -> bool:
        state = await toy.database.get(COUNTERS, "bell")
        return state is not None and state.rang

    await until(rang)
    await asyncio.sleep(0.6)
    assert [entry.what for entry in await toy.database.history(COUNTERS, "bell")] == ["add", "due"]


async def test_another_process_with_the_same_message_does_not_pass_off_its_write_as_ours(
    toy: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of two, the last of which another process commits first: neither is lost, neither counts twice."""
    other = Documents(toy.database, toy.clock)
    batch = [work("rivals-heard", 5, cause="ours"), work("rivals-heard", 1, cause="both")]
    commit = toy.database.commit

    async def overtaken(writes: Sequence[Write]) -> set[Place]:
        monkeypatch.undo()
        await other.apply(batch[1:])
        return await commit(writes)

    monkeypatch.setattr(toy.database, "commit", overtaken)
    first, second = await Documents(toy.database, toy.clock).apply(batch)
    assert isinstance(first, Applied)
    assert isinstance(second, Unchanged)
    assert second.repeated
    state = await toy.database.get(COUNTERS, "rivals-heard")
    assert state is not None
    assert state.total == 6


@pytest.mark.parametrize("damage", [{"$set": {"state.total": "a lot"}}, {"$unset": {"heard": ""}}])
async def test_a_document_that_cannot_be_read_hinders_no_other(toy: Service, damage: dict[str, Any]) -> None:
    await do(toy, "damaged", 1)
    await toy.database.collection("counters").update_one({"_id": "damaged"}, damage)
    answers = await asyncio.gather(do(toy, "damaged", 1), do(toy, "sound", 1), return_exceptions=True)
    assert isinstance(answers[0], DocumentUnreadable)
    assert "a lot" not in str(answers[0])
    assert isinstance(answers[1], int)
    await toy.database.collection("counters").delete_one({"_id": "damaged"})


@pytest.mark.parametrize(
    ("notes", "storable"),
    [
        ({"$where": "x", "a.b": "y", "": "z", "值": "NUL \0 in a value"}, True),
        ({"NUL \0 in a name": "x"}, False),
        ({"large": "x" * 17_000_000}, False),
    ],
    ids=["dollars and dots", "NUL", "17 MB"],
)
@pytest.mark.parametrize("there", [False, True], ids=["new", "there already"])
async def test_what_cannot_be_stored_is_the_fault_of_one_work_only(
    toy: Service, notes: dict[str, str], *, storable: bool, there: bool
) -> None:
    key, neighbour = f"odd-{uuid.uuid4()}", f"beside-{uuid.uuid4()}"
    if there:
        await do(toy, key, 1)
    works = [work(key, 1), work(key, 2, notes=notes), work(key, 3), work(neighbour, 1)]
    outcomes = await Documents(toy.database, toy.clock).apply(works)
    assert [type(outcome) for outcome in outcomes] == [Applied, Applied if storable else Rejected, Applied, Applied]
    state = await toy.database.get(COUNTERS, key)
    assert state is not None
    assert (state.total - there, state.notes) == ((6, notes) if storable else (4, {}))
    entries = await toy.database.history(COUNTERS, key)
    assert verify(entries, state.model_dump(mode="json")) is None


async def test_a_document_that_grows_beyond_what_the_store_holds_hinders_no_other(toy: Service) -> None:
    """The server finds out, not the driver: each write is small enough, the document is not."""
    await do(toy, "fat", 1)
    await toy.database.collection("counters").update_one({"_id": "fat"}, {"$set": {"ballast": "x" * 15_500_000}})
    works = [work("fat", 1, notes={"more": "x" * 1_500_000}), work("thin", 1)]
    fat, thin = await Documents(toy.database, toy.clock).apply(works)
    assert isinstance(fat, Rejected)
    assert isinstance(thin, Applied)
    assert [type(o) for o in await Documents(toy.database, toy.clock).apply([work("fat", 1)])] == [Applied]


async def test_a_unique_index_rejects_and_does_not_turn_for_ever(toy: Service) -> None:
    taken = Kind("badges", Counter, indexes=(Index(("state.total",), unique=True),))
    await toy.database.prepare([taken])
    documents = Documents(toy.database, toy.clock)
    async with asyncio.timeout(10):
        outcomes = await documents.apply([work("first", 5, kind=taken), work("second", 5, kind=taken)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Applied", "Rejected"]


async def test_more_than_the_store_takes_at_once_is_stored_all_the_same(toy: Service) -> None:
    works = [work(f"bulk-{n}", 1, notes={"x": "x" * 1_000_000}) for n in range(60)]
    assert {type(outcome) for outcome in await Documents(toy.database, toy.clock).apply(works)} == {Applied}
    await toy.database.collection("counters").delete_many({"_id": {"$regex": "^bulk"}})


async def test_a_command_whose_answer_is_lost_says_so_and_its_key_tells_the_rest(
    toy: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = toy.database.commit

    async def committed_and_lost(writes: Sequence[Write]) -> set[Place]:
        await commit(writes)
        raise AutoReconnect("the answer was lost")

    monkeypatch.setattr(toy.database, "commit", committed_and_lost)
    with pytest.raises(Unavailable) as unknown:
        await do(toy, "unsure", 5, "key-unsure")
    assert "not certain" in unknown.value.problems[0].rule.en
    monkeypatch.undo()
    done = await toy.commands.do(COUNTERS, "unsure", Add(by=5), add, what="add", by=ME, idempotency_key="key-unsure")
    assert (done.repeated, done.version) == (True, 1)

    async def swept() -> bool:
        return (await toy.database.outbox(COUNTERS))[0] == 0

    await until(swept)


async def test_a_caller_who_leaves_harms_nobody(toy: Service) -> None:
    leaver = asyncio.create_task(do(toy, "left", 1))
    await asyncio.sleep(0)
    leaver.cancel()
    assert await do(toy, "left", 1) in (1, 2)


async def test_deadlines_that_change_nothing_hold_up_no_other(toy: Service) -> None:
    long_ago = toy.clock.now() - timedelta(days=9)
    stuck = [work(f"stuck-{n}", 50, rings_at=long_ago) for n in range(450)]
    await Documents(toy.database, toy.clock).apply(stuck)
    await Documents(toy.database, toy.clock).apply([work("late-bell", 1, rings_at=toy.clock.now())])

    async def rang() -> bool:
        state = await toy.database.get(COUNTERS, "late-bell")
        return state is not None and state.rang

    await until(rang, within=10)
    await toy.database.collection("counters").delete_many({"_id": {"$regex": "^stuck"}})


def work(key: str, by: int, *, cause: str = "", kind: Kind[Counter] = COUNTERS, **command: Any) -> Work:
    message = Add(by=by, **command)
    return Work(kind, key, message, add, "add", ME, cause or str(uuid.uuid4()), digest(message.model_dump(mode="json")))


async def test_who_look_up_at_the_same_time_get_their_own_and_an_unreadable_document_is_its_askers_alone(
    toy: Service,
) -> None:
    """Everybody gets what they asked for; what cannot be read fails for whoever asked for it."""
    collection = toy.database.collection(COUNTERS.collection)
    for key, by in (("by-a", 901), ("by-b", 902), ("by-c", 902)):
        await do(toy, key, by)
    await collection.update_many({"_id": {"$in": ["by-a", "by-b", "by-c"]}}, [{"$set": {"state.tag": "$_id"}}])

    async def asked(*tags: str) -> list[str]:
        return [key for key, _ in await toy.database.find_by(LABELLED, "state.tag", tags)]

    assert await asyncio.gather(asked("by-c", "by-a"), asked("by-b"), asked("nobody")) == [
        ["by-a", "by-c"],
        ["by-b"],
        [],
    ]
    await collection.update_one({"_id": "by-b"}, {"$set": {"state.total": "many"}})
    fine, broken = await asyncio.gather(asked("by-a"), asked("by-b"), return_exceptions=True)
    assert fine == ["by-a"]
    assert isinstance(broken, ValidationError)


async def test_a_look_up_goes_through_lists_and_finds_a_document_once(toy: Service) -> None:
    collection = toy.database.collection(COUNTERS.collection)
    rows: dict[str, list[Any]] = {"in-a": [{"code": "x"}, {"code": "y"}], "in-b": [{"code": "y"}, {}], "in-c": []}
    for key, parts in rows.items():
        await do(toy, key, 1)
        await collection.update_one({"_id": key}, {"$set": {"state.parts": parts, "state.tags": [key, "all"]}})

    async def asked(field: str, *values: str) -> list[str]:
        return [key for key, _ in await toy.database.find_by(LABELLED, field, values)]

    assert await asyncio.gather(
        asked("state.parts.code", "x", "y"),
        asked("state.parts.code", "x"),
        asked("state.parts.code", "z"),
        asked("state.tags", "all", "in-c"),
    ) == [["in-a", "in-b"], ["in-a"], [], ["in-a", "in-b", "in-c"]]


class Labelled(Counter):
    """A counter with a tag, and things in lists."""

    tag: str = ""
    tags: tuple[str, ...] = ()
    parts: tuple[dict[str, str], ...] = ()


LABELLED = Kind(COUNTERS.collection, Labelled)
