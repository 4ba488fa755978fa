"""Is a certificate genuine, in time, neither suspended nor revoked? Told offline, from it, keys and a status list.

What is refused is said in words. Nothing of a certificate is believed before its signature holds.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from services.review.domain import credential, status_list
from services.review.domain.credential import Credential
from services.review.domain.status_list import StatusList
from shared.contracts.text import Text, text
from shared.kernel.calendar import day_words, last_day_words, time_words
from shared.kernel.ed25519 import Registry


class Finding(BaseModel):
    """One thing that was looked at."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    check: Literal["signature", "dates", "status"]
    """What."""
    holds: bool | None
    """Whether it holds; null if it was not looked at."""
    words: Text
    """What was found."""


class Verdict(BaseModel):
    """What was found in all."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    holds: bool
    """Whether nothing is wrong with what was looked at."""
    findings: tuple[Finding, ...]
    """One by one."""
    credential: Credential | None
    """What it states; null if the signature does not hold."""


class NotSigned(Exception):  # noqa: N818 - a state of affairs
    """Nothing here is signed by one of the keys, as this kind of token."""


def verify(token: str, keys: KeySet, listed: str | None, now: datetime) -> Verdict:
    """Look at a certificate, with the keys of its issuer and, if there is one, a status list."""
    try:
        stated = Credential.model_validate(opened(token, credential.TYPE, keys))
    except (NotSigned, ValidationError):
        words = text(
            "签名不符：不是此签发者的证书，或内容被改动", "the signature does not hold: not theirs, or altered"
        )
        return _verdict(None, Finding(check="signature", holds=False, words=words))
    signed = text(f"签名有效，签发者 {stated.iss}", f"signed by {stated.iss}")
    return _verdict(
        stated,
        Finding(check="signature", holds=True, words=signed),
        _dates(stated, now),
        _status(stated, keys, listed, now),
    )


def opened(token: str, kind: str, keys: KeySet) -> Mapping[str, Any]:
    """The claims of a token of this `typ`.

    Raises:
        NotSigned: it is none, or the signature does not hold.
    """
    try:
        found = jwt.decode(token, keys, registry=Registry())
    except (JoseError, ValueError, TypeError, AttributeError) as error:  # the last two of a header that is no object
        raise NotSigned from error
    if found.header.get("typ") != kind:
        raise NotSigned
    return found.claims


def _verdict(stated: Credential | None, *findings: Finding) -> Verdict:
    holds = all(finding.holds is not False for finding in findings)
    return Verdict(holds=holds, findings=findings, credential=stated)


def _dates(stated: Credential, now: datetime) -> Finding:
    first, last = day_words(stated.valid_from), last_day_words(stated.valid_until)
    span = text(f"{first.zh}至{last.zh}", f"{first.en} to {last.en}")
    if now < stated.valid_from:
        said = text(f"尚未生效，有效期 {span.zh}", f"not in force yet: {span.en}")
    elif now >= stated.valid_until:
        said = text(f"已到期，有效期 {span.zh}", f"expired: {span.en}")
    else:
        said = text(f"在有效期内：{span.zh}", f"in force: {span.en}")
    return Finding(check="dates", holds=stated.valid_from <= now < stated.valid_until, words=said)


def _status(stated: Credential, keys: KeySet, listed: str | None, now: datetime) -> Finding:
    place = stated.status.status_list
    if listed is None:
        words = text(
            f"未核对是否撤销；请另取状态列表 {place.uri}", f"whether it was revoked was not checked; fetch {place.uri}"
        )
        return Finding(check="status", holds=None, words=words)
    try:
        found = StatusList.model_validate(opened(listed, status_list.TYPE, keys))
        status = found.status_list.at(place.idx)
    except (NotSigned, ValueError):
        words = text("状态列表的签名不符，或格式有误", "the status list is not signed by them, or has a wrong form")
        return Finding(check="status", holds=False, words=words)
    if (found.sub, found.iss) != (place.uri, stated.iss):
        words = text(f"状态列表不是本证书的，应取 {place.uri}", f"another line's status list; fetch {place.uri}")
        return Finding(check="status", holds=False, words=words)
    made = time_words(datetime.fromtimestamp(found.iat, UTC))
    if now.timestamp() >= found.exp:
        words = text(
            f"状态列表太旧（{made.zh}），请重新获取", f"the status list is too old ({made.en}); fetch it again"
        )
        return Finding(check="status", holds=False, words=words)
    said = _STATUSES.get(status, text(f"状态不明（{status}）", f"of unknown status ({status})"))
    words = text(f"{said.zh}（截至 {made.zh}）", f"{said.en} (as of {made.en})")
    return Finding(check="status", holds=status == status_list.VALID, words=words)


_STATUSES = {
    status_list.VALID: text("未暂停、未撤销、未被接续", "neither suspended nor revoked nor superseded"),
    status_list.INVALID: text("已撤销，或已随商会终止", "revoked, or ended with its chamber"),
    status_list.SUSPENDED: text("已暂停，目前不生效", "suspended: it does not hold for now"),
    status_list.SUPERSEDED: text("已由其他称号接续", "superseded by another honour"),
}
