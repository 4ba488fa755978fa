"""Is a message signed by whom it says, for this very envelope, by a key that counts, for what that key may say?

Pure: told from the message and the keys alone. Nothing of a signature is believed before it holds. Every refusal has a
code for programs and words for people (`Refusal`).
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.contracts.area import CENTRE, covers
from shared.contracts.event import Event
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from shared.contracts.text import text
from shared.kernel.ed25519 import ALGORITHM, public_key
from shared.kernel.keys import RegisteredKey
from shared.kernel.problem import Problem, problem
from shared.runtime.envelope import Bound, Envelope
from shared.runtime.signing import REGISTRY, TYPE

_FIELD = "sihao-signature"
_HEADER = {"alg", "typ", "kid", *Bound._fields}
_LONGEST = 6_000
"""Characters of a signature that are read at all."""
_PLACE = re.compile(r'@(CN|[0-9]{2,6})"')
"""The jurisdiction at the end of a case's id, in JSON."""


@dataclass(frozen=True)
class Signed:
    """The signature holds."""

    kid: str
    """Id of the key."""
    area: str
    """Whose key it is; `CN`: the centre's."""


class NotTrusted(Exception):  # noqa: N818 - it says what was found
    """A message that is not believed."""

    def __init__(self, said: Problem, *, kid: str | None = None, area: str | None = None) -> None:
        super().__init__(f"{said.code}: {said.rule}")
        self.problem = said
        self.kid = kid
        """The key that the signature names, if it could be read."""
        self.area = area
        """Whose key it is, if the signature holds."""

    @property
    def code(self) -> str:
        """Why, for programs."""
        return self.problem.code


def kid_of(signature: str) -> str:
    """The key that a signature names.

    Raises:
        NotTrusted: it is no detached JWS of ours.
    """
    return _header(signature)["kid"]


def verify(body: bytes, envelope: Envelope, keys: Mapping[str, RegisteredKey]) -> Signed:
    """Who signed this body for this envelope, with one of these keys.

    Raises:
        NotTrusted: there is no signature, or it does not hold, or its key does not count.
    """
    if envelope.signature is None:
        raise NotTrusted(missing())
    header = _header(envelope.signature)
    kid = header["kid"]
    key = keys.get(kid)
    if key is None:
        raise NotTrusted(unknown_key(kid), kid=kid)
    try:
        jws.deserialize_compact(envelope.signature, _imported(key.jwk.x), payload=body, registry=REGISTRY)
    except (JoseError, ValueError) as error:
        raise NotTrusted(_wrong(), kid=kid) from error
    stated = Bound(*(header[name] for name in Bound._fields))
    if stated != envelope.bound:
        raise NotTrusted(_other_envelope(stated, envelope.bound), kid=kid, area=key.area)
    if key.withdrawn_at is not None:
        raise NotTrusted(_withdrawn(key), kid=kid, area=key.area)
    if not key.covers(envelope.time):
        raise NotTrusted(_out_of_time(key, envelope), kid=kid, area=key.area)
    return Signed(kid, key.area)


def allow(signed: Signed, event: Event) -> None:
    """See that a key speaks only for what is its own: a province's for its own area, and what a province may write.

    Raises:
        NotTrusted: it does not.
    """
    if signed.area == CENTRE:
        return
    if event.wire() not in PROVINCE_MAY_WRITE:
        raise NotTrusted(_wrong_event(signed, event), kid=signed.kid, area=signed.area)
    for place in (event.area, *places(event)):
        if not covers(signed.area, place):
            raise NotTrusted(_wrong_area(signed, place), kid=signed.kid, area=signed.area)


def places(event: Event) -> list[str]:
    """The jurisdictions that an event speaks for: the one it names, and those of every case it names anywhere."""
    named = getattr(event, "jurisdiction", None)
    return [*([named] if named else []), *dict.fromkeys(_PLACE.findall(event.model_dump_json()))]


def _header(signature: str) -> dict[str, str]:
    """The protected header, whose signature is not known to hold yet.

    Only the one way of writing a signature is taken, so that no byte of it can be changed without being noticed.
    """
    parts = signature.split(".") if len(signature) <= _LONGEST else []
    try:
        protected, payload, seal = parts
        header = json.loads(_decoded(protected))
        whole = isinstance(header, dict) and header.keys() == _HEADER and len(_decoded(seal)) == 64  # noqa: PLR2004
        if whole and not payload and all(isinstance(value, str) for value in header.values()):
            ours: dict[str, str] = header
            if ours["alg"] == ALGORITHM and ours["typ"] == TYPE:
                return ours
    except (ValueError, RecursionError) as error:
        raise NotTrusted(_malformed()) from error
    raise NotTrusted(_malformed())


def _decoded(segment: str) -> bytes:
    """Base64url without padding, in its one way of writing.

    Raises:
        ValueError: it is written in another way.
    """
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as error:
        raise ValueError(segment) from error
    if base64.urlsafe_b64encode(data).rstrip(b"=") != segment.encode():
        raise ValueError(segment)
    return data


@lru_cache(maxsize=1024)
def _imported(x: str) -> OKPKey:
    """A public key, read once."""
    return public_key({"kty": "OKP", "crv": "Ed25519", "x": x})


