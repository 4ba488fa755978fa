"""Files on a real store: once per key, whole or not there."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from shared.runtime.files import Files
from shared.runtime.mongo import Database


@pytest.fixture(scope="module")
async def files(mongo_url: str, database_name: str) -> AsyncIterator[Files]:
    database = Database(mongo_url, database_name)
    yield database.files("evidence")
    database.close()


def key_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def test_the_same_file_stands_once_also_when_brought_by_many_at_once(files: Files) -> None:
    data = b"minutes" * 100_000
    new = await asyncio.gather(*(files.put(key_of(data), data, {"n": n}) for n in range(8)))
    assert new.count(True) == 1
    assert await files.get(key_of(data)) == data
    assert not await files.put(key_of(data), data, {})


async def test_what_a_cut_off_upload_left_is_no_file_and_hinders_none(files: Files) -> None:
    data = b"charter" * 100_000
    stream = files._bucket.open_upload_stream(key_of(data))
    await stream.write(data[:300_000])
    assert await files.stat(key_of(data)) is None
    assert await files.get(key_of(data)) is None
    assert await files.put(key_of(data), data, {})
    assert await files.get(key_of(data)) == data


async def test_an_unknown_key_is_no_file(files: Files) -> None:
    assert await files.get("0" * 64) is None
    assert [piece async for piece in files.chunks("0" * 64)] == []
