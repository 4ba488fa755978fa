"""A small service with one endpoint of every kind, an issuer that lives in memory, and the spans it makes."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, UploadFile
from fastapi.testclient import TestClient
from joserfc import jwk, jws, jwt
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel, Field

from shared.contracts.area import Area
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.kernel.change import NotFound, NotYet, Refused
from shared.kernel.problem import problem
from shared.runtime import telemetry
from shared.runtime.access import allow, public, require_area, require_chamber
from shared.runtime.health import Health
from shared.runtime.http import IdempotencyKey, Page, Paging, create_http
from shared.runtime.problems import Invalid, Unavailable
from shared.runtime.settings import Settings
from shared.runtime.tokens import Verifier

ISSUER = "https://issuer.example"
SECRET_DETAIL = "a detail of ours that nobody may see"


class Issuer:
    """Publishes keys and signs tokens; `away` makes it unreachable, `asked` counts the readings of its keys."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.away = False
        self.asked = 0
        self.new_key("first")

    def new_key(self, kid: str, kind: Any = "OKP", size: Any = "Ed25519") -> None:
        """Publish one more key."""
        self.keys[kid] = jwk.generate_key(kind, size, {"kid": kid, "use": "sig"})

    async def handle(self, _request: httpx2.Request) -> httpx2.Response:
        """Answer whoever asks for the keys."""
        self.asked += 1
        if self.away:
            raise httpx2.ConnectError("nobody there")
        return httpx2.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys.values()]})

    def token(self, *roles: str, kid: str = "first", alg: str = "Ed25519", **claims: Any) -> str:
        """A token with these roles; a claim of None is left out."""
        body = {"iss": ISSUER, "aud": "sihao", "sub": "u-1", "exp": int(time.time()) + 600, "roles": list(roles)}
        body = {name: value for name, value in {**body, **claims}.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=["Ed25519", "ES256", "ES384", "RS256", "HS256"])
        return jwt.encode({"alg": alg, "kid": kid}, body, self.keys[kid], registry=registry)


class Body(BaseModel):
    """What the sample endpoint takes."""

    count: Annotated[int, Field(ge=1, le=20)]
    area: Area = "35"
    level: Literal["province", "city"] = "city"


class Strict(BaseModel, extra="forbid"):
    """What an endpoint takes that takes nothing else."""

    count: int


def sample_router() -> APIRouter:
    """One endpoint of every kind."""
    router = APIRouter(prefix="/sample", tags=["样例 / sample"])
    clerk = Annotated[Actor, allow(officer="own area", operator="any area")]

    @router.post("/areas/{area}", summary="办理 / act")
    async def act(area: str, body: Body, by: clerk, key: IdempotencyKey) -> dict[str, Any]:
        require_area(by, area)
        return {"by": by.model_dump(), "key": key, "count": body.count}

    @router.post("/strict", dependencies=[public()])
    async def strict(body: Strict) -> int:
        return body.count

    @router.get("/chambers/{code}")
    async def chamber(code: str, by: Annotated[Actor, allow(secretary="own chamber", officer="own area")]) -> Actor:
        require_chamber(by, code)
        return by

    @router.get("/open")
    async def listing(page: Paging, by: Annotated[Actor, public()]) -> Page[str]:
        return Page(items=(by.role, page.after or ""), next=str(page.limit))

    @router.post("/files", dependencies=[public()], max_body_size=3_000_000)
    async def files(file: UploadFile) -> int:
        return len(await file.read())

    @router.get("/fails/{how}", dependencies=[public()])
    async def fails(how: str) -> None:
        said = problem("sample.no", "count", rule=("不可", "No"), remedy=("改之", "Change it"))
        raise {
            "refused": Refused(said, said),
            "not-found": NotFound(said),
            "not-yet": NotYet("round r-1"),
            "invalid": Invalid(said),
            "store": Unavailable("store", retry_after=7),
            "bug": RuntimeError(SECRET_DETAIL),
        }[how]

    return router


def make_settings() -> Settings:
    return Settings(
        amqp_url="amqp://nowhere", mongo_url="mongodb://nowhere", database="sample",
        oidc_issuer=ISSUER, oidc_jwks_url=f"{ISSUER}/jwks",
    )  # fmt: skip


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def make_verifier(issuer: Issuer) -> Verifier:
    return Verifier(make_settings(), transport=httpx2.MockTransport(issuer.handle))


def make_app(issuer: Issuer, health: Health | None = None, *routers: APIRouter) -> FastAPI:
    return create_http(
        text("样例服务", "sample"), "1", routers=routers or [sample_router()], lifespan=no_lifespan,
        verifier=make_verifier(issuer), health=health or Health(),
    )  # fmt: skip


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def health() -> Health:
    return Health(timeout=0.05)


@pytest.fixture
def app(issuer: Issuer, health: Health) -> FastAPI:
    return make_app(issuer, health)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """Keeps the spans of this process; a process has one provider, made at the first use."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = telemetry.setup("sample", "test")
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture(autouse=True)
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """The spans that end from here on."""
    exporter.clear()
    return exporter


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
