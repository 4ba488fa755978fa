"""The suite's means: wires to several nodes, detours, disks that fill up, calls that fail; and what a machine lacks."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chaos import disk, tracer
from chaos.faults import BY_KIND, left_out, named
from chaos.nursery import Forked, Nursery
from chaos.waiting import until
from chaos.wire import Wire
from dev.ports import LOOPBACK, free_port
from dev.processes import Child

SYNC = "import os, sys\nwhile True:\n    f = open(sys.argv[1], 'w'); os.fdatasync(f.fileno()); f.close()\n"


@asynccontextmanager
async def server(name: bytes) -> AsyncIterator[int]:
    """A server that tells its name; answers its port."""

    async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name)
        writer.close()

    listening = await asyncio.start_server(tell, LOOPBACK, 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def said(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_a_wire_to_several_nodes_dials_them_in_turn_and_passes_over_one_that_is_away() -> None:
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(server(name)) for name in (b"one", b"two")]
        wire = Wire(ports[0], free_port(), ports[1])
        stack.push_async_callback(wire.close)
        await wire.open()
        heard = [await said(wire.port) for _ in range(6)]
    assert set(heard) == {b"one", b"two"}


async def test_a_wire_to_nobody_is_a_cut_one() -> None:
    wire = Wire(free_port(), free_port())
    await wire.open()
    try:
        with pytest.raises((ConnectionError, AssertionError)):
            assert await said(wire.port)
    finally:
        await wire.close()


async def test_connections_of_a_process_take_their_detour(tmp_path: Path) -> None:
    program = (
        "import socket, sys; from chaos.detour import detour; near, far = map(int, sys.argv[1:]); detour({near: far})\n"
        "print(socket.create_connection(('127.0.0.1', near)).recv(9).decode())"
    )
    async with server(b"the wire") as far:
        child = Child("detour", [sys.executable, "-c", program, str(free_port()), str(far)], log=tmp_path / "log")
        await child.start()
        await child.wait()
    assert (tmp_path / "log").read_text("utf-8") == "the wire\n"


def test_a_number_names_all_its_kinds_and_a_kind_itself() -> None:
    assert named(["F5", "F1"]) == ("F1", "F5-stepdown", "F5-kill", "F5-freeze")
    assert named(["F3-kill"]) == ("F3-kill",)
    assert named([]) == tuple(BY_KIND)
    assert named(["F99"]) == ()


async def test_what_one_node_cannot_bear_is_left_out_and_told_in_two_languages() -> None:
    missing = await left_out(named(["F3", "F4", "F5"]), nodes=1)
    assert missing.keys() == {"F3-kill", "F3-leader", "F5-stepdown", "F5-kill", "F5-freeze"}
    assert set(missing.values()) == {"需要 3 个节点 / needs 3 nodes"}
    assert await left_out(named(["F3", "F4", "F5"]), nodes=3) == {}


async def test_without_its_tools_a_disk_or_a_trace_is_left_out_and_the_tool_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = await left_out(named(["F14", "F15"]), nodes=3)
    assert missing.keys() == set(named(["F14", "F15"]))
    assert all(map(in_two_languages, missing.values()))
    assert "mkfs.ext4" in missing["F14-store"]
    assert "strace" in missing["F15"]


def in_two_languages(text: str) -> bool:
    return re.match(r"[^/]*[一-鿿][^/]* / .*[a-z]", text) is not None


async def test_a_filled_disk_has_no_room_until_it_is_freed(tmp_path: Path) -> None:
    if why := await disk.obstacle():  # where nobody may mount, the suite leaves the fault out and says this
        assert in_two_languages(why)
        return
    own = disk.Disk(tmp_path / "data")
    async with own.mounted():
        (tmp_path / "data" / "before").write_bytes(b"x")
        own.fill()
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "data" / "after").write_bytes(b"x" * 100_000)
        own.free()
        (tmp_path / "data" / "after").write_bytes(b"x" * 100_000)
    assert list((tmp_path / "data").iterdir()) == []


async def test_spoiled_calls_fail_while_it_lasts(tmp_path: Path) -> None:
    if why := await tracer.obstacle():
        assert in_two_languages(why)
        return
    log = tmp_path / "log"
    child = Child("sync", [sys.executable, "-c", SYNC, str(tmp_path / "file")], log=log)
    await child.start()
    try:
        async with tracer.spoiled(child.pid or 0, "fdatasync", "error=EIO") as calls:

            async def ended() -> bool:
                return not child.alive

            assert await until(ended, within=30.0)
            assert calls.count > 0
    finally:
        await child.kill()
    assert "Input/output error" in log.read_text("utf-8")


async def test_a_process_may_have_ended_before_anybody_heard_that_it_began(tmp_path: Path) -> None:
    async with Nursery() as nursery:
        child = Forked(nursery, "short-lived", "services.intake", log=tmp_path / "log", env={})
        starting = asyncio.create_task(child.start())
        await asyncio.sleep(0)
        time.sleep(1.0)  # noqa: ASYNC251 - whoever listens is busy, and hears of its life and death at once
        async with asyncio.timeout(10):
            await starting
            await child.wait()
        assert not child.alive
        await child.start()
        await child.kill()
        assert not child.alive
    assert "CHAOS_DETOURS" in (tmp_path / "log").read_text("utf-8")
