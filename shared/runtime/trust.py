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

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.contracts.area import CENTRE, covers
from shared.contracts.event import Event
from shared.contracts.provinces import PROVINCE_MAY_WRITE
from shared.kernel.ed25519 import ALGORITHM, public_key
from shared.kernel.keys import RegisteredKey
from shared.kernel.problem import Problem
from shared.runtime import distrust
from shared.runtime.envelope import Bound, Envelope
from shared.runtime.signing import REGISTRY, TYPE

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
        raise NotTrusted(distrust.missing())
    header = _header(envelope.signature)
    kid = header["kid"]
    key = keys.get(kid)
    if key is None:
        raise NotTrusted(distrust.unknown_key(kid), kid=kid)
    try:
        jws.deserialize_compact(envelope.signature, _imported(key.jwk.x), payload=body, registry=REGISTRY)
    except (JoseError, ValueError) as error:
        raise NotTrusted(distrust.wrong(), kid=kid) from error
    stated = Bound(*(header[name] for name in Bound._fields))
    if stated != envelope.bound:
        raise NotTrusted(distrust.other_envelope(stated, envelope.bound), kid=kid, area=key.area)
    if key.withdrawn_at is not None:
        raise NotTrusted(distrust.withdrawn(key), kid=kid, area=key.area)
    if not key.covers(envelope.time):
        raise NotTrusted(distrust.out_of_time(key, envelope.time), kid=kid, area=key.area)
    return Signed(kid, key.area)


def allow(signed: Signed, event: Event) -> None:
    """See that a key speaks only for what is its own: a province's for its own area, and what a province may write.

    Raises:
        NotTrusted: it does not.
    """
    if signed.area == CENTRE:
        return
    if event.wire() not in PROVINCE_MAY_WRITE:
        raise NotTrusted(distrust.wrong_event(signed.area, event.wire()), kid=signed.kid, area=signed.area)
    for place in (event.area, *places(event)):
        if not covers(signed.area, place):
            raise NotTrusted(distrust.wrong_area(signed.area, place), kid=signed.kid, area=signed.area)


def places(event: Event) -> list[str]:
    """The jurisdictions that an event speaks for: the one it names, and those of every case it names anywhere."""
    named = getattr(event, "jurisdiction", None)
    return [*([named] if named else []), *dict.fromkeys(_PLACE.findall(event.model_dump_json()))]


@lru_cache(maxsize=2048)
def _header(signature: str) -> Mapping[str, str]:
    """The protected header, whose signature is not known to hold yet.

    Only the one way of writing a signature is taken, so that no byte of it can be changed without being noticed.
    """
    parts = signature.split(".") if len(signature) <= _LONGEST else []
    try:
        protected, payload, seal = parts
        header = json.loads(_decoded(protected))
        whole = isinstance(header, dict) and header.keys() == _HEADER and len(_decoded(seal)) == 64  # noqa: PLR2004
        if whole and not payload and all(isinstance(value, str) for value in header.values()):
            ours: Mapping[str, str] = header
            if ours["alg"] == ALGORITHM and ours["typ"] == TYPE:
                return ours
    except (ValueError, RecursionError) as error:
        raise NotTrusted(distrust.malformed()) from error
    raise NotTrusted(distrust.malformed())


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
