"""Around every request: the security headers, the metrics, one log line, and the last word on errors.

The edge stands outside the whole middleware stack and inside the request's span, so that every answer passes it,
whoever gave it, and everything it logs names the trace.
"""

import time
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime import metrics, problems
from shared.runtime.logs import get_logger

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""On every answer. Nothing inline runs; transport security is the ingress' business, which ends TLS."""

QUIET = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})
"""Asked every few seconds by machines: not traced, not logged."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that get a label of their own; callers cannot make up more."""

CALLER_LEFT = 499
"""The status we record when the caller hung up before the answer; nginx' number for it."""

log = get_logger(__name__)


class Edge:
    """The outermost layer of our own."""

    def __init__(self, app: ASGIApp, templates: Mapping[int, str]) -> None:
        """`templates` maps the `id` of a route to its path template: metrics are told by template, never by path."""
        self._app = app
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        answer = _Answer(Request(scope, receive), send)
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            answer.status = answer.status or CALLER_LEFT
        except Exception:
            log.exception("http.unexpected", method=scope["method"], route=self._template(scope))
            await answer.failed()
        finally:
            self._record(scope, answer.status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = self._template(scope)
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        metrics.REQUESTS.labels(method, route, status).inc()
        metrics.REQUEST_SECONDS.labels(method, route).observe(seconds, metrics.exemplar())
        if route not in QUIET:
            log.info("http.answered", method=method, route=route, status=status, ms=round(seconds * 1000, 1))

    def _template(self, scope: Mapping[str, Any]) -> str:
        return self._templates.get(id(scope.get("route")), "unknown")


class _Answer:
    """The answer on its way out: its status, our headers, and a problem in place of a bare 413."""

    def __init__(self, request: Request, send: Send) -> None:
        self.status = 0
        self._request = request
        self._send = send
        self._replaced = False

    async def __call__(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if _is_bare_413(message):
                self._replaced = True
                await self._give(problems.too_large(self._request))
                return
            self._complete(MutableHeaders(scope=message))
        await self._send(message)

    async def failed(self) -> None:
        """Say 500, if nothing has been said yet."""
        if not self.status:
            await self._give(problems.internal_error(self._request))

    async def _give(self, response: Response) -> None:
        self.status = response.status_code
        self._complete(response.headers)
        await response(self._request.scope, self._request.receive, self._send)

    def _complete(self, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if "authorization" in self._request.headers:
            headers.setdefault("Cache-Control", "no-store")


def _is_bare_413(message: Message) -> bool:
    """Starlette's body limit answers 413 in plain text, past every handler."""
    return (
        message["status"] == problems.TOO_LARGE
        and (b"content-type", b"text/plain; charset=utf-8") in message["headers"]
    )
