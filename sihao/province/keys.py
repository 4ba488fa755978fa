"""A province's signing key: made at the province, where the private half stays; the public half goes to the centre."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

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


async def register(
    review_url: str, area: str, jwk: Mapping[str, str], *, token: str, valid_from: datetime, reason: str
) -> None:
    """Have the centre's review believe what is signed with this key in this area; repeating it changes nothing.

    Raises:
        httpx2.HTTPError: it does not answer, or does not want it.
    """
    body = {"jwk": dict(jwk), "valid_from": valid_from.isoformat(), "valid_to": None, "reason": reason}
    async with httpx2.AsyncClient(timeout=_WITHIN) as client:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"province-key-{area}-{key_id(jwk)}"}
        answer = await client.post(f"{review_url}/provinces/{area}/keys", json=body, headers=headers)
    answer.raise_for_status()


async def registered(review_url: str, area: str) -> list[dict[str, Any]]:
    """The keys that count for an area, as the centre's review tells anybody.

    Raises:
        httpx2.HTTPError: it does not answer.
    """
    async with httpx2.AsyncClient(timeout=_WITHIN) as client:
        answer = await client.get(f"{review_url}/provinces/{area}/keys")
    found: list[dict[str, Any]] = answer.raise_for_status().json()["keys"]
    return found
