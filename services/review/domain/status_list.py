"""The status list 状态列表 of an honour line: two bits per place, compressed, to be signed (IETF Token Status List).

Who has a list can tell offline whether a certificate was revoked, without asking about this one.
"""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.review.domain.place import PLACES
from services.review.domain.term import Standing

TYPE = "statuslist+jwt"
"""The token's `typ`."""
BITS = 2
"""Bits per place."""
VALID, INVALID, SUSPENDED, SUPERSEDED = 0, 1, 2, 3
"""Statuses: holds; revoked or ended, for good; suspended, for now; superseded, which is ours (0x03 is free)."""
LASTS = timedelta(days=7)
"""How long a list can be relied on offline. Our default."""
TTL = timedelta(minutes=5)
"""After this a newer one should be fetched by who is online. Our default."""
_MOST = 1 << 24
"""Bytes that a list may unfold to."""
_PER_BYTE = 8 // BITS
_STATUS: Mapping[Standing, int] = {
    "revoked": INVALID,
    "ended": INVALID,
    "suspended": SUSPENDED,
    "superseded": SUPERSEDED,
}
TOLD: frozenset[Standing] = frozenset(_STATUS)
"""What a list tells; that an honour has not begun or has expired stands in the certificate itself."""


class Bits(BaseModel):
    """The bits."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    bits: Literal[1, 2, 4, 8]
    """Bits per place."""
    lst: str
    """Compressed (zlib), base64url; place 0 is in the lowest bits of the first byte."""

    def at(self, place: int) -> int:
        """The status at a place.

        Raises:
            ValueError: it is not compressed as it should be, unfolds to too much, or has no such place.
        """
        try:
            raw = zlib.decompressobj().decompress(urlsafe_b64decode(self.lst + "=="), _MOST)
            byte, within = divmod(place, 8 // self.bits)
            return raw[byte] >> within * self.bits & (1 << self.bits) - 1
        except (zlib.error, IndexError) as error:
            raise ValueError("no such place") from error


class StatusList(BaseModel):
    """What is signed."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    iss: str
    """Who says so: the address of the review service."""
    sub: str
    """The list's own address, which certificates name."""
    iat: int
    """Made at, seconds since 1970."""
    exp: int
    """Not to be relied on from then."""
    ttl: int
    """Seconds after which a newer one should be fetched."""
    status_list: Bits
    """The bits."""


def make(issuer: str, address: str, statuses: Mapping[int, int], now: datetime) -> StatusList:
    """The list of a line as of now."""
    return StatusList(
        iss=issuer,
        sub=address,
        iat=int(now.timestamp()),
        exp=int((now + LASTS).timestamp()),
        ttl=int(TTL.total_seconds()),
        status_list=Bits(bits=BITS, lst=pack(statuses)),
    )


def statuses(honours: Iterable[tuple[str, Standing]], places: Mapping[str, int]) -> dict[int, int]:
    """What stands at which place; an honour without a place has no certificate that could be wrong."""
    return {
        places[honour]: _STATUS[standing] for honour, standing in honours if honour in places and standing in _STATUS
    }


def pack(statuses: Mapping[int, int]) -> str:
    """The compressed bits; what is not named is valid."""
    raw = bytearray(PLACES // _PER_BYTE)
    for place, status in statuses.items():
        raw[place // _PER_BYTE] |= status << place % _PER_BYTE * BITS
    return urlsafe_b64encode(zlib.compress(raw, 9)).rstrip(b"=").decode()
