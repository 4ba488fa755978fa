"""Where exported traces go in a benchmark: taken, counted, forgotten; and a reader of the metrics pages."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Self

import httpx2

_EVERY = 1.0


class TelemetrySink:
    """An OTLP endpoint over HTTP on loopback that answers 200 to everything."""

    def __init__(self) -> None:
        self.taken = 0
        """Bytes of exported traces."""
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0])
                self.taken += len(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        writer.close()

    @asynccontextmanager
    async def scraping(self, urls: Sequence[str]) -> AsyncIterator[None]:
        """Inside, read these pages every second, as Prometheus would every fifteen."""
        reading = asyncio.create_task(_read(urls))
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(urls: Sequence[str]) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        while urls:
            for url in urls:
                with suppress(httpx2.HTTPError):
                    await client.get(url)
            await asyncio.sleep(_EVERY)
