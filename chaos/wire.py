"""A wire to a server that can be cut, stalled and slowed, as networks are."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import deque
from contextlib import suppress

from dev.ports import LOOPBACK

_CHUNK = 65_536


class Wire:
    """A loopback port behind which a server is found; `open` before the first use, `close` at the end.

    Of several `ports` it dials one after the other, as a load balancer does, passing over those where nobody listens.
    """

    def __init__(self, *ports: int) -> None:
        self.port = 0
        self._far = deque(ports)
        self._whole = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay = 0.0
        self._writers: set[StreamWriter] = set()
        self._carriers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._carry, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End everything."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)

    def reset(self) -> None:
        """Break every connection; new ones come through."""
        for writer in self._writers:
            writer.transport.abort()

    def cut(self) -> None:
        """Break every connection, and every new one at once."""
        self._whole = False
        self._flowing.set()
        self.reset()

    def stall(self) -> None:
        """Keep every connection and let nothing through, either way: nobody is told."""
        self._flowing.clear()

    def slow(self, seconds: float) -> None:
        """Hold up whatever passes, per piece and direction."""
        self._delay = seconds

    def mend(self) -> None:
        """As new."""
        self._whole, self._delay = True, 0.0
        self._flowing.set()

    async def _carry(self, near: StreamReader, near_out: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._carriers.add(task)
            task.add_done_callback(self._carriers.discard)
        ends = {near_out}
        self._writers |= ends
        try:
            await self._flowing.wait()
            if self._whole:
                far, far_out = await self._dial()
                ends.add(far_out)
                self._writers |= ends
                await asyncio.gather(self._pump(near, far_out), self._pump(far, near_out))
        except OSError:
            pass  # nobody at the far end: to the near end that is a cut wire too
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _dial(self) -> tuple[StreamReader, StreamWriter]:
        for port in list(self._far):
            self._far.rotate(-1)
            with suppress(OSError):
                return await asyncio.open_connection(LOOPBACK, port)
        raise ConnectionRefusedError

    async def _pump(self, source: StreamReader, target: StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(_CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._flowing.wait()
                target.write(data)
                await target.drain()
            if target.can_write_eof():
                target.write_eof()
