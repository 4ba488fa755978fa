"""A small HTTP server on loopback, for what stands in the place of others while developing and testing."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

from dev.ports import LOOPBACK

_LOOKS_EVERY = 0.05
"""Seconds after which it notices that it shall end."""


class OnLoopback:
    """It serves on a thread of its own; use it as a context manager."""

    def __init__(
        self, name: str, handler: type[BaseHTTPRequestHandler], *, port: int = 0, host: str = LOOPBACK
    ) -> None:
        """Listen at `port` (0: any free one); at another `host` only inside a container."""
        self._server = ThreadingHTTPServer((host, port), handler)
        self._thread = Thread(target=self._server.serve_forever, args=(_LOOKS_EVERY,), name=name, daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
