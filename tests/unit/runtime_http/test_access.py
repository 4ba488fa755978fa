"""Who may call what: the table, its completeness, and what happens at its edges."""

from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Response
from fastapi.testclient import TestClient
from starlette.staticfiles import StaticFiles

from shared.kernel.actor import PUBLIC, Actor
from shared.runtime.access import (
    MissingRule,
    RouteRule,
    allow,
    assert_every_route_has_a_rule,
    public,
    require_area,
    require_chamber,
    rules_of,
)
from shared.runtime.problems import Forbidden
from tests.unit.runtime_http.conftest import Issuer, bearer, make_app

ACT = {"count": 3}


def test_the_whole_table_can_be_read(app: FastAPI) -> None:
    table = {(rule.method, rule.path): rule.grants for rule in rules_of(app)}
    anyone = {"public": "anyone"}
    assert table == {
        ("POST", "/sample/areas/{area}"): {"officer": "own area", "operator": "any area"},
        ("GET", "/sample/chambers/{code}"): {"secretary": "own chamber", "officer": "own area"},
        ("GET", "/sample/open"): anyone,
        ("POST", "/sample/strict"): anyone,
        ("POST", "/sample/files"): anyone,
        ("GET", "/sample/fails/{how}"): anyone,
        ("GET", "/livez"): anyone,
        ("GET", "/readyz"): anyone,
        ("GET", "/startupz"): anyone,
        ("GET", "/metrics"): anyone,
        ("GET", "/openapi.json"): anyone,
        ("GET", "/version"): anyone,
        ("GET", "/docs"): anyone,
        ("GET", "/sihao.css"): anyone,
    }
    assert rules_of(app)[2] == RouteRule(
        "GET", "/metrics", {"public": "anyone"}, "scraped inside the cluster; counts only, no personal data"
    )


@pytest.mark.parametrize("roles", [(), ("secretary",), ("expert",), ("public",), ("clock", "service")])
def test_roles_that_may_not(client: TestClient, issuer: Issuer, roles: tuple[str, ...]) -> None:
    answer = client.post("/sample/areas/35", json=ACT, headers=bearer(issuer.token(*roles, area="35", chamber="9")))
    assert answer.status_code == 403
    error = answer.json()["errors"][0]
    assert error["code"] == "access.role"
    assert error["rule"]["en"] == "Only these roles may do this: officer, operator."


@pytest.mark.parametrize(
    ("roles", "area", "where", "status"),
    [
        (("officer",), "35", "350203", 200),
        (("officer",), "CN", "350203", 200),
        (("officer",), "3502", "3502", 200),
        (("officer",), "3502", "35", 403),
        (("officer",), "36", "350203", 403),
        (("operator",), None, "350203", 200),
        (("operator", "officer"), "36", "350203", 403),
    ],
)
def test_an_officer_acts_in_their_own_area(
    client: TestClient, issuer: Issuer, *, roles: tuple[str, ...], area: str | None, where: str, status: int
) -> None:
    answer = client.post(f"/sample/areas/{where}", json=ACT, headers=bearer(issuer.token(*roles, area=area)))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["errors"][0]["code"] == "access.area"


@pytest.mark.parametrize(("own", "status"), [("9135", 200), ("9136", 403)])
def test_a_secretary_acts_for_their_own_chamber(client: TestClient, issuer: Issuer, own: str, status: int) -> None:
    answer = client.get("/sample/chambers/9135", headers=bearer(issuer.token("secretary", chamber=own)))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["errors"][0]["code"] == "access.chamber"


def test_the_checks_leave_other_roles_to_their_own_scope() -> None:
    operator, officer = Actor(id="o", role="operator"), Actor(id="f", role="officer", area="35")
    require_area(operator, "11")
    require_chamber(officer, "9135")
    with pytest.raises(Forbidden):
        require_area(Actor(id="f", role="officer"), "11")


def test_without_a_token(client: TestClient, issuer: Issuer) -> None:
    for headers in ({}, {"Authorization": "Basic dTpw"}, {"Authorization": "Bearer"}):
        answer = client.post("/sample/areas/35", json=ACT, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="sihao"'
        assert answer.json()["errors"][0]["code"] == "token.missing"
    assert issuer.asked == 0


def test_what_is_public_is_so_whatever_the_token(client: TestClient, issuer: Issuer) -> None:
    token = issuer.token("officer", area="35")
    for given in ("rubbish", token):
        assert client.get("/sample/open", headers=bearer(given)).json()["items"][0] == PUBLIC.role


def test_what_is_public_needs_no_issuer(client: TestClient, issuer: Issuer) -> None:
    issuer.away = True
    token = issuer.token("officer", area="35")
    assert client.get("/sample/open", headers=bearer(token)).json()["items"][0] == PUBLIC.role


def test_a_token_is_asked_for_before_a_form_is_judged(client: TestClient) -> None:
    assert client.post("/sample/areas/35", json={"count": "many"}).status_code == 401


def test_a_route_without_a_rule_stops_the_start(issuer: Issuer) -> None:
    router = APIRouter()

    @router.get("/forgotten")
    async def forgotten() -> Response:
        return Response()

    with pytest.raises(MissingRule, match="/forgotten: 0 access rules"):
        make_app(issuer, None, router)


def test_a_route_with_two_rules_stops_the_start(issuer: Issuer) -> None:
    inner = APIRouter(prefix="/inner")

    @inner.get("/twice", dependencies=[public()])
    async def twice() -> Response:
        return Response()

    outer = APIRouter(prefix="/outer", dependencies=[allow(expert="self")])
    outer.include_router(inner)
    with pytest.raises(MissingRule, match="/outer/inner/twice: 2 access rules"):
        make_app(issuer, None, outer)


def test_a_router_may_carry_the_rule_of_all_its_routes(issuer: Issuer) -> None:
    router = APIRouter(prefix="/desk", dependencies=[allow(expert="self", note="ballots")])

    @router.get("/queue")
    async def queue() -> Response:
        return Response()

    app = make_app(issuer, None, router)
    assert RouteRule("GET", "/desk/queue", {"expert": "self"}, "ballots") in rules_of(app)
    with TestClient(app) as client:
        assert client.get("/desk/queue", headers=bearer(issuer.token("expert"))).status_code == 200
        assert client.get("/desk/queue", headers=bearer(issuer.token("operator"))).status_code == 403


def test_what_is_added_later_or_mounted_is_found(app: FastAPI, tmp_path: Path) -> None:
    assert_every_route_has_a_rule(app)
    app.mount("/files", StaticFiles(directory=tmp_path))
    with pytest.raises(MissingRule, match="/files"):
        assert_every_route_has_a_rule(app)


def test_a_rule_for_nobody_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="names nobody"):
        allow(note="nobody")
