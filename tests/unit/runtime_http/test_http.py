"""What one call gives every service: headers, description, documentation, paging, idempotency keys, its server."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.testclient import TestClient

from shared.contracts.text import text
from shared.runtime.edge import HEADERS
from shared.runtime.health import Health
from shared.runtime.http import create_http
from tests.unit.runtime_http.conftest import Issuer, bearer, make_verifier, sample_router


def test_security_headers_on_every_answer(client: TestClient) -> None:
    for path in ("/docs", "/livez", "/nowhere", "/sample/open", "/sample/fails/bug", "/sihao.css"):
        answer = client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_answers_to_a_token_are_not_kept(client: TestClient, issuer: Issuer) -> None:
    answer = client.get("/sample/chambers/9", headers=bearer(issuer.token("secretary", chamber="9")))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/sample/open").headers


def test_the_openapi_names_access_security_and_problems(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    act = schema["paths"]["/sample/areas/{area}"]["post"]
    assert act["x-access"] == {"officer": "own area", "operator": "any area"}
    assert act["security"] == [{"HTTPBearer": []}]
    assert schema["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    refusals = {"400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503"}
    assert act["responses"].keys() == {"200"} | refusals
    said = {"$ref": "#/components/schemas/ProblemResponse"}
    assert act["responses"]["422"]["content"] == {"application/problem+json": {"schema": said}}
    listing = schema["paths"]["/sample/open"]["get"]
    assert listing["x-access"] == {"public": "anyone"}
    assert "security" not in listing
    assert listing["responses"].keys() == {"200", "404", "422", "429", "503"}
    assert "servers" not in schema
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    assert "/livez" not in schema["paths"]
    assert client.get("/openapi.json").json() == schema


def test_the_api_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert set(re.findall(r'(?:href|src)="([^"]*)"', page)) == {"sihao.css", "openapi.json"}
    assert "style=" not in page
    assert "<script" not in page
    for words in ("/sample/areas/{area}", "工商联干部 officer · 限本地区 own area", "Idempotency-Key", "任何人 anyone"):
        assert words in page
    assert client.get("/sihao.css").headers["Content-Type"] == "text/css; charset=utf-8"


def test_paging(client: TestClient) -> None:
    assert client.get("/sample/open").json() == {"items": ["public", ""], "next": "50"}
    assert client.get("/sample/open?limit=200&after=k7").json() == {"items": ["public", "k7"], "next": "200"}
    assert client.get("/sample/open?limit=201").status_code == 422


def test_the_idempotency_key_is_the_callers_or_a_new_one(client: TestClient, issuer: Issuer) -> None:
    headers = bearer(issuer.token("operator"))

    def act(**more: str) -> str:
        answer = client.post("/sample/areas/35", json={"count": 1}, headers={**headers, **more})
        return str(answer.json().get("key", answer.status_code))

    assert act(**{"Idempotency-Key": "submit-2026-1"}) == "submit-2026-1"
    assert act() != act()
    assert act(**{"Idempotency-Key": "with a space"}) == "422"
    assert act(**{"Idempotency-Key": "k" * 201}) == "422"


def test_the_service_lives_inside_its_own_lifespan(issuer: Issuer) -> None:
    seen: list[str] = []
    verifier = make_verifier(issuer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        seen.append("up")
        yield
        await verifier.caller(issuer.token())
        seen.append("down, the issuer still in reach")

    app = create_http(
        text("样例", "sample"), "1", routers=[sample_router()], lifespan=lifespan, verifier=verifier, health=Health()
    )
    with TestClient(app):
        assert seen == ["up"]
    assert seen == ["up", "down, the issuer still in reach"]
    assert verifier.closed
