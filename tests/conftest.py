"""What every test may ask for, and what a unit test may not do."""

import os
import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import order
from tests.support.backends import amqp_url, backends, database_name, mongo_url

os.environ["COLUMNS"] = "250"  # of the terminal, for tables; whoever runs the tests may have a narrow one
__all__ = ["amqp_url", "backends", "database_name", "mongo_url"]

Connect = Callable[[socket.socket, Any], Any]

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # how busy the machine is says nothing about the code
_UNIT_TESTS = Path(__file__).parent / "unit"
_RUNNING = {"e2e", "integration"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of running services: the longest files begin."""
    running = [item for item in items if item.path.parent.name in _RUNNING]
    order.arrange(running)
    items[:] = [*(item for item in items if item.path.parent.name not in _RUNNING), *running]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.Scheduling | None:
    """With `--dist loadfile`, ours; else the one that was asked for."""
    return order.Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def _unit_tests_stay_on_this_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In `tests/unit`, a connection to anything but loopback is an error."""
    if request.path.is_relative_to(_UNIT_TESTS):
        monkeypatch.setattr(socket.socket, "connect", _only_loopback(socket.socket.connect))
        monkeypatch.setattr(socket.socket, "connect_ex", _only_loopback(socket.socket.connect_ex))


def _only_loopback(connect: Connect) -> Connect:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise AssertionError(f"单元测试不得连接 {address} / a unit test must not connect to {address}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ip_address(host).is_loopback
