"""Unit tests cannot reach another machine."""

import asyncio
import socket

import pytest

ELSEWHERE = ("192.0.2.1", 9)  # an address reserved for documentation


def test_plain_sockets_are_held_back():
    with socket.socket() as plain, pytest.raises(AssertionError, match="must not connect"):
        plain.connect(ELSEWHERE)


async def test_asyncio_is_held_back_too():
    with pytest.raises(AssertionError, match="must not connect"):
        await asyncio.open_connection(*ELSEWHERE)


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
