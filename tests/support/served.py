"""A small service behind the real server on a real socket, with the patience that a test needs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
import uvicorn
from fastapi import APIRouter, FastAPI, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from dev.issuer import Issuer
from dev.ports import LOOPBACK, free_port
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.runtime import metrics
from shared.runtime.access import allow, public
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.server import options
from shared.runtime.settings import Settings
from shared.runtime.tokens import Verifier
from tests.support.toy_bench import until

LARGE = 30_000_000
"""Bytes of `/large`: more than the system's buffers take for a client who does not read."""
_FILE = 20_000_000


class Note(BaseModel):
    """What `/notes` takes."""

    words: list[Any]


@dataclass(frozen=True)
class Served:
    """The service, running."""

    port: int
    issuer: Issuer
    let_go: asyncio.Event
    """What `/waits` waits for."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection."""
        return await asyncio.open_connection(LOOPBACK, self.port)


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[Served]:
    """Start it; `settings` are those of the edge."""
    let_go = asyncio.Event()
    with Issuer() as issuer:
        given = Settings(
            amqp_url="amqp://nowhere",
            mongo_url="mongodb://nowhere",
            database="sample",
            oidc_issuer=issuer.url,
            oidc_jwks_url=issuer.jwks_url,
            port=free_port(),
            **settings,
        )
        app = create_http(
            text("样例", "sample"),
            "1",
            routers=[_routes(let_go)],
            lifespan=_nothing,
            verifier=Verifier(given),
            health=Health(),
            edge=given,
        )
        server = uvicorn.Server(uvicorn.Config(app, **options(given)))
        running = asyncio.create_task(server._serve())  # without its signal handlers: they are the test runner's
        try:

            async def started() -> bool:
                return server.started

            await until(started)
            yield Served(given.port, issuer, let_go)
        finally:
            let_go.set()
            server.should_exit = server.force_exit = True
            await running


def turned_away(reason: str) -> float:
    """How many were, for this reason."""
    return metrics.REGISTRY.get_sample_value("sihao_http_turned_away_total", {"reason": reason}) or 0.0


@asynccontextmanager
async def _nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


def _routes(let_go: asyncio.Event) -> APIRouter:
    router = APIRouter()

    @router.get("/large", dependencies=[public()])
    async def large() -> Response:
        return Response(bytes(LARGE))

    @router.get("/streamed", dependencies=[public()])
    async def streamed() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(LARGE // 100_000):
                yield bytes(100_000)

        return StreamingResponse(pieces())

    @router.get("/waits", dependencies=[public()])
    async def waits() -> str:
        await let_go.wait()
        return "done"

    @router.post("/waits", dependencies=[public()])
    async def acts() -> str:
        await let_go.wait()
        return "done"

    @router.post("/notes", dependencies=[public()])
    async def notes(note: Note) -> int:
        return len(note.words)

    @router.post("/files", dependencies=[public()], max_body_size=_FILE)
    async def files(file: UploadFile) -> int:
        await let_go.wait()
        return len(await file.read())

    @router.get("/mine")
    async def mine(by: Annotated[Actor, allow(operator="any area")]) -> str:
        return by.id

    return router


async def hung_up(reader: asyncio.StreamReader) -> bytes:
    """Everything that still comes until the server hangs up."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65536):
            said += piece
    return said


def client() -> httpx2.AsyncClient:
    """A client that believes no environment."""
    return httpx2.AsyncClient(trust_env=False, timeout=60)
