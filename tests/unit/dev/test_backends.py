"""Without a broker or a store there is no run, and whoever wanted one is told what to do, in both languages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dev import backends
from dev.backends import BackendMissingError, open_backends

CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing on it, on which nothing can be installed."""
    for variable in (backends.AMQP_URL, backends.RABBIT_API_URL, backends.MONGO_URL):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("dev.broker.find_server", lambda: None)
    monkeypatch.setattr("dev.store.find_server", lambda: None)
    monkeypatch.setattr("dev.packages.can_install", lambda: False)
    monkeypatch.setattr("dev.containers.docker_answers", lambda: False)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker is there."""

    async def found(*_: object) -> backends._Broker:
        return backends._Broker("amqp://127.0.0.1/", None)

    monkeypatch.setattr(backends._Search, "broker", found)


@asynccontextmanager
async def failing(directory: Path) -> AsyncIterator[list[str]]:
    """The lines of the message with which no run begins, after whatever was said before."""
    said: list[str] = []
    with pytest.raises(BackendMissingError) as refusal:
        async with open_backends(directory, say=said.append):
            pytest.fail("it began")
    yield [*said, *str(refusal.value).splitlines()]


def in_both_languages(lines: list[str], word: str) -> bool:
    """Whether the word stands in a Chinese and in an English line."""
    return {bool(CHINESE.search(line)) for line in lines if word in line} == {True, False}


async def test_without_any_broker_three_ways_out_are_told(tmp_path: Path) -> None:
    async with failing(tmp_path) as lines:
        for word in ("SIHAO_AMQP_URL", "apt-get install rabbitmq-server", "Docker"):
            assert in_both_languages(lines, word)


@pytest.mark.usefixtures("broker")
async def test_without_any_store_three_ways_out_are_told(tmp_path: Path) -> None:
    async with failing(tmp_path) as lines:
        for word in ("SIHAO_MONGO_URL", "mongod", "Docker"):
            assert in_both_languages(lines, word)


@pytest.mark.usefixtures("broker")
async def test_a_store_that_lacks_a_library_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def runs(_server: Path) -> bool:
        return False

    monkeypatch.setattr("dev.store.find_server", lambda: tmp_path / "mongod")
    monkeypatch.setattr("dev.store.runs", runs)
    async with failing(tmp_path) as lines:
        assert in_both_languages("\n".join(lines).splitlines(), "libcurl4")


@pytest.mark.parametrize("address", ["nonsense", "amqp://", "amqp://u:secret@127.0.0.1:port/"])
async def test_a_broker_address_that_is_none_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(backends.AMQP_URL, address)
    async with failing(tmp_path) as lines:
        assert in_both_languages(lines, backends.AMQP_URL)
        assert "secret" not in "".join(lines)


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("address", ["mongodb://", "mongodb://u:secret@127.0.0.1:port/", "ftp://127.0.0.1"])
async def test_a_store_address_that_is_none_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(backends.MONGO_URL, address)
    async with failing(tmp_path) as lines:
        assert in_both_languages(lines, backends.MONGO_URL)
        assert "secret" not in "".join(lines)
