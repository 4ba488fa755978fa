"""Ed25519 in JOSE: the one algorithm of every signature here, and its keys."""

from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

ALGORITHM = "EdDSA"
"""Ed25519 under the name of RFC 8037, which every library knows; RFC 9864 has given it another."""
CURVE = "Ed25519"


class Registry(JWSRegistry):
    """Only this algorithm, without the library's warning about its name."""

    max_payload_length = 1_000_000

    def get_alg(self, name: str) -> Any:
        """The algorithm of that name, if it is ours."""
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


class NoKey(Exception):  # noqa: N818 - a state of affairs
    """It is no Ed25519 key of the wanted kind."""


def private_key(pem: bytes) -> OKPKey:
    """A private key from PEM.

    Raises:
        NoKey: it is something else, or asks for a password.
    """
    try:
        key = OKPKey.import_key(pem)
    except (ValueError, TypeError, JoseError) as error:  # TypeError: it asks for a password
        raise NoKey from error
    if not key.is_private or key.curve_name != CURVE:
        raise NoKey
    return key


def public_key(jwk: Mapping[str, Any]) -> OKPKey:
    """The public half of a JWK.

    Raises:
        NoKey: it is something else.
    """
    try:
        key = OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")})
        if key.curve_name == CURVE:
            return key
    except (KeyError, ValueError, TypeError, JoseError) as error:
        raise NoKey from error
    raise NoKey
