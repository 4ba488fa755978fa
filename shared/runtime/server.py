"""The HTTP server: uvicorn, and what it lacks against clients who are slow, silent or too many.

uvicorn bounds the size of a request's headers and how long an idle connection stays, but not how long headers may take
to arrive, an answer to be read, or a body to be thrown away whose request was answered already. `Connection` bounds
these; the time of a body is bounded where it is read (`bodies.py`).
"""

import asyncio
import os
import sys
from contextlib import suppress
from typing import Any, ClassVar

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.runtime import metrics, problems
from shared.runtime.settings import EdgeSettings, Settings
from shared.runtime.tasks import end

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: longer than clients and proxies keep theirs (60 s is usual), so that it is
never the server that closes a connection on which the next request is just being sent."""
DRAIN_SECONDS = 20
"""How long a stopping service waits for the requests it is answering."""
MAX_HEADERS = 16 * 1024
"""Bytes of a request's line and headers."""
BACKLOG = 512
"""Connections the system holds for us while we are busy."""
_NOT_STARTED = 3
"""What the process ends with then, as under uvicorn's own command."""
_LOOKS = 4
"""How often a connection is looked at within the shortest time it is given."""


class Connection(H11Protocol):
    """A client's connection that does not wait for ever."""

    edge: ClassVar[EdgeSettings]

    _asked_since: float | None = None
    """Since when a request's headers have been coming in."""
    idle_since = 0.0
    """When the last request on it was answered, by the loop's clock; before the first, when it was opened."""
    _unread: tuple[int, float] | None = None
    """Bytes of the answer that the client had not taken, and when."""
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn declares it
        """A client has connected."""
        super().connection_made(transport)
        self._asked_since = self.idle_since = self.loop.time()
        self._look_later()
        if len(self.connections) > self.edge.max_connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Some bytes came in."""
        if self._asked_since is None and self.conn.their_state is h11.IDLE:
            self._asked_since = self.loop.time()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._asked_since = None

    def resume_writing(self) -> None:
        """The client has taken what was ready for it."""
        self._unread = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        """A request is answered."""
        self.idle_since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    @property
    def idle(self) -> bool:
        """Whether no request is being answered on it."""
        return self.cycle is None or self.cycle.response_complete

    def _look_later(self) -> None:
        shortest = min(self.edge.header_seconds, self.edge.stall_seconds)
        self._look = self.loop.call_later(shortest / _LOOKS, self._look_at)

    def _look_at(self) -> None:
        """End the connection if its client is too slow; else look again later."""
        now = self.loop.time()
        if self._asked_since is not None and now - self._asked_since > self.edge.header_seconds:
            self._asked_since = None
            self._turn_away("slow-headers", problems.TOO_SLOW)
        elif self._answered_early and now - self.idle_since > self.edge.stall_seconds:
            self.end("slow-body")
        elif self._not_reading(now):
            self.end("slow-reader")
            return
        self._look_later()

    @property
    def _answered_early(self) -> bool:
        """Whether a request was answered whose body still comes in, to be thrown away."""
        return self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete

    def _not_reading(self, now: float) -> bool:
        waiting = self.transport.get_write_buffer_size()
        if not waiting:
            self._unread = None
            return False
        if self._unread is None:
            self._unread = waiting, now
        before, since = self._unread
        if now - since < self.edge.stall_seconds:
            return False
        self._unread = waiting, now
        return before - waiting < min(before, self.edge.min_rate * self.edge.stall_seconds)

    def _make_room(self) -> None:
        """Close the connection that has been idle longest; if all are at work, this one."""
        others = [one for one in self.connections if one is not self and isinstance(one, Connection) and one.idle]
        if others:
            min(others, key=lambda one: one.idle_since).end("connections")
        else:
            self._turn_away("connections", problems.UNAVAILABLE)

    def _turn_away(self, reason: str, status: int) -> None:
        """Answer before there is a request, and hang up; whoever has sent nothing at all is told nothing."""
        if not self.conn.trailing_data[0] and status == problems.TOO_SLOW:
            self.end(reason)
            return
        metrics.TURNED_AWAY.labels(reason).inc()
        headers = [("content-type", problems.MEDIA_TYPE), ("connection", "close"), ("retry-after", "5")]
        body = problems.unasked(status).model_dump_json().encode()
        events: tuple[h11.Event, ...] = (
            h11.Response(status_code=status, headers=[*headers, ("content-length", str(len(body)))]),
            h11.Data(data=body),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def end(self, reason: str) -> None:
        """Hang up, whatever is still to be sent."""
        metrics.TURNED_AWAY.labels(reason).inc()
        self.transport.abort()


def options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": type("Connection", (Connection,), {"edge": settings}),
        "ws": "none",
        "backlog": BACKLOG,
        "h11_max_incomplete_event_size": MAX_HEADERS,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is being answered and stop. Our logs, not uvicorn's.

    Raises:
        SystemExit: it could not start; the port is taken, for instance.
    """
    server = uvicorn.Server(uvicorn.Config(app, **options(settings)))
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(_served(server))
    if not server.started:
        sys.exit(_NOT_STARTED)


async def _served(server: uvicorn.Server) -> None:
    try:
        await server.serve()
    finally:
        await _end_the_rest()


async def _end_the_rest() -> None:
    """Cancel what still runs; the process ends even if that will not."""
    if await end(asyncio.all_tasks() - {asyncio.current_task()}):
        os._exit(_NOT_STARTED)  # everything that counts is in the store
