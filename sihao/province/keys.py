"""A province's signing key: made at the province, where the private half stays; the public half goes to the centre."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple
from uuid import uuid4

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from sihao.province.join_file import write_private

CURVE: Literal["Ed25519"] = "Ed25519"
_WITHIN = 10.0
"""Seconds for an answer of the centre's review. Our default."""


class NotAKey(ValueError):  # noqa: N818 - says what the file is
    """The file holds no Ed25519 key of the wanted kind; names the file."""


def generate(private: Path, public: Path) -> str:
    """Make a key pair, the private half in PEM for its owner only, the public half as JWK (RFC 8037); answers its id.

    Raises:
        FileExistsError: there is such a file; a key is never written over.
    """
    for path in (private, public):
        if path.exists():
            raise FileExistsError(path)
    key = OKPKey.generate_key(CURVE)
    write_private(private, key.as_pem(private=True).decode())
    public.write_text(json.dumps({**key.as_dict(private=False), "kid": key.thumbprint()}, indent=2) + "\n", "utf-8")
    return key.thumbprint()


def public_key(path: Path) -> dict[str, str]:
    """The public half in a JWK file, and nothing else of it.

    Raises:
        NotAKey: it holds something else.
        OSError: it cannot be read.
    """
    try:
        return _public(OKPKey.import_key(json.loads(path.read_text("utf-8"))))
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise NotAKey(str(path)) from error


def own_key(path: Path) -> dict[str, str]:
    """The public half of the private key in a PEM file.

    Raises:
        NotAKey: it holds something else.
        OSError: it cannot be read.
    """
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (ValueError, TypeError, JoseError) as error:
        raise NotAKey(str(path)) from error
    if not key.is_private:
        raise NotAKey(str(path))
    return _public(key)


def key_id(jwk: Mapping[str, str]) -> str:
    """The thumbprint of a key (RFC 7638), by which signatures name it."""
    return OKPKey.import_key(dict(jwk)).thumbprint()


def _public(key: OKPKey) -> dict[str, str]:
    if key.curve_name != CURVE:
        raise NotAKey(str(key.curve_name))
    told = key.as_dict(private=False)
    return {name: str(told[name]) for name in ("kty", "crv", "x")}


@dataclass(frozen=True)
class Register:
    """The register of keys that the centre's review keeps, as an operator may use it."""

    review_url: str
    token: str
    """A bearer token of an operator."""

    async def told(self, area: str) -> "Told":
        """The keys that count for an area, and those with which the centre signs.

        Raises:
            httpx2.HTTPError: it does not answer, or does not let us in.
        """
        found = (await self._call("GET", area)).json()
        counting = [one for one in found["keys"] if not one.get("withdrawn_at")]
        return Told(tuple(str(one["kid"]) for one in counting), dict(found.get("centre") or {"keys": []}))

    async def add(self, area: str, jwk: Mapping[str, str], *, reason: str) -> None:
        """Have what is signed with this key believed in this area from now on; one that counts already is left alone.

        Raises:
            httpx2.HTTPError: it does not answer, or does not want the key.
        """
        if key_id(jwk) not in (await self.told(area)).keys:
            body = {"jwk": dict(jwk), "valid_from": None, "valid_to": None, "reason": reason}
            await self._call("POST", area, body)

    async def _call(self, method: str, area: str, body: Mapping[str, Any] | None = None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4())}
        async with httpx2.AsyncClient(timeout=_WITHIN, trust_env=False) as client:
            url = f"{self.review_url}/provinces/{area}/keys"
            answer = await client.request(method, url, json=body, headers=headers)
        return answer.raise_for_status()


class Told(NamedTuple):
    """What the register says of an area."""

    keys: tuple[str, ...] = ()
    """Ids of the keys that count for it."""
    centre: Mapping[str, Any] = {"keys": []}
    """The keys with which the centre signs (JWK Set)."""

    @property
    def centre_kids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(str(jwk.get("kid") or key_id(jwk)) for jwk in self.centre["keys"])
