"""How much one client may ask for: a budget of requests per holder of a token, else per address.

In memory, so per process: fixed windows, the same for all clients. A client is counted under a salted hash with few
values, so that the memory is bounded however many addresses call, and nobody can choose whose budget to share.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

import limits

from shared.runtime.settings import EdgeSettings

Budget = Literal["read", "write", "public-read", "public-write", "failed"]

BUCKETS = 16_384
"""Clients told apart; beyond, two may share a budget."""
_SITE = 64
"""Bits of an IPv6 address that name a site: the rest is its own to choose."""


@dataclass(frozen=True)
class Taken:
    """What is left of a budget after a request."""

    budget: Budget
    granted: bool
    """Whether the request fits into it."""
    limit: int
    window: int
    """Seconds of the whole window."""
    left: int
    """Requests left in this window."""
    reset: int
    """Seconds until the next window."""

    @property
    def headers(self) -> Mapping[str, str]:
        """`RateLimit` and its policy (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"{self.budget}";q={self.limit};w={self.window}',
            "RateLimit": f'"{self.budget}";r={self.left};t={self.reset}',
        }


class Window:
    """One budget of all clients: what each has asked for since the window began."""

    def __init__(self, rate: str) -> None:
        """`rate` as in `600/minute`."""
        item = limits.parse(rate)
        self.limit, self.seconds = item.amount, item.get_expiry()
        self.ends = 0.0
        self.asked: Counter[int] = Counter()

    def count(self, bucket: int, now: float) -> int:
        """Count one request; answers how many that makes in the window to which `now` belongs."""
        if now >= self.ends:
            self.asked.clear()
            self.ends = (now // self.seconds + 1) * self.seconds
        self.asked[bucket] += 1
        return self.asked[bucket]


class Rates:
    """The budgets of all clients of this process."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._salt = secrets.token_bytes(16)
        self._windows: Mapping[Budget, Window] = {
            "read": Window(settings.rate_read),
            "write": Window(settings.rate_write),
            "public-read": Window(settings.rate_public_read),
            "public-write": Window(settings.rate_public_write),
            "failed": Window(settings.rate_failed),
        }

    def take(self, budget: Budget, client: str) -> Taken:
        """Count one request of a client."""
        window, now = self._windows[budget], time.time()
        asked = window.count(self._bucket(client), now)
        return Taken(
            budget,
            granted=asked <= window.limit,
            limit=window.limit,
            window=window.seconds,
            left=max(0, window.limit - asked),
            reset=max(1, round(window.ends - now)),
        )

    def _bucket(self, client: str) -> int:
        hashed = hashlib.blake2b(client.encode("utf-8", "replace"), key=self._salt, digest_size=8).digest()
        return int.from_bytes(hashed) % BUCKETS


def site(address: str) -> str:
    """What of an address names the client: all of it, of IPv6 its network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, _SITE), strict=False))
