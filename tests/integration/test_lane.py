"""The lane on a real broker and a real store: what is applied, put aside, held, repeated."""

from collections.abc import AsyncIterator

import pytest

from shared.runtime.amqp import sender
from shared.runtime.service import Service
from tests.support.toy import COUNTERS, ECHOES
from tests.support.toy_bench import ping, publish, running_toy, toy_settings, until


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
    async with sender(amqp_url) as send:
        await toy.dead_letters.replay(letter, send)
    await until(lambda: _is(toy, "patient", 8))
    assert "p7" not in {x.message_id for x in await toy.dead_letters.list()}


async def _is(toy: Service, counter: str, expected: int) -> bool:
    return await total(toy, counter) == expected
