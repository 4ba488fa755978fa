"""Issuing: the key of the federation that grants, what it signs, and the public keys by which anyone can verify it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from pydantic import BaseModel

from services.review.settings import ReviewSettings
from shared.kernel.ed25519 import ALGORITHM, NoKey, Registry, private_key
from shared.kernel.problem import Problem, problem
from shared.runtime.configured import Misconfigured


class WrongKey(Misconfigured):
    """A key file that cannot be used."""

    def __init__(self, said: Problem) -> None:
        super().__init__(f"{said.field}: {said.rule} → {said.remedy}")
        self.problem = said


class Issuer:
    """Who signs. The signature is deterministic (RFC 8032): the same statement gives the same bytes."""

    def __init__(self, address: str, key: OKPKey, former: KeySet | None = None) -> None:
        """`address` is the service's public one; `former` are the keys that signed earlier, public parts only."""
        self.address = address
        self._key = key
        own = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
        earlier = former.as_dict(private=False)["keys"] if former else []
        self._kid = own["kid"]
        others = [one for one in earlier if one.get("kid") != self._kid]
        self.published = json.dumps({"keys": [own, *others]}, separators=(",", ":"))
        """The public keys, as a JWK Set (RFC 7517); the first is the one in use."""

    @classmethod
    def load(cls, settings: ReviewSettings) -> Self | None:
        """The issuer that the settings name, if any.

        Raises:
            WrongKey: a file cannot be read, or holds something else.
        """
        if settings.certificate_key is None:
            return None
        key = _private_key(settings.certificate_key)
        former = _key_set(settings.certificate_former_keys) if settings.certificate_former_keys else None
        return cls(settings.public_url.rstrip("/"), key, former)

    def sign(self, kind: str, claims: BaseModel) -> str:
        """The claims as a compact JWS (RFC 7515) of this `typ`."""
        header = {"alg": ALGORITHM, "typ": kind, "kid": self._kid}
        return jwt.encode(header, claims.model_dump(mode="json"), self._key, registry=Registry())


def _private_key(path: Path) -> OKPKey:
    try:
        return private_key(path.read_bytes())
    except (OSError, NoKey) as error:
        raise WrongKey(_not_a_key(path)) from error


def _key_set(path: Path) -> KeySet:
    try:
        content: Mapping[str, Any] = json.loads(path.read_bytes())
        return KeySet.import_key_set({"keys": list(content["keys"])})
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise WrongKey(
            problem(
                "certificate.former-keys",
                f"SIHAO_CERTIFICATE_FORMER_KEYS {path}",
                rule=("不是可读的公钥集（JWK Set）。", "This is no readable JWK Set."),
                remedy=(
                    "请填 /.well-known/jwks.json 先前的内容。",
                    "Put there what /.well-known/jwks.json said before.",
                ),
            )
        ) from error


def _not_a_key(path: Path) -> Problem:
    return problem(
        "certificate.key",
        f"SIHAO_CERTIFICATE_KEY {path}",
        rule=("不是可读的 Ed25519 私钥（PEM）。", "This is no readable Ed25519 private key (PEM)."),
        remedy=(
            "用 openssl genpkey -algorithm ed25519 -out key.pem 生成。",
            "Make one: openssl genpkey -algorithm ed25519 -out key.pem",
        ),
    )
