"""The lane on a real broker and a real store: what is applied, put aside, held, repeated."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiormq
import pytest
from pamqp import encode
from pamqp.commands import Basic

from shared.runtime.amqp import Missing, OnItsWay, Unroutable
from shared.runtime.dead import WAITED, DeadLetter, letter_id
from shared.runtime.message import Message
from shared.runtime.metrics import REGISTRY
from shared.runtime.service import Service
from shared.runtime.work import Fact
from tests.support.toy import COUNTERS, ECHOES, Ping
from tests.support.toy_bench import ping, publish, ready, running_toy, toy_settings, until


@pytest.fixture(scope="module")
async def toy(amqp_url: str, mongo_url: str, database_name: str) -> AsyncIterator[Service]:
    async with running_toy(toy_settings(amqp_url, mongo_url, database_name)) as service:
        yield service


async def total(toy: Service, counter: str) -> int:
    state = await toy.database.get(COUNTERS, counter)
    return state.total if state else 0


async def test_every_message_counts_once_whatever_is_repeated(toy: Service, amqp_url: str) -> None:
    pings = [ping(f"c{n % 20}") for n in range(400)]
    ids = [f"once-{n}" for n in range(400)]
    await publish(amqp_url, pings, ids=ids)
    await publish(amqp_url, pings[:200], ids=ids[:200])

    async def all_heard() -> bool:
        return sum([await total(toy, f"c{n}") for n in range(20)]) == 400

    await until(all_heard)
    await publish(amqp_url, pings[200:], ids=ids[200:])
    await publish(amqp_url, [ping("after")], ids=["after"])
    await until(lambda: _is(toy, "after", 1))
    assert [await total(toy, f"c{n}") for n in range(20)] == [20] * 20


async def test_what_is_announced_is_heard_in_effect_once_and_the_outbox_is_cleared(toy: Service, amqp_url: str) -> None:
    await publish(amqp_url, [ping("heard", by=n) for n in (1, 2, 3)], ids=["h1", "h2", "h3"])

    async def echoed() -> bool:
        state = await toy.database.get(ECHOES, "heard")
        return state is not None and sorted(state.totals) == [1, 3, 6]

    await until(echoed)

    async def empty() -> bool:
        return (await toy.database.outbox(COUNTERS))[0] == 0

    await until(empty)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"not json at all", "JSON"),
        (b'{"area": "35"}', "counter"),
        (b'{"area": "nowhere", "counter": "x"}', "area"),
    ],
)
async def test_what_cannot_be_read_is_put_aside_with_the_field_at_fault(
    toy: Service, amqp_url: str, body: bytes, words: str
) -> None:
    await publish(amqp_url, [ping("x")], ids=[f"bad-{words}"], body=body)

    async def parked() -> bool:
        return any(letter.message_id == f"bad-{words}" for letter in await toy.dead_letters.list())

    await until(parked)
    letter = next(x for x in await toy.dead_letters.list() if x.message_id == f"bad-{words}")
    assert (letter.code, letter.body, letter.queue) == ("unreadable", body, "toy.toy.ping.v1")
    assert words in letter.reason.en
    assert words in letter.reason.zh


async def test_what_the_domain_refuses_is_put_aside_with_its_rule_and_the_rest_goes_on(
    toy: Service, amqp_url: str
) -> None:
    pings = [ping("mixed"), ping("mixed", by=13), ping("mixed", by=99), ping("mixed")]
    await publish(amqp_url, pings, ids=["m1", "m13", "m99", "m2"])
    await until(lambda: _is(toy, "mixed", 2))

    async def both() -> bool:
        return {"m13", "m99"} <= {letter.message_id for letter in await toy.dead_letters.list()}

    await until(both)
    letters = {letter.message_id: letter for letter in await toy.dead_letters.list()}
    assert letters["m13"].code == "refused"
    assert letters["m13"].problems[0].remedy.zh == "换一个数"
    assert letters["m99"].code == "handler-failed"


async def test_an_area_that_comes_with_many_keeps_no_other_waiting(toy: Service, amqp_url: str) -> None:
    """It comes last, and is done with before the last of the many."""
    lane = toy._lane
    assert lane
    async with lane.between_batches:
        await publish(amqp_url, [ping(f"many-{n}") for n in range(300)], ids=[f"many-{n}" for n in range(300)])
        await publish(amqp_url, [Ping(area="33", counter="other", by=1)], ids=["other"])

        async def arrived() -> bool:
            return not sum((await toy.publisher.depths(toy._table)).values())

        await until(arrived)
    await until(lambda: _is(toy, "many-299", 1))
    [other] = await toy.database.history(COUNTERS, "other")
    [last] = await toy.database.history(COUNTERS, "many-299")
    assert other.at < last.at


async def test_a_message_that_comes_before_what_it_needs_waits_for_it(toy: Service, amqp_url: str) -> None:
    await publish(amqp_url, [ping("late", by=7)], ids=["l7"])
    await publish(amqp_url, [ping("other")], ids=["o1"])
    await until(lambda: _is(toy, "other", 1))
    assert await total(toy, "late") == 0
    await publish(amqp_url, [ping("late", by=1)], ids=["l1"])
    await until(lambda: _is(toy, "late", 8))


async def test_a_message_that_waits_too_long_is_put_aside_and_can_be_replayed(toy: Service, amqp_url: str) -> None:
    await publish(amqp_url, [ping("patient", by=7)], ids=["p7"])

    async def parked() -> bool:
        return any(letter.message_id == "p7" for letter in await toy.dead_letters.list())

    await until(parked)
    letter = next(x for x in await toy.dead_letters.list() if x.message_id == "p7")
    assert letter.code == "waited-too-long"
    assert "the counter" in letter.reason.en
    await publish(amqp_url, [ping("patient", by=1)], ids=["p1"])
    await until(lambda: _is(toy, "patient", 1))
    await toy.dead_letters.ask_again([letter.id])
    await until(lambda: _is(toy, "patient", 8))

    async def closed() -> bool:
        return "p7" not in {x.message_id for x in await toy.dead_letters.list()}

    await until(closed)


async def test_a_replay_asked_for_is_tried_once_and_says_what_came_of_it(toy: Service, amqp_url: str) -> None:
    """Refused again, waiting for what it needs, of a queue that nobody hears: each is answered, none is lost."""
    await publish(amqp_url, [ping("once", by=13), ping("once-later", by=13)], ids=["again", "later"])

    async def found(*ids: str) -> dict[str, DeadLetter]:
        return {one.message_id: one for one in await toy.dead_letters.list() if one.message_id in ids}

    async def parked() -> bool:
        return len(await found("again", "later")) == 2

    await until(parked)
    refused = (await found("again"))["again"]
    late = ping("once-early", by=7).model_dump_json().encode()
    strange = replace(refused, id="strange", queue="toy.gone.v1", message_id="strange")
    early = replace(refused, id=letter_id(refused.queue, "early", late), message_id="early", body=late)
    await toy.dead_letters.park([strange, early])
    await toy.dead_letters.ask_again([refused.id, strange.id, early.id])

    async def answered() -> bool:
        return not any(one.asked for one in await toy.dead_letters.list(all_=True))

    await until(answered)
    now = await found("again", "strange", "early", "later")
    assert {one.message_id: one.code for one in now.values()} == {
        "again": "refused",
        "strange": "refused",
        "early": WAITED,
        "later": "refused",
    }
    assert now["again"].at > refused.at
    assert now["later"].at < now["again"].at
    await publish(amqp_url, [ping("once-early", by=1)], ids=["e1"])
    await until(lambda: _is(toy, "once-early", 8))


async def test_what_waits_in_the_store_goes_through_by_itself_once_what_it_needs_is_there(
    toy: Service, amqp_url: str
) -> None:
    await publish(amqp_url, [ping("absent", by=7), ping("absent-13", by=7)], ids=["a7", "a13"])

    async def both_parked() -> bool:
        return {"a7", "a13"} <= {letter.message_id for letter in await toy.dead_letters.list()}

    await until(both_parked)
    await publish(amqp_url, [ping("absent", by=1)], ids=["a1"])
    await until(lambda: _is(toy, "absent", 8))

    async def only_the_other_waits() -> bool:
        waiting = {letter.message_id for letter in await toy.dead_letters.list()}
        return "a7" not in waiting and "a13" in waiting

    await until(only_the_other_waits)

    async def gauge_agrees() -> bool:
        waiting = [letter for letter in await toy.dead_letters.list() if letter.code == WAITED]
        return REGISTRY.get_sample_value("sihao_waiting_messages") == len(waiting)

    await until(gauge_agrees)


@pytest.mark.parametrize(
    ("property_", "value"),
    [
        ("timestamp", 2**63),  # what a sender's microseconds or nanoseconds may come to
        (
            "headers",
            {"NUL \0 and $where.x": "1", "ce-time": "never", "traceparent": "nonsense", "n": {"deep": [1, None]}},
        ),
        ("headers", {"ce-id": "x" * 60_000}),
        ("app_id", "\udcff\udcfe"),
        ("message_type", "\udcff"),
    ],
)
async def test_no_property_of_a_foreign_message_stops_the_lane(
    toy: Service, amqp_url: str, monkeypatch: pytest.MonkeyPatch, property_: str, value: Any
) -> None:
    """The driver reads properties while it reads the wire; what it cannot read must not cost the connection."""
    key = f"foreign-{uuid.uuid4()}"
    as_it_is: dict[str, Any] = {
        "timestamp": lambda stamp: int(stamp).to_bytes(8, "big"),
        "shortstr": lambda words: bytes([len(raw := words.encode(errors="surrogateescape"))]) + raw,
    }
    async with await aiormq.connect(amqp_url) as connection:
        channel = await connection.channel()
        body = ping(key).model_dump_json().encode()
        with monkeypatch.context() as patch:
            for kind, write in as_it_is.items():
                patch.setitem(encode.METHODS, kind, write)
            properties = Basic.Properties(message_id=key, **{property_: value})
            await channel.basic_publish(
                body, exchange="sihao.events", routing_key="toy.ping.v1.35", properties=properties
            )
    await publish(amqp_url, [ping(f"{key}-next")], ids=[f"{key}-next"])
    await until(lambda: _is(toy, f"{key}-next", 1), within=10)

    async def counted_or_parked() -> bool:
        parked = {letter.message_id for letter in await toy.dead_letters.list()}
        return key in parked or await total(toy, key) == 1

    await until(counted_or_parked, within=10)


@pytest.mark.parametrize(
    "body",
    [b"x" * 17_000_000, b'{"area": "35", "counter": [' + b'"x",' * 500_000 + b'"x"]}'],
    ids=["large", "long list"],
)
async def test_a_message_of_many_megabytes_is_put_aside_whole(toy: Service, amqp_url: str, body: bytes) -> None:
    id_ = f"large-{len(body)}"
    await publish(amqp_url, [ping("x")], ids=[id_], body=body)
    await publish(amqp_url, [ping(f"after-{id_}")], ids=[f"after-{id_}"])
    await until(lambda: _is(toy, f"after-{id_}", 1))

    async def parked() -> bool:
        return any(letter.message_id == id_ for letter in await toy.dead_letters.list())

    await until(parked)
    letter = next(x for x in await toy.dead_letters.list() if x.message_id == id_)
    whole = await toy.dead_letters.get(letter.id)
    assert whole is not None
    assert (whole.code, whole.body == body) == ("unreadable", True)
    assert len(whole.reason.en) < 10_000


async def test_many_wrong_fields_are_told_in_few_words(toy: Service, amqp_url: str) -> None:
    many = b'{"area": "35", "counter": "x", "notes": {' + b",".join(b'"k%d": 1' % n for n in range(5_000)) + b"}}"
    await publish(amqp_url, [ping("x")], ids=["many"], body=many)

    async def parked() -> bool:
        return any(letter.message_id == "many" for letter in await toy.dead_letters.list())

    await until(parked)
    letter = next(x for x in await toy.dead_letters.list() if x.message_id == "many")
    assert "(5000)" in letter.reason.zh
    assert len(letter.reason.zh) < 3_000


async def test_a_document_that_cannot_be_read_or_stored_parks_its_messages_only(toy: Service, amqp_url: str) -> None:
    await publish(amqp_url, [ping("broken")], ids=["broken-1"])
    await until(lambda: _is(toy, "broken", 1))
    await toy.database.collection("counters").update_one({"_id": "broken"}, {"$set": {"state.total": "a lot"}})
    fat = ping("fat").model_copy(update={"notes": {"NUL \0": "x"}})
    await publish(amqp_url, [ping("broken"), fat, ping("beside")], ids=["broken-2", "fat", "beside"])
    await until(lambda: _is(toy, "beside", 1))

    async def parked() -> bool:
        return {"broken-2", "fat"} <= {letter.message_id for letter in await toy.dead_letters.list()}

    await until(parked)
    letters = {letter.message_id: letter for letter in await toy.dead_letters.list()}
    assert "DocumentUnreadable" in letters["broken-2"].reason.en
    assert "DocumentUnstorable" in letters["fat"].reason.en
    await toy.database.collection("counters").delete_one({"_id": "broken"})


async def test_what_nobody_foresaw_costs_one_message_and_no_other(
    toy: Service, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Message.read

    def stumble(self: Message) -> None:
        if self.envelope.id == "stumble":
            raise RuntimeError("nobody foresaw this")
        read(self)

    monkeypatch.setattr(Message, "read", stumble)
    await publish(amqp_url, [ping("stumbled") for _ in range(3)], ids=["before", "stumble", "behind"])
    await until(lambda: _is(toy, "stumbled", 2))

    async def parked() -> bool:
        return any(letter.message_id == "stumble" for letter in await toy.dead_letters.list())

    await until(parked)


@pytest.mark.parametrize("gone", ["queue", "exchange"])
async def test_a_queue_or_exchange_that_was_deleted_is_declared_again(toy: Service, amqp_url: str, gone: str) -> None:
    async with await aiormq.connect(amqp_url) as connection:
        channel = await connection.channel()
        if gone == "queue":
            await channel.queue_delete("toy.toy.ping.v1")
        else:
            await channel.exchange_delete("sihao.events")

    async def stands_again() -> bool:
        try:
            await toy.publisher.depths(toy._table)
        except Missing:
            return False
        return await ready(toy)

    async def heard_again() -> bool:
        await publish(amqp_url, [ping(f"again-{gone}")], ids=[f"again-{gone}"])  # lost while nothing is bound yet
        await asyncio.sleep(0.2)
        return await _is(toy, f"again-{gone}", 1)

    await until(stands_again)
    await until(heard_again)

    async def announced() -> bool:
        return (await toy.database.outbox(COUNTERS))[0] == 0

    await until(announced)


async def test_a_fact_is_never_twice_on_its_way_and_each_failure_is_its_own(toy: Service) -> None:
    """Else the broker's return of the first would be taken for one of the second, and the first for confirmed."""
    heard, unheard = fact("a", "toy.pong.v1.35"), fact("b", "nobody.hears.this")
    unwritable = fact("c", "k" * 300)
    first, second = await asyncio.gather(
        toy.publisher.publish([heard, unheard, unwritable]), toy.publisher.publish([unheard])
    )
    assert {id_: type(error) for id_, error in first.items()} == {"b": Unroutable, "c": TypeError}
    assert {id_: type(error) for id_, error in second.items()} == {"b": OnItsWay}
    assert {id_: type(error) for id_, error in (await toy.publisher.publish([unheard])).items()} == {"b": Unroutable}


async def test_a_publisher_whose_channel_is_closed_opens_another(toy: Service) -> None:
    assert toy.publisher._line is not None
    await toy.publisher._line.channel.close()
    assert await toy.publisher.publish([fact("after-closing", "toy.pong.v1.35")]) == {}


def fact(id_: str, routing_key: str) -> Fact:
    now = datetime.now(UTC)
    return Fact(id_, "toy.pong.v1", routing_key, "toy", "s", now.isoformat(), "{}", {}, now, now)


async def _is(toy: Service, counter: str, expected: int) -> bool:
    return await total(toy, counter) == expected
