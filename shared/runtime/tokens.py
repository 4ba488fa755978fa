"""Bearer tokens: who is calling, as the token issuer (OpenID Connect) says it.

Signature, issuer, audience and expiry are checked here, against the issuer's published keys and the machine's own clock
(never the turned clock of the demo). The claims read are `sub`, `roles`, `area` (officers) and `chamber` (secretaries).
"""

import asyncio
import time
from typing import Any

import httpx2
from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.contracts.area import Area
from shared.kernel.actor import Actor, Role
from shared.kernel.problem import problem
from shared.runtime.logs import get_logger
from shared.runtime.problems import Forbidden, Unauthenticated, Unavailable
from shared.runtime.settings import Settings

ALGORITHMS = ("Ed25519", "EdDSA", "ES256", "RS256")
"""Signatures that are accepted; anything else, `none` and shared secrets above all, is refused before keys are read."""
LEEWAY = 30
"""Seconds by which the issuer's clock may differ from ours."""
KEYS_LIVE = 600.0
"""Seconds after which the issuer's keys are read again, so that a withdrawn key stops working."""
KEYS_REST = 5.0
"""Seconds between two readings at the least, however many unknown keys are named."""

log = get_logger(__name__)


class Caller(BaseModel):
    """Who is calling: what the token says, before it is decided in which role they act."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str = Field(validation_alias="sub", min_length=1, max_length=255)
    """The token's subject."""
    roles: frozenset[str] = frozenset()
    """All roles the token gives; unknown ones have no effect."""
    area: Area | None = None
    """The area of an officer's federation."""
    chamber: str | None = None
    """The credit code of a secretary's chamber."""

    def actor_as(self, role: Role) -> Actor:
        """The caller acting in one role.

        Raises:
            Forbidden: the token gives the role without saying for which area or chamber.
        """
        if role == "officer" and self.area is None:
            raise Forbidden(_incomplete("area", "所属地区", "the area of the federation"))
        if role == "secretary" and not self.chamber:
            raise Forbidden(_incomplete("chamber", "所属商会的统一社会信用代码", "the chamber's credit code"))
        return Actor(
            id=self.id,
            role=role,
            area=self.area if role == "officer" else None,
            chamber=self.chamber if role == "secretary" else None,
        )


class Verifier:
    """Checks tokens against the keys that the issuer publishes; one reading of the keys serves all who wait for it."""

    def __init__(self, settings: Settings, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._url = settings.oidc_jwks_url
        self._http = httpx2.AsyncClient(transport=transport, timeout=5.0)
        self._registry = _Registry(algorithms=ALGORITHMS)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.oidc_issuer},
            aud={"essential": True, "value": settings.oidc_audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys: KeySet | None = None
        self._read = self._tried = float("-inf")
        self._away = False
        self._lock = asyncio.Lock()

    async def caller(self, token: str) -> Caller:
        """Who sent this token.

        Raises:
            Unauthenticated: the token is not accepted, and why.
            Unavailable: the issuer's keys cannot be read, so nothing can be said about the token.
        """
        keys = self._keys
        if keys is None or (time.monotonic() - self._read > KEYS_LIVE and not self._lock.locked()):
            keys = await self._refresh()
        try:
            try:
                claims = self._decode(token, keys)
            except InvalidKeyIdError:
                claims = self._decode(token, await self._refresh(newest=True))
            self._claims.validate(claims)
            return Caller.model_validate(claims)
        except (JoseError, ValidationError, ValueError) as error:
            raise _refused(error) from error

    @property
    def closed(self) -> bool:
        """Whether the connections to the issuer are closed."""
        return self._http.is_closed

    async def aclose(self) -> None:
        """Close the connections to the issuer."""
        await self._http.aclose()

    def _decode(self, token: str, keys: KeySet) -> dict[str, Any]:
        return jwt.decode(token, keys, registry=self._registry).claims

    async def _refresh(self, *, newest: bool = False) -> KeySet:
        """The issuer's keys, read again unless that was just tried.

        While the issuer is away, keys already read serve on; with `newest`, only a reading that succeeded will do.
        """
        async with self._lock:
            if time.monotonic() - self._tried > KEYS_REST:
                self._tried = time.monotonic()
                try:
                    answer = await self._http.get(self._url)
                    self._keys = KeySet.import_key_set(answer.raise_for_status().json())
                    self._read, self._away = time.monotonic(), False
                except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                    self._away = True
                    log.warning("issuer.away", url=self._url, error=type(error).__name__)
        if self._keys is None or (newest and self._away):
            raise Unavailable("issuer")
        return self._keys


class _Registry(jws.JWSRegistry):
    """Only our algorithms; `EdDSA` without the library's warning that RFC 9864 renamed it: issuers still say so."""

    def get_alg(self, name: str) -> Any:
        """The algorithm of that name, if it is one of ours."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REASONS: tuple[tuple[type[Exception], str, tuple[str, str]], ...] = (
    (ExpiredTokenError, "expired", ("凭证已过期", "the token has expired")),
    (MissingClaimError, "incomplete", ("凭证缺少必需的声明", "the token lacks a claim that is needed")),
    (InvalidClaimError, "claims", ("凭证的签发者、受众或时间不符", "issuer, audience or time of the token do not fit")),
    (InvalidKeyIdError, "key", ("签发者没有公布签名所用的密钥", "the issuer publishes no such key")),
    (UnsupportedAlgorithmError, "algorithm", ("不接受此签名算法", "this signature algorithm is not accepted")),
    (BadSignatureError, "signature", ("签名不符", "the signature does not hold")),
    (ValidationError, "claims", ("凭证的声明格式有误", "a claim of the token has a wrong form")),
    (Exception, "unreadable", ("凭证无法读取", "the token cannot be read")),
)


def _refused(error: Exception) -> Unauthenticated:
    code, rule = next((code, rule) for kind, code, rule in _REASONS if isinstance(error, kind))
    claim = getattr(error, "claim", None)
    if claim:
        rule = (f"{rule[0]}（{claim}）", f"{rule[1]} ({claim})")
    return Unauthenticated(
        problem(f"token.{code}", "header.authorization", rule=rule, remedy=("请重新登录取得凭证。", "Sign in again.")),
        headers={"WWW-Authenticate": 'Bearer realm="sihao", error="invalid_token"'},
    )


def _incomplete(claim: str, zh: str, en: str) -> Any:
    return problem(
        f"token.no-{claim}",
        f"token.{claim}",
        rule=(f"凭证未注明{zh}。", f"The token does not say {en}."),
        remedy=("请联系账号管理员补全。", "Ask whoever manages your account to complete it."),
    )
