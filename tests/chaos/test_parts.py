"""The suite's own parts: the same seed, the same faults; wires that do what they say; points that hold."""

import asyncio
import re
from collections import Counter

import pytest
from pydantic import ValidationError

from chaos.balance import Books, pattern
from chaos.faults import BY_KIND
from chaos.faults.fault import service_of
from chaos.faults.messages import KINDS, poison, wire_of
from chaos.faults.processes import PLACES, KilledAtPoint
from chaos.junction import Carried, Junction
from chaos.points import Points, arm, disarm
from chaos.report import percentile
from chaos.schedule import dice_of, drawn
from chaos.table import row
from chaos.waiting import until
from chaos.wire import Wire
from dev.ports import LOOPBACK
from shared.contracts import EVENTS


def test_the_same_seed_gives_the_same_faults_at_the_same_moments():
    first, again = (drawn(7, kinds=tuple(BY_KIND), seconds=300, every=3) for _ in range(2))
    assert [(one.at, str(one.fault)) for one in first] == [(one.at, str(one.fault)) for one in again]
    other = drawn(8, kinds=tuple(BY_KIND), seconds=300, every=3)
    assert [str(one.fault) for one in other] != [str(one.fault) for one in first]


def test_every_kind_comes_in_its_time():
    planned = drawn(1, kinds=tuple(BY_KIND), seconds=300, every=3)
    assert Counter(one.fault.kind for one in planned).keys() == BY_KIND.keys()
    assert all(0 < one.at < 300 for one in planned)


def test_the_long_run_has_at_least_25_deaths_at_every_point_of_every_service():
    planned = drawn(1, kinds=tuple(BY_KIND), seconds=3000, every=1.2)
    aimed = Counter((f.service, f.point) for f in (one.fault for one in planned) if isinstance(f, KilledAtPoint))
    assert aimed.keys() == set(PLACES)
    assert min(aimed.values()) >= 25
    assert max(aimed.values()) - min(aimed.values()) <= 1


def test_a_point_is_passed_once_it_is_disarmed(tmp_path):
    arm(tmp_path, "after-commit")
    assert disarm(tmp_path) == ["after-commit"]
    Points(tmp_path).pass_by("after-commit")


@pytest.mark.parametrize("kind", KINDS)
def test_poison_is_poison_and_never_twice_the_same(kind):
    wire = "application.submitted.v1"
    dice = dice_of(1, "poison")
    (body, type_), (other, _) = poison(kind, wire, dice), poison(kind, wire, dice)
    assert body != other
    if type_ == wire:
        with pytest.raises(ValidationError):
            EVENTS[wire].model_validate_json(body)


@pytest.mark.parametrize(
    ("queue", "wire", "service"),
    [
        ("scoring.application.submitted.v1", "application.submitted.v1", "scoring"),
        ("review.application.scored.v1.35", "application.scored.v1", "review-35"),
        ("review.application.scored.v1.CN", "application.scored.v1", "review"),
    ],
)
def test_whose_queue_it_is(queue, wire, service):
    assert (wire_of(queue), service_of(queue)) == (wire, service)


@pytest.mark.parametrize(
    ("binding", "heard", "unheard"),
    [
        ("a.b.v1.#", ["a.b.v1", "a.b.v1.35", "a.b.v1.35.02"], ["a.b.v12", "a.b.v2.35"]),
        ("a.b.v1.35.#", ["a.b.v1.35", "a.b.v1.35.02"], ["a.b.v1.37", "a.b.v1.350"]),
        ("#", ["a", "a.b"], []),
        ("a.*.v1", ["a.b.v1"], ["a.b.c.v1"]),
    ],
)
def test_which_keys_a_binding_hears(binding, heard, unheard):
    assert all(re.fullmatch(pattern(binding), key) for key in heard)
    assert not any(re.fullmatch(pattern(binding), key) for key in unheard)


def test_the_books_of_a_stretch():
    account = ("scoring", "application.submitted.v1")
    before, after = (
        Books(Counter({account: 3}), Counter({account: 1})),
        Books(Counter({account: 8}), Counter({account: 6})),
    )
    assert after.since(before) == {account: (5, 5)}


def test_a_run_makes_a_row_of_the_table():
    recovery = dict.fromkeys(
        (
            "submission_p50",
            "submission_p99",
            "service_heard_again_p99",
            "replacement_ready_p99",
            "outbox_empty_after_quiet",
        ),
        1.5,
    )
    told = {
        "seed": 7,
        "plan": {"nodes": 3, "seconds": 60.0, "rate": 8.0},
        "faults": {"F3": 1, "F3-kill": 1, "F9": 2},
        **dict.fromkeys(("faults_in_all", "deaths", "accepted"), 1234),
        **dict.fromkeys(("lost", "doubled", "violations"), 0),
        "recovery": {**recovery, "broker_back_to_consuming": []},
    }
    cells = row(told)
    assert cells[:6] == ("7", "3", "1 min, 8/s", "1,234（2 种 kinds）", "1,234", "1,234")
    assert "–" in cells


def test_percentiles():
    assert percentile([], 0.99) is None
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(list(range(100)), 0.99) == 99


@pytest.fixture
async def wire():
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    wire = Wire(server.sockets[0].getsockname()[1])
    await wire.open()
    yield wire
    await wire.close()
    server.close()


async def said(wire: Wire | Carried, within: float = 1.0) -> bytes:
    """What comes back over a new connection."""
    reader, writer = await asyncio.open_connection(LOOPBACK, wire.port)
    try:
        writer.write(b"hello")
        return await asyncio.wait_for(reader.read(100), within)
    finally:
        writer.transport.abort()


async def test_a_whole_wire_carries(wire):
    assert await said(wire) == b"hello"


async def test_a_cut_wire_breaks_and_a_mended_one_carries_again(wire):
    wire.cut()
    with pytest.raises((ConnectionError, AssertionError)):
        assert await said(wire) == b"hello"
    wire.mend()
    assert await said(wire) == b"hello"


async def test_a_reset_breaks_what_is_open_and_nothing_new(wire):
    reader, writer = await asyncio.open_connection(LOOPBACK, wire.port)
    writer.write(b"hello")
    assert await reader.read(100) == b"hello"
    wire.reset()
    with pytest.raises((ConnectionError, AssertionError)):
        assert await reader.read(100)
    writer.transport.abort()
    assert await said(wire) == b"hello"


async def test_a_stalled_wire_says_nothing_until_it_flows(wire):
    wire.stall()
    waiting = asyncio.create_task(said(wire, within=5.0))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    wire.mend()
    assert await waiting == b"hello"


async def test_a_slow_wire_takes_its_time(wire):
    wire.slow(0.2)
    clock = asyncio.get_running_loop().time
    began = clock()
    assert await said(wire) == b"hello"
    assert clock() - began >= 0.4


async def test_the_junction_carries_cuts_and_mends_as_ordered():
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    async with Junction() as junction:
        wire = junction.wire(server.sockets[0].getsockname()[1])
        await wire.open()

        async def carries() -> bool:
            try:
                return await said(wire) == b"hello"
            except (OSError, TimeoutError):
                return False

        async def is_broken() -> bool:
            return not await carries()

        assert await carries()
        wire.cut()
        assert await until(is_broken, within=5)
        wire.mend()
        assert await until(carries, within=5)
        wire.stall()
        assert await until(is_broken, within=5)
        wire.mend()
        assert await until(carries, within=5)
    assert await is_broken()
    server.close()
