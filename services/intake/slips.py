"""Slips as they travel: a compact JWS (RFC 7515, Ed25519) over a `Slip`, by a key that is registered for a province."""

import json

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from services.intake.domain.deposit import Slip, unreadable
from shared.kernel.ed25519 import ALGORITHM, NoKey, Registry, public_key
from shared.kernel.keys import RegisteredKey

TYPE = "sihao-deposit+jws"
"""`typ` of the protected header."""


class _Registry(Registry):
    def __init__(self) -> None:
        super().__init__(strict_check_header=False)


_REGISTRY = _Registry()


def written(slip: Slip, key: OKPKey) -> str:
    """The slip, signed."""
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}
    body = json.dumps(slip.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    return jws.serialize_compact(header, body.encode(), key, registry=_REGISTRY)


def kid_of(text: str) -> str:
    """The key that a slip names; nothing of it is believed yet.

    Raises:
        Refused: it is no slip.
    """
    try:
        header = jws.extract_compact(text.encode(), registry=_REGISTRY).headers()
    except (JoseError, ValueError, UnicodeError) as error:
        raise unreadable() from error
    if header.get("typ") != TYPE or not isinstance(header.get("kid"), str):
        raise unreadable()
    return str(header["kid"])


def read(text: str, key: RegisteredKey) -> Slip:
    """The slip, if it is signed with this key.

    Raises:
        Refused: it is not, or says something else than a slip should.
    """
    try:
        public = public_key(key.jwk.model_dump())
        found = jws.deserialize_compact(text, public, registry=_REGISTRY)
        return Slip.model_validate_json(found.payload or b"")
    except (JoseError, NoKey, ValidationError, ValueError) as error:
        raise unreadable() from error
