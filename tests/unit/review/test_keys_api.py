"""The register of keys over HTTP: what is entered, what is refused, and what a province is to trust."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from dev.issuer import Issuer
from services.review.api import keys
from shared.contracts.text import text
from shared.runtime.health import Health
from shared.runtime.http import create_http
from shared.runtime.settings import Settings
from shared.runtime.signing import Signer
from shared.runtime.tokens import Verifier
from shared.runtime.trust_file import own_key
from tests.unit.review.office import Office, open_office

CENTRE = own_key(Signer(OKPKey.generate_key("Ed25519")), "CN")


class Window:
    """Who asks."""

    def __init__(self, client: httpx2.AsyncClient, token: str, office: Office) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}
        self.office = office

    async def post(self, path: str, body: dict[str, Any], key: str | None = None) -> httpx2.Response:
        """An act."""
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        return await self._client.post(path, json=body, headers=headers)

    async def get(self, path: str) -> Any:
        """What stands there."""
        response = await self._client.get(path, headers=self._headers)
        assert response.status_code == 200
        return response.json()


@asynccontextmanager
async def window(*, jurisdictions: tuple[str, ...] = ("CN", "37"), signs: bool = True) -> AsyncIterator[Window]:
    async with open_office() as office:
        desk = replace(office.desk, jurisdictions=jurisdictions, centre_keys=(CENTRE,) if signs else ())
        with Issuer() as issuer:
            settings = Settings(
                amqp_url="amqp://nowhere",
                mongo_url="mongodb://nowhere",
                database="review",
                oidc_issuer=issuer.url,
                oidc_jwks_url=issuer.jwks_url,
            )
            app = create_http(
                text("密钥", "keys"),
                "1",
                routers=[keys.router(desk)],
                lifespan=_nothing,
                verifier=Verifier(settings),
                health=Health(),
            )
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://review") as client:
                yield Window(client, issuer.token("operator", roles=["operator"]), office)


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


def jwk(key: OKPKey | None = None, **more: str) -> dict[str, Any]:
    return {**(key or OKPKey.generate_key("Ed25519")).as_dict(private=False), **more}


def codes(response: httpx2.Response) -> list[str]:
    return [error["code"] for error in response.json()["errors"]]


async def test_a_key_is_entered_under_its_thumbprint_once_and_withdrawn_for_good() -> None:
    key = OKPKey.generate_key("Ed25519")
    body = {"jwk": jwk(key), "valid_from": None, "valid_to": None, "reason": "首次接入"}
    async with window() as at:
        entered = await at.post("/provinces/35/keys", body, key="register-1")
        assert entered.status_code == 201, entered.text
        assert entered.json()["kid"] == key.thumbprint()
        again = await at.post("/provinces/35/keys", body, key="register-1")
        assert (again.status_code, again.json()) == (201, entered.json())
        assert codes(await at.post("/provinces/37/keys", body)) == ["key.known"]

        elsewhere = f"/provinces/37/keys/{key.thumbprint()}/withdraw"
        assert (await at.post(elsewhere, {"reason": "遗失"})).status_code == 404
        gone = await at.post(f"/provinces/35/keys/{key.thumbprint()}/withdraw", {"reason": "遗失"})
        assert gone.json()["withdrawn_at"] is not None
        assert (await at.post(f"/provinces/35/keys/{key.thumbprint()}/withdraw", {"reason": "遗失"})).status_code == 200
        assert codes(await at.post("/provinces/35/keys", body)) == ["key.withdrawn"]
        listed = await at.get("/provinces/35/keys")
        assert [one["withdrawn_because"] for one in listed["keys"]] == ["遗失"]
        facts = [fact["type"] for shelf in at.office.shelves["keys"].values() for fact in shelf["outbox"]]
        assert facts == ["key.registered.v1", "key.withdrawn.v1"]


async def test_what_a_province_is_to_trust_stands_beside_its_keys() -> None:
    second = OKPKey.generate_key("Ed25519")
    async with window() as at:
        await at.post("/provinces/CN/keys", {"jwk": jwk(second, kid="centre-2027"), "reason": "更换"})
        given = (await at.get("/provinces/35/keys"))["centre"]["keys"]
        assert {one["kid"] for one in given} == {CENTRE.kid, "centre-2027"}
        assert all(set(one) == {"kid", "use", "kty", "crv", "x"} for one in given)


@pytest.mark.parametrize(
    ("area", "body", "code"),
    [
        ("35", {"jwk": OKPKey.generate_key("Ed25519").as_dict(private=True)}, "key.private"),
        ("35", {"jwk": jwk(), "valid_to": "2001-01-01T00:00:00Z"}, "key.never-valid"),
        (
            "35",
            {"jwk": jwk(), "valid_from": "2101-01-01T00:00:00Z", "valid_to": "2100-01-01T00:00:00Z"},
            "key.never-valid",
        ),
        ("35", {"jwk": CENTRE.jwk.model_dump()}, "key.of-the-centre"),
        ("3502", {"jwk": jwk()}, "provinces.unknown"),
    ],
)
async def test_what_is_not_entered(area: str, body: dict[str, Any], code: str) -> None:
    async with window() as at:
        response = await at.post(f"/provinces/{area}/keys", {**body, "reason": "试"})
        assert codes(response) == [code]
        assert not at.office.shelves.get("keys")


async def test_only_an_ed25519_key_is_one() -> None:
    async with window() as at:
        for wrong in ({"kty": "EC", "crv": "P-256", "x": "A" * 43}, {"kty": "OKP", "crv": "Ed25519", "x": "A"}):
            assert (await at.post("/provinces/35/keys", {"jwk": wrong, "reason": "试"})).status_code == 422


async def test_the_register_is_the_centre_s_and_the_centre_must_sign() -> None:
    body = {"jwk": jwk(), "reason": "试"}
    async with window(jurisdictions=("35",)) as at:
        assert (await at.post("/provinces/35/keys", body)).status_code == 404
    async with window(signs=False) as at:
        assert codes(await at.post("/provinces/35/keys", body)) == ["key.centre-does-not-sign"]
