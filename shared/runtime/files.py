"""Files in the store: whole or not there, once per key. Only `mongo.py` imports the driver; it opens them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO

from gridfs.errors import FileExists, NoFile

Document = dict[str, Any]


class Files:
    """Files addressed by a key of ours, e.g. the SHA-256 of their bytes: the same file stands here once.

    The key is the file's name, unique by index; every upload has chunks of its own, so that one that was cut off never
    mixes with another. What a cut leaves behind is no file, and no reader sees it.
    """

    def __init__(self, bucket: Any, index: Any) -> None:
        """`bucket` and `index` as the driver has them: the bucket, and the collection of its files."""
        self._bucket = bucket
        self._index = index
        self._prepared = False

    async def put(self, key: str, data: bytes | BinaryIO, metadata: Mapping[str, Any]) -> bool:
        """Store a file, given whole or open for reading; False if it stood here already."""
        if await self.stat(key) is not None:
            return False
        if not self._prepared:
            await self._index.create_index("filename", unique=True)
            self._prepared = True
        stream = self._bucket.open_upload_stream(key, metadata=dict(metadata))
        try:
            await stream.write(data)
            await stream.close()
        except FileExists:
            await stream.abort()
            return False
        return True

    async def remove(self, key: str) -> None:
        """Take a file away, if it is there."""
        if found := await self._index.find_one({"filename": key}, {"_id": 1}):
            with suppress(NoFile):
                await self._bucket.delete(found["_id"])

    async def stat(self, key: str) -> Document | None:
        """Metadata of a file, with `length`; None if there is none."""
        found = await self._index.find_one({"filename": key})
        return {**found.get("metadata", {}), "length": found["length"]} if found else None

    async def chunks(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces; nothing if there is none."""
        try:
            stream = await self._bucket.open_download_stream_by_name(key)
        except NoFile:
            return
        while piece := await stream.readchunk():
            yield piece

    async def get(self, key: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        if await self.stat(key) is None:
            return None
        return b"".join([piece async for piece in self.chunks(key)])
