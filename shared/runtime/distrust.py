"""Why a message is not believed, in words: a code for programs, the rule and the remedy for people."""

from datetime import datetime
from typing import Any

from shared.contracts.text import text
from shared.kernel.ed25519 import ALGORITHM
from shared.kernel.keys import RegisteredKey
from shared.kernel.problem import Problem, problem
from shared.runtime.envelope import Bound
from shared.runtime.signing import TYPE

_FIELD = "sihao-signature"


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


def malformed() -> Problem:
    """It is no detached JWS of ours."""
    return _said(
        "malformed",
        rule=(
            f"签名不是正文分离的 JWS（typ {TYPE}，alg {ALGORITHM}），或缺少 kid、id、event、source、time。",
            f"No detached JWS (typ {TYPE}, alg {ALGORITHM}) that names kid, id, event, source and time.",
        ),
        remedy=("请按 docs/trust.md 的格式签名。", "Sign as docs/trust.md lays down."),
    )


def wrong() -> Problem:
    """It does not hold for this body."""
    return _said(
        "wrong",
        rule=("签名与正文不符：内容在签名后被改动，或所用密钥不同。", "The signature does not hold for this body."),
        remedy=(
            "请核对是否逐字节发送所签的正文，且未经中途改写。",
            "Send exactly the bytes that were signed; see that nothing rewrites them on the way.",
        ),
    )


def other_envelope(stated: Bound, found: Bound) -> Problem:
    """It was made for another message."""
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


def withdrawn(key: RegisteredKey) -> Problem:
    """Its key does not count any more."""
    at = f"{key.withdrawn_at:%Y-%m-%d %H:%M:%S}Z"
    return _said(
        "withdrawn-key",
        rule=(f"密钥 {key.kid} 已于 {at} 撤销。", f"Key {key.kid} was withdrawn at {at}."),
        remedy=(
            "请改用另一把已登记的密钥，重新签名后以同一编号发送。",
            "Sign with another registered key, and send it again under the same id.",
        ),
    )


def out_of_time(key: RegisteredKey, at: datetime) -> Problem:
    """Its key does not count at that time."""
    until = key.valid_to.isoformat() if key.valid_to else "…"
    return _said(
        "not-yet-or-no-longer-valid",
        rule=(
            f"密钥 {key.kid} 的有效期为 {key.valid_from.isoformat()} 至 {until}，不含 {at.isoformat()}。",
            f"Key {key.kid} is valid from {key.valid_from.isoformat()} to {until}, not at {at.isoformat()}.",
        ),
        remedy=("请用当时有效的密钥签名，并核对时钟。", "Sign with a key valid at that time; check the clock."),
    )


def wrong_area(owner: str, place: str) -> Problem:
    """Its key is another area's."""
    return _said(
        "wrong-area",
        field="area",
        rule=(
            f"密钥属于 {owner}，不得代 {place} 发言。",
            f"The key is that of {owner}; it cannot speak for {place}.",
        ),
        remedy=("只能发送本地区案件的事件。", "Send only events of cases in the own area."),
    )


def wrong_event(owner: str, wire: str) -> Problem:
    """Nobody but the centre may write this."""
    return _said(
        "wrong-event",
        field="ce-type",
        rule=(
            f"省级审核服务（{owner}）不得发布 {wire}。",
            f"A province's review ({owner}) may not write {wire}.",
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
