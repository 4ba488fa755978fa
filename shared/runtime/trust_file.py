"""The keys that a service trusts from the start: the centre's, from a file, and its own."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.contracts.area import CENTRE
from shared.contracts.trust import PublicKey
from shared.kernel.ed25519 import NoKey, public_key
from shared.kernel.keys import RegisteredKey
from shared.kernel.problem import problem
from shared.runtime.signing import Signer, WrongKeyFile

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def centre_keys(path: Path) -> Mapping[str, RegisteredKey]:
    """The keys of a JWK Set (RFC 7517), by id: that of the set, or the thumbprint.

    Raises:
        WrongKeyFile: it cannot be read, or holds something else, or nothing.
    """
    try:
        found = {}
        for jwk in json.loads(path.read_bytes())["keys"]:
            key = public_key(jwk)
            kid = str(jwk.get("kid") or key.thumbprint())
            found[kid] = _given(kid, CENTRE, PublicKey.model_validate(key.as_dict(private=False)))
        if found:
            return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError, NoKey) as error:
        raise _wrong(path) from error
    raise _wrong(path)


def own_key(signer: Signer, area: str) -> RegisteredKey:
    """What a service signs with, as it believes itself until the register says otherwise."""
    return _given(signer.kid, area, signer.public)


def _given(kid: str, area: str, jwk: PublicKey) -> RegisteredKey:
    return RegisteredKey(
        kid=kid, area=area, jwk=jwk, valid_from=_ALWAYS, valid_to=None, registered_at=_ALWAYS, reason="given"
    )


def _wrong(path: Path) -> WrongKeyFile:
    return WrongKeyFile(
        problem(
            "trust.keys",
            f"SIHAO_TRUST {path}",
            rule=(
                "不是可读的 Ed25519 公钥集（JWK Set）。",
                "This is no readable JWK Set of Ed25519 public keys.",
            ),
            remedy=(
                "请向中心索取：GET /provinces/{area}/keys 的 centre。",
                "Ask the centre for it: `centre` of GET /provinces/{area}/keys.",
            ),
        )
    )
