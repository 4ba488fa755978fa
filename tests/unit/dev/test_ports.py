"""Free ports: really free, and never the same one twice."""

import socket

import pytest

from dev import ports
from dev.ports import LOOPBACK, free_port


def test_a_free_port_can_be_listened_on():
    with socket.create_server((LOOPBACK, free_port())) as server:
        assert server.getsockname()[0] == LOOPBACK


def test_no_port_is_handed_out_twice():
    found = [free_port() for _ in range(50)]
    assert len(set(found)) == len(found)


def test_a_taken_port_is_passed_over(monkeypatch):
    taken, free = free_port(), free_port()
    monkeypatch.setattr(ports, "_RANGE", range(min(taken, free), max(taken, free) + 1, abs(taken - free)))
    monkeypatch.setattr(ports, "_handed_out", set())
    monkeypatch.setattr(ports, "_TRIES", 2)
    with socket.create_server((LOOPBACK, taken)):
        assert free_port() == free
        with pytest.raises(OSError, match="no free port"):
            free_port()
