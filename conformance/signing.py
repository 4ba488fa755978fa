"""The form of a signature, and the centre's on what the kit says, where a province insists on it."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey

from conformance.centre import Said, Sign

HEADER = "sihao-signature"
ALGORITHM, TYPE = "EdDSA", "sihao-event+jws"


class Registry(jws.JWSRegistry):
    """Ed25519 alone, under the name of RFC 8037; bodies as large as any message."""

    max_payload_length = 16_000_000
    max_header_length = 4_096

    def __init__(self) -> None:
        super().__init__(strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """The algorithm of that name, if it is the one."""
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


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

    kid = key.thumbprint()
    return lambda said: signed_with(key, said, kid)


def signed_with(key: OKPKey, said: Said, kid: str) -> str:
    """A signature with this key, in the name of that one."""
    beside = {"id": said.id, "event": said.event, "source": said.source, "time": said.time}
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": kid, **beside}
    return str(jws.detach_content(jws.serialize_compact(header, said.body, key, registry=Registry())))


def kid_of(signature: str) -> str:
    """The id of the key that a signature names."""
    return str(protected(signature)["kid"])


def protected(signature: str) -> Mapping[str, Any]:
    """The protected header of a detached JWS."""
    head = signature.partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))
