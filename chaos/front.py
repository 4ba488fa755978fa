"""People's way in: HTTP to either replica of a service, with patience and with idempotency keys, as clients should."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import count
from time import monotonic
from typing import Any

import httpx2

from dev.issuer import Issuer

_PATIENCE = 45.0
"""Seconds after which a request is given up."""
_ATTEMPT = 8.0
"""Seconds to wait for one answer before the other replica is asked."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_AT_ONCE = 200


class GaveUpError(Exception):
    """No answer in time: whether it was done is not known."""


class Front:
    """Asks one replica, then the other, until somebody answers."""

    def __init__(self, urls: Mapping[str, Sequence[str]], issuer: Issuer) -> None:
        """`urls` are the replicas' addresses by service."""
        self._urls = urls
        self._issuer = issuer
        self._tokens: dict[str, str] = {}
        self.unexpected: list[str] = []
        """Answers that nobody should ever get: errors of a service (5xx) other than “not now” (503)."""
        self._turn = count()
        limits = httpx2.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
        timeout = httpx2.Timeout(_ATTEMPT, pool=_PATIENCE)
        self._clients = {
            url: httpx2.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=timeout, limits=limits)
            for replicas in urls.values()
            for url in replicas
        }

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def ask(
        self, method: str, service: str, path: str, who: str, *, key: str | None = None, **given: Any
    ) -> httpx2.Response:
        """One request, repeated until it is answered by a yes or by a no of the domain.

        Raises:
            GaveUpError: nobody answered in time.
        """
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        if key:
            headers["Idempotency-Key"] = key
        end, pause = monotonic() + _PATIENCE, _FIRST_PAUSE
        urls = self._urls[service]
        while True:
            client = self._clients[urls[next(self._turn) % len(urls)]]
            try:
                response = await client.request(method, path, headers=headers, **given)
            except httpx2.HTTPError:
                pass
            else:
                if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return response
                if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    self.unexpected.append(str(UnexpectedError(method, path, response)))
            if monotonic() > end:
                raise GaveUpError(f"{method} {service} {path}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def must(self, method: str, service: str, path: str, who: str, **given: Any) -> Any:
        """One request that must succeed; answers its JSON.

        Raises:
            UnexpectedError: the platform said no.
        """
        response = await self.ask(method, service, path, who, **given)
        if not response.is_success:
            raise UnexpectedError(method, path, response)
        return response.json() if response.content else None

    async def page(self, service: str, path: str, who: str, **query: Any) -> list[dict[str, Any]]:
        """The first page of a list."""
        page = await self.must("GET", service, path, who, params=query)
        return list(page["items"])

    def secretary(self, chamber: str) -> str:
        """The secretary of a chamber; answers the subject under which they act."""
        return self._person(f"secretary-{chamber}", roles=["secretary"], chamber=chamber)

    def officer(self, area: str) -> str:
        """An officer of the federation of this area."""
        return self._person(f"officer-{area}", roles=["officer"], area=area)

    def operator(self) -> str:
        """Who runs the platform."""
        return self._person("operator", roles=["operator"])

    def _person(self, subject: str, **claims: Any) -> str:
        if subject not in self._tokens:
            self._tokens[subject] = self._issuer.token(subject, **claims)
        return subject


class UnexpectedError(Exception):
    """An answer nobody should ever get: an error of the service, or a refusal of what is right."""

    def __init__(self, method: str, path: str, response: httpx2.Response) -> None:
        super().__init__(f"{method} {path} → {response.status_code} {response.text[:500]}")
