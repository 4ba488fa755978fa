"""A wire to a server that can be cut and mended, to see what a service does without its broker or its store."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from ssl import SSLContext
from types import TracebackType
from typing import Self

from dev.ports import LOOPBACK

_CHUNK = 65_536


class Cable:
    """A loopback port behind which the server at `host:port` is found, as long as the cable is whole.

    For MongoDB put `directConnection=true` into the address, or the driver goes round the cable to the member's name.
    """

    def __init__(self, host: str, port: int, *, near: str = LOOPBACK, tls: SSLContext | None = None) -> None:
        """`near` is the address to be reached at; with `tls` the near end is encrypted, and the far end is not."""
        self.host = near
        self._tls = tls
        self.port = 0
        self._far_end = (host, port)
        self._whole = True
        self._writers: set[StreamWriter] = set()
        self._carriers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def cut(self) -> None:
        """Break all connections, and every new one at once."""
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Let new connections through again."""
        self._whole = True

    async def _carry(self, near: StreamReader, near_out: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._carriers.add(task)
            task.add_done_callback(self._carriers.discard)
        ends = {near_out}
        try:
            if self._whole:
                far, far_out = await asyncio.open_connection(*self._far_end)
                ends.add(far_out)
                self._writers |= ends
                await asyncio.gather(_pump(near, far_out), _pump(far, near_out))
        except OSError:
            pass  # the far end is not there: to the near end that is a cut cable too
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, self.host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._carriers, return_exceptions=True)


async def _pump(source: StreamReader, target: StreamWriter) -> None:
    """Copy until the source ends or either side breaks, then end the target's input."""
    with suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
