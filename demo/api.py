"""The platform as its callers see it: HTTP with a token, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from time import monotonic
from typing import Any, TypeVar

import httpx2

from dev.issuer import Issuer
from shared.contracts import Text

T = TypeVar("T")
AT_ONCE = 24
"""Requests under way at the same time."""
PATIENCE = 60.0
"""Seconds without any progress after which a wait is given up."""
_FIRST_LOOK, _LAST_LOOK = 0.1, 0.8
"""Seconds between two looks: short at first, longer the longer nothing moves."""
_PAGE = 200


class PlatformError(Exception):
    """The round cannot go on."""


class RefusedError(PlatformError):
    """The platform said no; `codes` are those of its problems."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        try:
            body = response.json()
        except ValueError:
            body = {"detail": response.text[:500]}
        self.errors: list[dict[str, Any]] = body.get("errors") or []
        self.codes = [error["code"] for error in self.errors]
        request = response.request
        super().__init__(f"{request.method} {request.url} → {self.status} {body.get('detail')} {self.codes}")


class StalledError(PlatformError):
    """What was waited for did not come."""


class Caller:
    """Somebody with a token (or the public, without one) who calls the services."""

    def __init__(self, client: httpx2.AsyncClient, services: Mapping[str, str], token: str | None) -> None:
        self._client = client
        self._services = services
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """Read."""
        return await self._call("GET", service, path, params=query)

    async def post(self, service: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Do; with an idempotency key, at most once."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._call("POST", service, path, json=body if body is not None else {}, headers=headers)

    async def put(self, service: str, path: str, body: Any) -> Any:
        """Set."""
        return await self._call("PUT", service, path, json=body)

    async def patch(self, service: str, path: str, body: Any) -> Any:
        """Change."""
        return await self._call("PATCH", service, path, json=body)

    async def upload(self, service: str, path: str, file: tuple[str, bytes], items: Iterable[str] = ()) -> Any:
        """Hand in a file."""
        data = {"items": list(items)} if items else None
        return await self._call("POST", service, path, files={"file": file}, data=data)

    async def every(self, service: str, path: str, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = await self.get(service, path, limit=_PAGE, **query, **after)
            found += page["items"]
            if not page["next"]:
                return found
            after = {"after": page["next"]}

    async def text(self, service: str, path: str) -> str:
        """Read something that is not JSON: a page, a feed, metrics."""
        return (await self._send("GET", service, path)).text

    async def _call(self, method: str, service: str, path: str, **given: Any) -> Any:
        response = await self._send(method, service, path, **given)
        return None if response.status_code == HTTPStatus.NO_CONTENT or not response.content else response.json()

    async def _send(self, method: str, service: str, path: str, **given: Any) -> httpx2.Response:
        headers = {**self._headers, **given.pop("headers", {})}
        try:
            response = await self._client.request(method, self._services[service] + path, headers=headers, **given)
        except httpx2.HTTPError as error:
            raise PlatformError(f"{service} 没有应答 / does not answer: {method} {path} ({error!r})") from error
        if not response.is_success:
            raise RefusedError(response)
        return response


class Platform:
    """Hands out callers by role; each keeps its token."""

    def __init__(self, client: httpx2.AsyncClient, services: Mapping[str, str], issuer: Issuer) -> None:
        self.client = client
        self.services = services
        self._issuer = issuer
        self._callers: dict[str, Caller] = {}
        self.public = Caller(client, services, None)

    def officer(self, area: str) -> Caller:
        """An officer of the federation of exactly this area."""
        return self._caller(f"officer-{area}", roles=["officer"], area=area)

    def secretary(self, code: str) -> Caller:
        """The secretary of a chamber."""
        return self._caller(f"secretary-{code}", roles=["secretary"], chamber=code)

    def expert(self, id_: str) -> Caller:
        """A member of the committee."""
        return self._caller(id_, roles=["expert"])

    def operator(self) -> Caller:
        """Who runs the platform."""
        return self._caller("operator", roles=["operator"])

    def _caller(self, sub: str, **claims: Any) -> Caller:
        if sub not in self._callers:
            self._callers[sub] = Caller(self.client, self.services, self._issuer.token(sub, **claims))
        return self._callers[sub]


@asynccontextmanager
async def connected(services: Mapping[str, str], issuer: Issuer, *, retries: int = 0) -> AsyncIterator[Platform]:
    """The platform, over connections that are kept; one that cannot be had is tried so many times again."""
    limits = httpx2.Limits(max_connections=AT_ONCE * 2, max_keepalive_connections=AT_ONCE * 2)
    transport = httpx2.AsyncHTTPTransport(retries=retries, limits=limits)
    async with httpx2.AsyncClient(trust_env=False, timeout=30.0, transport=transport) as client:
        yield Platform(client, services, issuer)


async def each(things: Iterable[T], act: Callable[[T], Awaitable[object]], *, at_once: int = AT_ONCE) -> None:
    """Do something with each, a bounded number at the same time; the first failure ends it all."""
    turn = asyncio.Semaphore(at_once)

    async def one(thing: T) -> None:
        async with turn:
            await act(thing)

    try:
        async with asyncio.TaskGroup() as group:
            for thing in things:
                group.create_task(one(thing))
    except BaseExceptionGroup as failures:
        raise first(failures, PlatformError) from None


def first(failures: BaseExceptionGroup[BaseException], *wanted: type[BaseException]) -> BaseException:
    """The first of several failures that is one of these kinds; all of them if none is."""
    found: BaseException | None = failures.subgroup(wanted)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found or failures


async def until(what: Text, left: Callable[[], Awaitable[Iterable[str]]], *, patience: float = PATIENCE) -> None:
    """Look again and again until nothing is left.

    Raises:
        StalledError: for `patience` seconds nothing changed; it names what is left.
    """
    seen: set[str] | None = None
    since, pause = monotonic(), _FIRST_LOOK
    while remaining := set(await left()):
        if remaining != seen:
            seen, since, pause = remaining, monotonic(), _FIRST_LOOK
        elif monotonic() - since > patience:
            named = "\n  ".join(sorted(remaining)[:40])
            raise StalledError(f"{what}：{patience:g} 秒没有进展 / no progress for {patience:g} s:\n  {named}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LAST_LOOK)


async def refused(act: Awaitable[object], code: str) -> RefusedError:
    """The refusal that an act must meet.

    Raises:
        StalledError: it was not refused, or for another reason.
    """
    try:
        await act
    except RefusedError as refusal:
        if code in refusal.codes:
            return refusal
        raise
    raise StalledError(f"应被拒绝（{code}）而未被拒绝 / should have been refused ({code}) and was not")
