"""The real broker and the real store of a test session, and places of their own in both for each test module.

`SIHAO_AMQP_URL` and `SIHAO_MONGO_URL` come first, then containers, then servers of this machine. Nothing starts before
a test asks for it.
"""

import secrets
from collections.abc import AsyncIterator

import pytest
from pymongo import AsyncMongoClient

from dev.backends import TEST_ORDER, Backends, open_backends
from dev.runs import run_directory


@pytest.fixture(scope="session")
async def backends() -> AsyncIterator[Backends]:
    """The broker and the store of this session; started once."""
    with run_directory("test") as directory:
        async with open_backends(directory, order=TEST_ORDER) as found:
            yield found


@pytest.fixture(scope="module")
async def amqp_url(backends: Backends) -> AsyncIterator[str]:
    """A virtual host of this test module's own."""
    async with backends.fresh_vhost() as url:
        yield url


@pytest.fixture(scope="session")
def mongo_url(backends: Backends) -> str:
    """The address of the store."""
    return backends.mongo_url


@pytest.fixture(scope="module")
async def database_name(mongo_url: str) -> AsyncIterator[str]:
    """The name of a database of this test module's own, dropped at the end with all whose names begin with it."""
    name = f"test_{secrets.token_hex(6)}"
    yield name
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(mongo_url)
    async with client:
        for existing in await client.list_database_names():
            if existing.startswith(name):
                await client.drop_database(existing)
