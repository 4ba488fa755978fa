"""The centre's signature on what the kit says, where a province insists on it: the same form as its own."""

import base64
import json
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from conformance.centre import Said, Sign


class NoKeyError(ValueError):
    """The file holds no private Ed25519 key."""


def signer(path: Path) -> Sign:
    """Signs with the key in this file (PEM); its id is its thumbprint (RFC 7638).

    Raises:
        NoKeyError: it holds none.
    """
    try:
        key = OKPKey.import_key(path.read_bytes())
    except (ValueError, TypeError, JoseError) as error:  # TypeError: it asks for a password
        raise NoKeyError(str(path)) from error
    if not key.is_private or key.curve_name != "Ed25519":
        raise NoKeyError(str(path))

    def sign(said: Said) -> str:
        beside = {"id": said.id, "event": said.event, "source": said.source, "time": said.time}
        header = {"alg": "EdDSA", "typ": "sihao-event+jws", "kid": key.thumbprint(), **beside}
        head = _base64url(json.dumps(header).encode())
        return f"{head}..{_base64url(key.private_key.sign(f'{head}.{_base64url(said.body)}'.encode()))}"

    return sign


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