# --- in words -------------------------------------------------------------------------------------------------------


def missing() -> Problem:
    """There is no signature where there must be one."""
    return _said(
        "missing",
        rule=("此地区的消息须签名，此消息没有。", "Messages of this area must be signed; this one is not."),
        remedy=(
            "请为发送方设置 SIHAO_SIGNING_KEY，并以同一编号重发。",
            "Give its sender a SIHAO_SIGNING_KEY, and send it again under the same id.",
        ),
    )


def unknown_key(kid: str) -> Problem:
    """The key is not in the register, or not heard of yet."""
    return _said(
        "unknown-key",
        rule=(f"未登记的密钥 {_cut(kid)}。", f"Key {_cut(kid)} is not registered."),
        remedy=("请向中心登记该公钥。", "Have the public key registered at the centre."),
    )


def used_before() -> Problem:
    """Its sender has used its id before, for something else."""
    return problem(
        "message.id-reused",
        "ce-id",
        rule=(
            "此编号已用于内容不同的另一条消息。",
            "This id was used before, for a message with other content.",
        ),
        remedy=(
            "重发须内容不变；新的消息请用新的编号。",
            "A repeat must be the same to the byte; a new message needs a new id.",
        ),
    )


LOOK_AGAIN = text("请按 JSON Schema 核对消息后重发。", "Check the message by its JSON Schema, and send it again.")
"""What a sender can do whose message could not be read."""


def _malformed() -> Problem:
    return _said(
        "malformed",
        rule=(
            f"签名不是正文分离的 JWS（typ {TYPE}，alg {ALGORITHM}），或缺少 kid、id、event、source、time。",
            f"No detached JWS (typ {TYPE}, alg {ALGORITHM}) that names kid, id, event, source and time.",
        ),
        remedy=("请按 docs/trust.md 的格式签名。", "Sign as docs/trust.md lays down."),
    )


def _wrong() -> Problem:
    return _said(
        "wrong",
        rule=("签名与正文不符：内容在签名后被改动，或所用密钥不同。", "The signature does not hold for this body."),
        remedy=(
            "请核对是否逐字节发送所签的正文，且未经中途改写。",
            "Send exactly the bytes that were signed; see that nothing rewrites them on the way.",
        ),
    )


def _other_envelope(stated: Bound, found: Bound) -> Problem:
    name = next(name for name in Bound._fields if getattr(stated, name) != getattr(found, name))
    theirs, ours = _cut(getattr(stated, name)), _cut(getattr(found, name))
    return _said(
        "other-envelope",
        field=f"{_FIELD}.{name}",
        rule=(
            f"签名属于另一条消息：{name} 签的是 {theirs}，收到的是 {ours}。",
            f"Signed for another message: {name} is {theirs} in the signature, {ours} in the message.",
        ),
        remedy=("每条消息须单独签名，不得套用。", "Sign every message by itself; a signature cannot be reused."),
    )


def _withdrawn(key: RegisteredKey) -> Problem:
    at = f"{key.withdrawn_at:%Y-%m-%d %H:%M:%S}Z"
    return _said(
        "withdrawn-key",
        rule=(f"密钥 {key.kid} 已于 {at} 撤销。", f"Key {key.kid} was withdrawn at {at}."),
        remedy=(
            "请改用另一把已登记的密钥，重新签名后以同一编号发送。",
            "Sign with another registered key, and send it again under the same id.",
        ),
    )


def _out_of_time(key: RegisteredKey, envelope: Envelope) -> Problem:
    until = key.valid_to.isoformat() if key.valid_to else "…"
    return _said(
        "not-yet-or-no-longer-valid",
        rule=(
            f"密钥 {key.kid} 的有效期为 {key.valid_from.isoformat()} 至 {until}，不含 {envelope.time.isoformat()}。",
            f"Key {key.kid} is valid from {key.valid_from.isoformat()} to {until}, not at {envelope.time.isoformat()}.",
        ),
        remedy=("请用当时有效的密钥签名，并核对时钟。", "Sign with a key valid at that time; check the clock."),
    )


def _wrong_area(signed: Signed, place: str) -> Problem:
    return _said(
        "wrong-area",
        field="area",
        rule=(
            f"密钥属于 {signed.area}，不得代 {place} 发言。",
            f"The key is that of {signed.area}; it cannot speak for {place}.",
        ),
        remedy=("只能发送本地区案件的事件。", "Send only events of cases in the own area."),
    )


def _wrong_event(signed: Signed, event: Event) -> Problem:
    return _said(
        "wrong-event",
        field="ce-type",
        rule=(
            f"省级审核服务（{signed.area}）不得发布 {event.wire()}。",
            f"A province's review ({signed.area}) may not write {event.wire()}.",
        ),
        remedy=(
            "可发布的事件见 shared/contracts/provinces.py。",
            "See shared/contracts/provinces.py for what it may write.",
        ),
    )


def _said(code: str, *, rule: tuple[str, str], remedy: tuple[str, str], field: str = _FIELD) -> Problem:
    return problem(f"signature.{code}", field, rule=rule, remedy=remedy)


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 - enough to recognise it
