"""Keys 密钥: whose key counts for which area. The register is kept by the centre's review, and told to everybody."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as FromPath
from pydantic import BaseModel, ConfigDict, Field

from services.review.api.desk import Body, Desk
from shared.contracts.area import CENTRE, Area
from shared.contracts.event import Instant
from shared.contracts.trust import PublicKey
from shared.kernel import keys
from shared.kernel.actor import Actor
from shared.kernel.change import Refused
from shared.kernel.command import missing, refused
from shared.kernel.ed25519 import public_key
from shared.kernel.keys import RegisteredKey
from shared.runtime.access import allow
from shared.runtime.http import IdempotencyKey
from shared.runtime.trusted import KEYS

Operator = Annotated[Actor, allow(operator="any area", note="仅在中心的审核服务 / at the centre's review only")]
ProvinceArea = Annotated[Area, FromPath(examples=["35"])]
_PROVINCE = 2
_MOST = 1000
"""Keys of one area that are listed. Our default."""


class Jwk(PublicKey):
    """A public key as it is sent."""

    model_config = ConfigDict(extra="allow")

    kid: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Its id; by default its thumbprint (RFC 7638)."""


class KeyBody(Body):
    """A key to be registered."""

    jwk: Jwk
    """The public key."""
    valid_from: Instant | None = None
    """From when it counts; by default from now on."""
    valid_to: Instant | None = None
    """Until when; null: without end."""
    reason: str = Field(min_length=1, max_length=1000)
    """Why."""


class WithdrawBody(Body):
    """A key to be withdrawn."""

    reason: str = Field(min_length=1, max_length=1000)
    """Why."""


class Keys(BaseModel):
    """The keys of an area, and the centre's, by which it verifies what it is told."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    area: Area
    """The area."""
    keys: tuple[RegisteredKey, ...]
    """Every key that was ever registered for it."""
    centre: dict[str, tuple[dict[str, str], ...]]
    """The centre's public keys as a JWK Set, without those withdrawn: the content of a province's `SIHAO_TRUST`."""


def router(desk: Desk) -> APIRouter:
    """The endpoints."""
    routes = APIRouter(prefix="/provinces/{area}/keys", tags=["密钥 / keys"])

    @routes.get("", summary="一地的密钥 / keys of an area")
    async def listing(area: ProvinceArea, _by: Operator) -> Keys:
        _require_centre(desk, area)
        found = await _of(area)
        registered = found if area == CENTRE else await _of(CENTRE)
        centre = {key.kid: key for key in (*desk.centre_keys, *registered)}  # the register overrules what was given
        counting = [key for key in centre.values() if key.withdrawn_at is None]
        return Keys(area=area, keys=tuple(found), centre={"keys": tuple(map(_as_jwk, counting))})

    @routes.post("", status_code=201, summary="登记公钥 / register a key")
    async def register(area: ProvinceArea, body: KeyBody, by: Operator, key: IdempotencyKey) -> RegisteredKey:
        """From now on the area must sign, and this key counts for it, beside those it has already."""
        _require_centre(desk, area)
        _require_signing(desk)
        kid = _kid(body.jwk)
        if area != CENTRE and any(kid == own.kid for own in desk.centre_keys):
            raise _of_the_centre(kid)
        command = keys.Register(
            by=by,
            kid=kid,
            area=area,
            jwk=PublicKey(kty=body.jwk.kty, crv=body.jwk.crv, x=body.jwk.x),
            valid_from=body.valid_from,
            valid_to=body.valid_to,
            reason=body.reason,
        )
        done = await desk.commands.do(
            KEYS, kid, command, keys.register, what="register-key", by=by, idempotency_key=key
        )
        return done.state or await desk.store.need(KEYS, kid, "密钥", "key")

    @routes.post("/{kid}/withdraw", summary="撤销密钥 / withdraw a key")
    async def withdraw(
        area: ProvinceArea, kid: str, body: WithdrawBody, by: Operator, key: IdempotencyKey
    ) -> RegisteredKey:
        """What arrives signed with it is refused from now on, whenever it was signed. The area must sign on."""
        _require_centre(desk, area)
        _require_signing(desk)
        command = keys.Withdraw(by=by, kid=kid, area=area, reason=body.reason)
        done = await desk.commands.do(
            KEYS, kid, command, keys.withdraw, what="withdraw-key", by=by, idempotency_key=key
        )
        return done.state or await desk.store.need(KEYS, kid, "密钥", "key")

    async def _of(area: str) -> list[RegisteredKey]:
        return await desk.store.page(KEYS, {"state.area": area}, limit=_MOST, after=None)

    return routes


def _as_jwk(key: RegisteredKey) -> dict[str, str]:
    return {"kid": key.kid, "use": "sig", **key.jwk.model_dump()}


def _kid(jwk: Jwk) -> str:
    """The id of a key.

    Raises:
        Refused: it is a private key.
    """
    if "d" in (jwk.model_extra or {}):
        raise refused(
            "key.private",
            "jwk.d",
            rule=("所交的是私钥；私钥一经发出，即视为泄露。", "This is a private key; once sent it counts as lost."),
            remedy=("请另生成一对密钥，只登记公钥。", "Make another pair, and register the public half only."),
        )
    given: dict[str, Any] = jwk.model_dump(include={"kty", "crv", "x"})
    return jwk.kid or str(public_key(given).thumbprint())


def _require_centre(desk: Desk, area: str) -> None:
    """The register is the centre's, and its entries are provinces and the centre itself.

    Raises:
        NotFound: it is not kept here, or there is no such entry.
    """
    if CENTRE not in desk.jurisdictions or (area != CENTRE and len(area) != _PROVINCE):
        raise missing("provinces", area, "省级地区", "province")


def _require_signing(desk: Desk) -> None:
    """Nobody believes what is told of keys unless the centre signs it.

    Raises:
        Refused: this service does not sign.
    """
    if not desk.centre_keys:
        raise refused(
            "key.centre-does-not-sign",
            "SIHAO_SIGNING_KEY",
            rule=(
                "中心尚未签名，登记密钥无从取信。",
                "The centre does not sign yet; who would believe it?",
            ),
            remedy=(
                "请先为中心的四个服务设置 SIHAO_SIGNING_KEY，见 docs/trust.md。",
                "First give the centre's four services a SIHAO_SIGNING_KEY; see docs/trust.md.",
            ),
        )


def _of_the_centre(kid: str) -> Refused:
    return refused(
        "key.of-the-centre",
        "jwk",
        rule=(f"密钥 {kid} 是中心的密钥。", f"Key {kid} is the centre's."),
        remedy=("每个地区须用自己的密钥。", "Every area needs a key of its own."),
    )
