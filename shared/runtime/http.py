"""The HTTP side of a service: one call gives it security, problems, traces, metrics, health and its own description."""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp

from shared.contracts.text import Text
from shared.runtime.access import public, rules_of
from shared.runtime.admission import Admission
from shared.runtime.edge import QUIET, Edge
from shared.runtime.health import Health
from shared.runtime.metrics import answer_metrics
from shared.runtime.pages import STYLE
from shared.runtime.problems import RESPONSES, add_handlers
from shared.runtime.reference import complete, reference_page
from shared.runtime.release import RELEASE, contracts_digest
from shared.runtime.settings import EdgeSettings
from shared.runtime.tokens import Verifier

T = TypeVar("T")
MAX_BODY = 1_000_000
"""Bytes a request may carry; an endpoint for files says `max_body_size=` itself."""
MAX_PUBLIC_BODY = 32 * 1024
"""Bytes a request may carry where no token is asked for."""


def _given_or_new(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=8,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="重试时保持不变，同一操作只办理一次 / Keep it when you try again: the act is done once.",
        ),
    ] = None,
) -> str:
    return key or str(uuid.uuid4())


IdempotencyKey = Annotated[str, Depends(_given_or_new)]
"""The caller's `Idempotency-Key`; a caller who sends none gets a new one, and no protection when trying again."""


class PageRequest(BaseModel):
    """Which part of a long list is asked for: at most `limit` items that come after the item named by `after`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=50, ge=1, le=200, description="至多几项 / at most so many items")
    after: str | None = Field(default=None, max_length=200, description="上一页的 next / `next` of the page before")


Paging = Annotated[PageRequest, Query()]
"""The query parameters `limit` and `after`."""


class Page(BaseModel, Generic[T]):
    """A part of a long list, in a stable order."""

    model_config = ConfigDict(frozen=True)

    items: tuple[T, ...] = Field(description="The items.")
    next: str | None = Field(default=None, description="What to send as `after` to read on; null at the end.")


class _App(FastAPI):
    """FastAPI with our edge and admission outside its middleware, and its OpenAPI completed with the access rules."""

    def build_middleware_stack(self) -> ASGIApp:
        """The whole stack, inside the edge."""
        templates = {id(route.original_route): route.path or "" for route in iter_route_contexts(self.routes)}
        inside = Admission(super().build_middleware_stack(), self.state.verifier, self.state.edge)
        return Edge(inside, templates)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI schema, with who may call what."""
        return complete(super().openapi(), rules_of(self))


def create_http(
    title: Text,
    version: str,
    *,
    routers: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    verifier: Verifier,
    health: Health,
    description: Text | None = None,
    edge: EdgeSettings | None = None,
) -> FastAPI:
    """The HTTP application of a service; what its clients may do is taken from the environment unless `edge` says it.

    Raises:
        MissingRule: a route does not say who may call it.
    """

    @asynccontextmanager
    async def whole_life(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with lifespan(app):
                yield
        finally:
            await verifier.aclose()

    app = _App(
        title=str(title),
        version=version,
        description=str(description or ""),
        lifespan=whole_life,
        responses=RESPONSES,
        max_body_size=MAX_BODY,
        form_limits={"max_files": 1, "max_fields": 1000, "max_part_size": 10_000},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": lambda scope: scope.get("path") in QUIET,
        },
    )
    app.state.verifier = verifier
    app.state.edge = edge or EdgeSettings()
    add_handlers(app)
    for router in (*routers, _own(app, health)):
        app.include_router(router)
    rules_of(app)
    return app


def _own(app: FastAPI, health: Health) -> APIRouter:
    """The endpoints that every service has."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez", dependencies=[public("asked by the orchestrator; names parts, holds no data")])
    async def livez() -> Response:
        return (await health.live()).response()

    @router.get("/readyz", dependencies=[public("asked by the orchestrator; names parts, holds no data")])
    async def readyz() -> Response:
        return (await health.ready()).response()

    @router.get("/startupz", dependencies=[public("asked by the orchestrator; names parts, holds no data")])
    async def startupz() -> Response:
        return (await health.at_work()).response()

    @router.get("/metrics", dependencies=[public("scraped inside the cluster; counts only, no personal data")])
    async def metrics(request: Request) -> Response:
        return answer_metrics(request.headers.get("accept", ""))

    @router.get("/version", dependencies=[public("asked by whoever compares deployments; the interface is no secret")])
    async def version() -> Response:
        return JSONResponse({"release": RELEASE, "contracts": contracts_digest()})

    @router.get("/openapi.json", dependencies=[public("the interface is no secret")])
    async def openapi() -> Response:
        return JSONResponse(app.openapi())

    @router.get("/docs", dependencies=[public("the interface is no secret")])
    async def docs() -> Response:
        return reference_page(app.openapi())

    @router.get("/sihao.css", dependencies=[public("looks")])
    async def style() -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    return router
