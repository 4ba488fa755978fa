"""Admission: whom the service takes on, how much at a time, and for how long.

Stands inside the edge and before everything else, so that whoever is turned away costs no more than their headers. Who
calls is found out here, once: their budget depends on it. Health and metrics pass untouched.
"""

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime import metrics, problems
from shared.runtime.bodies import Bodies, Body
from shared.runtime.edge import QUIET
from shared.runtime.rates import Rates, Taken, site
from shared.runtime.settings import EdgeSettings
from shared.runtime.tokens import Caller, Verifier

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Admission:
    """The layer in front of the application."""

    def __init__(self, app: ASGIApp, verifier: Verifier, settings: EdgeSettings) -> None:
        self._app = app
        self._verifier = verifier
        self._settings = settings
        self._rates = Rates(settings)
        self._at_work = 0
        self._bodies = Bodies(settings.max_bodies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        taken = await self._budget(request)
        sending = _telling(taken, send)
        reason, refusal = self._refusal(request, taken)
        if refusal is not None:
            metrics.TURNED_AWAY.labels(reason).inc()
            await refusal(scope, receive, sending)
            return
        self._at_work += 1
        try:
            await self._serve(request, sending)
        finally:
            self._at_work -= 1

    async def _budget(self, request: Request) -> Taken:
        """Whose request this is, for whoever asks `request.state.caller`; and what is left of their budget."""
        address = site(request.client.host if request.client else "")
        kind = "read" if request.method in _READING else "write"
        request.state.caller = caller = await self._caller(request)
        if isinstance(caller, Caller):
            return self._rates.take("read" if kind == "read" else "write", caller.id)
        if isinstance(caller, problems.Unauthenticated):
            failed = self._rates.take("failed", address)
            if not failed.granted:
                return failed
        return self._rates.take("public-read" if kind == "read" else "public-write", address)

    async def _caller(self, request: Request) -> Caller | problems.HttpProblem | None:
        scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            return await self._verifier.caller(token)
        except problems.HttpProblem as refused:
            return refused

    def _refusal(self, request: Request, taken: Taken) -> tuple[str, Response | None]:
        """Why it is not taken on, for the metrics and for the caller."""
        if not taken.granted:
            return f"rate-{taken.budget}", problems.too_many(request, taken.reset)
        if self._at_work >= self._settings.max_at_work:
            return "at-work", problems.busy(request)
        if request.method not in _READING and request.headers.get("content-encoding", "identity").lower() != "identity":
            return "encoding", problems.encoded(request)
        return "", None

    async def _serve(self, request: Request, send: Send) -> None:
        body = Body(request, self._bodies, self._settings)
        work = body.work

        async def sending(message: Message) -> None:
            work.end()
            await send(message)

        try:
            async with work.limit:
                await self._app(request.scope, body.receive, sending)
        except TimeoutError:
            if work.ended or not work.limit.expired():
                raise
            metrics.TURNED_AWAY.labels("time").inc()
            await problems.took_too_long(request)(request.scope, request.receive, send)
        finally:
            body.release()


def _telling(taken: Taken, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(taken.headers)
        await send(message)

    return sending
