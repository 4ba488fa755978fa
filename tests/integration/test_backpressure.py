"""A province whose queue is full slows nobody else, loses nothing, and gets everything when it is back."""

import asyncio
import time
from collections import Counter as Count
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika

from dev.backends import Backends
from shared.kernel.change import Change
from shared.runtime import metrics
from shared.runtime.handlers import HandlerTable
from shared.runtime.mongo import Database
from shared.runtime.pauses import FIRST, LAST, Between, Flow
from shared.runtime.service import Service
from shared.runtime.work import Fact, Outgoing
from sihao.limit import limit_queues
from tests.support.toy import COUNTERS, ECHOES, Counter, Ping, Pong, echo
from tests.support.toy_bench import publish, ready, toy_settings, until

EACH = 400
"""Pings to each province."""
FULL = 10
"""Messages that Fujian's queue may hold."""
AGE = 2.0
"""Seconds after which an unconfirmed fact is published again: so long that nothing is swept which was only slow."""
FUJIAN = Flow(Pong.wire(), "35")
TAP = "tap"


def answer(state: Counter | None, message: Ping, now: datetime) -> Change[Counter]:
    """Tell of every ping in its own area."""
    del now
    total = (state.total if state else 0) + message.by
    return Change(Counter(total=total), (Pong(area=message.area, counter=message.counter, total=total),))


def fujian() -> HandlerTable:
    table = HandlerTable("fujian", scope="35", areas=("35",))
    table.on(Pong, ECHOES, key=lambda event: event.counter, decide=echo)
    return table


@asynccontextmanager
async def serving(amqp_url: str, mongo_url: str, database: str, table: HandlerTable) -> AsyncIterator[Service]:
    settings = toy_settings(amqp_url, mongo_url, database)
    settings.sweep_age = AGE
    service = Service(table.service, settings, [COUNTERS, ECHOES], scope=table.scope)
    service.listen(table)
    async with service.running():
        await until(lambda: ready(service))
        yield service


async def stand(stack: AsyncExitStack, amqp_url: str, mongo_url: str, database: str) -> tuple[Service, Service]:
    """One that answers pings and one that hears all answers; Fujian's queue stands, but nobody consumes it."""
    sender, centre = HandlerTable("toy"), HandlerTable("centre")
    sender.on(Ping, COUNTERS, key=lambda event: event.counter, decide=answer)
    centre.on(Pong, ECHOES, key=lambda event: event.counter, decide=echo)
    async with serving(amqp_url, mongo_url, f"{database}_fj", fujian()):
        """Once."""
    return (
        await stack.enter_async_context(serving(amqp_url, mongo_url, f"{database}_toy", sender)),
        await stack.enter_async_context(serving(amqp_url, mongo_url, f"{database}_centre", centre)),
    )


async def pings(amqp_url: str, area: str, start: int) -> None:
    events = [Ping(area=area, counter=f"{area}-{n % 20}") for n in range(EACH)]
    await publish(amqp_url, events, ids=[f"{area}-{start + n}" for n in range(EACH)])


async def heard(service: Service, area: str) -> int:
    """How many pongs of an area a service has heard, each counted once."""
    found = await service.database.get_many(ECHOES, [f"{area}-{n}" for n in range(20)])
    return sum(len(state.totals) for state in found.values())


