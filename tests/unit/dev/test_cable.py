"""The cable carries both ways, and breaks when cut."""

import asyncio

import pytest

from dev.cable import Cable
from dev.ports import LOOPBACK


@pytest.fixture
async def echo():
    async def answer(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def cable(echo):
    async with Cable(LOOPBACK, echo) as whole:
        yield whole


async def _ask(cable):
    """The answer to one line; nothing if the connection breaks."""
    reader, writer = await asyncio.open_connection(cable.host, cable.port)
    try:
        writer.write(b"so\n")
        return await asyncio.wait_for(reader.readline(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def test_a_whole_cable_carries_both_ways(cable):
    assert await _ask(cable) == b"SO\n"


async def test_the_end_of_one_side_reaches_the_other(cable):
    reader, writer = await asyncio.open_connection(cable.host, cable.port)
    writer.write(b"a\nb\n")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b"A\nB\n"
    writer.close()
    await writer.wait_closed()


async def test_cutting_breaks_open_connections_and_new_ones_until_mended(cable):
    reader, writer = await asyncio.open_connection(cable.host, cable.port)
    writer.write(b"so\n")
    assert await reader.readline() == b"SO\n"
    cable.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.close()
    assert await _ask(cable) == b""
    cable.mend()
    assert await _ask(cable) == b"SO\n"