def has_heard(service: Service, area: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return await heard(service, area) == count

    return enough


def holds(condition: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return condition()

    return asked


def figure(name: str, area: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, {"event": Pong.wire(), "area": area}) or 0.0


async def tap(amqp_url: str) -> None:
    """A queue that keeps a copy of every answer."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(TAP, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind("sihao.events", f"{Pong.wire()}.#")


async def drained(amqp_url: str) -> Count[str]:
    """How often each answer was heard there, by id."""
    copies = Count[str]()
    async with await aio_pika.connect(amqp_url) as connection:
        queue = await (await connection.channel()).get_queue(TAP)
        while message := await queue.get(no_ack=True, fail=False):
            copies[str(message.message_id)] += 1
    return copies


async def test_a_full_queue_is_refused_per_province_and_what_it_missed_arrives(
    backends: Backends, mongo_url: str, database_name: str
) -> None:
    if backends.api is None:
        raise RuntimeError("this test sets a policy: it needs the broker's management API")
    began, refused_before = time.monotonic(), figure("sihao_refused_total", "35")
    async with backends.fresh_vhost() as amqp_url, AsyncExitStack() as stack:
        await limit_queues(backends.api, amqp_url.rpartition("/")[2], FULL, queues=r"^fujian\.")
        toy, centre = await stand(stack, amqp_url, mongo_url, f"{database_name}_full")
        await tap(amqp_url)

        await pings(amqp_url, "3502", 0)
        await until(holds(lambda: FUJIAN in toy.relay.paused()))
        await asyncio.gather(pings(amqp_url, "3702", 0), pings(amqp_url, "3502", EACH))
        await until(has_heard(centre, "3702", EACH))
        assert toy.relay.paused().keys() == {FUJIAN}, "it is still refused, and nobody else is"
        assert figure("sihao_paused_seconds", "35") > 0
        assert figure("sihao_held_back_total", "35") > 0
        assert figure("sihao_refused_total", "37") == 0
        assert await heard(centre, "3502") < 2 * EACH

        back = await stack.enter_async_context(serving(amqp_url, mongo_url, f"{database_name}_full_fj", fujian()))
        await until(has_heard(back, "3502", 2 * EACH))
        await until(has_heard(centre, "3502", 2 * EACH))
        await until(holds(lambda: not toy.relay.paused()))

        async def all_clear() -> bool:
            return (await toy.database.outbox(COUNTERS))[0] == 0

        await until(all_clear)
        assert await heard(back, "3702") == 0
        assert [await one.dead_letters.list() for one in (toy, centre, back)] == [[], [], []]
        copies = await drained(amqp_url)
    assert len(copies) == 3 * EACH
    refused = figure("sihao_refused_total", "35") - refused_before
    assert copies.total() - len(copies) <= refused, "nothing is heard again but what was refused"
    on_their_way, pauses = toy.settings.batch_limit, (time.monotonic() - began) / AGE + 1
    assert refused <= on_their_way + 2 * EACH + pauses


async def test_a_service_that_stopped_slows_no_other(backends: Backends, mongo_url: str, database_name: str) -> None:
    """Without a limit, too: its own queue grows, and nobody else's."""
    async with backends.fresh_vhost() as amqp_url, AsyncExitStack() as stack:
        toy, centre = await stand(stack, amqp_url, mongo_url, f"{database_name}_slow")
        await pings(amqp_url, "3502", 0)
        await until(has_heard(centre, "3502", EACH))
        assert await toy.publisher.depths(fujian()) == {"fujian.toy.pong.v1.35": EACH, "dead.fujian.35": 0}


async def test_a_claim_passes_over_what_is_paused_by_the_index(mongo_url: str, database_name: str) -> None:
    database = Database(mongo_url, f"{database_name}_claim")
    await database.prepare([COUNTERS])
    late = datetime.now(UTC) - timedelta(minutes=1)
    await database.collection("counters").insert_many(
        [
            *(with_fact(f"35-{n}", "35", late) for n in range(2500)),
            *(with_fact(f"37-{n}", "37", late) for n in range(3)),
            *({"_id": f"idle-{n}", "version": 1, "outbox": []} for n in range(500)),
        ]
    )
    paused = f"{Pong.wire()}.35"
    before = datetime.now(UTC)
    first = await database.claim_unsent(COUNTERS, before, 1000, Between(FIRST, paused))
    second = await database.claim_unsent(COUNTERS, before, 1000, Between(paused + "/", LAST))
    assert (first, sorted(item.key for item in second)) == ([], ["37-0", "37-1", "37-2"])
    assert await database.claim_unsent(COUNTERS, before, 1000, Between(paused + "/", LAST)) == [], "they are stamped"
    probe = await database.claim_unsent(COUNTERS, before, 1, Between(paused, paused + "/"))
    assert len(probe) == 1

    wanted = {"routing_key": {"$gte": paused + "/", "$lt": LAST}, "at": {"$lt": before}}
    plan = await database.collection("counters").find({"outbox": {"$elemMatch": wanted}}).explain()
    assert plan["executionStats"]["totalKeysExamined"] < 10
    assert plan["executionStats"]["totalDocsExamined"] < 10
    database.close()


async def test_what_is_handed_over_while_the_broker_is_away_waits_in_the_store_and_not_in_memory(
    mongo_url: str, database_name: str
) -> None:
    """Handing over is a hint: it takes what it has room for, and neither waits nor fails."""
    service = Service("toy", toy_settings("amqp://127.0.0.1:1/", mongo_url, f"{database_name}_away"), [COUNTERS])
    now = datetime.now(UTC)
    fact = Fact("a", Pong.wire(), f"{Pong.wire()}.35", "toy", "s", now.isoformat(), "{}", {}, now, now)
    service.relay.hand_over([Outgoing("counters", "a", fact)] * 20_000)
    service.relay.hand_over([Outgoing("counters", "a", fact)])
    assert service.relay._posted.qsize() == service.relay._posted.maxsize < 20_000
    service.database.close()


def with_fact(key: str, area: str, at: datetime) -> dict[str, Any]:
    fact = Fact(key, Pong.wire(), f"{Pong.wire()}.{area}.02", "toy", "s", at.isoformat(), "{}", {}, at, at)
    return {"_id": key, "version": 1, "outbox": [asdict(fact)]}
