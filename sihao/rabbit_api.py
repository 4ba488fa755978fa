"""RabbitMQ's management API, as far as users, rights, queues and parameters go."""

import json
import secrets
import ssl
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx2

ALL = ".*"
NOTHING = "^$"
_TIMEOUT = 10.0
"""Seconds for one answer. Our default."""


class TopicPermission(NamedTuple):
    """Regular expressions for the routing keys a user may publish with and bind to on one topic exchange."""

    write: str = NOTHING
    read: str = NOTHING


class Rights(NamedTuple):
    """What a user may do in a virtual host: regular expressions for names, and for routing keys by topic exchange."""

    configure: str = NOTHING
    write: str = NOTHING
    read: str = NOTHING
    topics: Mapping[str, TopicPermission] = {}


class ManagementApi:
    """The management API at an address with user and password: `https://user:password@host:15671`."""

    def __init__(self, url: str, *, ca_file: Path | None = None) -> None:
        """`ca_file` names whom to trust instead of the authorities that everybody trusts (PEM)."""
        parts = urlsplit(url)
        self.url = url
        self.user = unquote(parts.username or "")
        self._auth = httpx2.BasicAuth(self.user, unquote(parts.password or ""))
        self._trusted = str(ca_file) if ca_file else ""
        # The client's errors quote the address, so it holds no password.
        self._base = urlunsplit(
            (parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/") + "/api/", "", "")
        )

    async def get(self, *path: str) -> Any:
        """The JSON at a path, its words given one by one: `get("queues", vhost, name)`."""
        return (await self._call("GET", *path)).json()

    async def find(self, *path: str) -> Any | None:
        """The same, or None where there is nothing."""
        try:
            return await self.get(*path)
        except httpx2.HTTPStatusError as error:
            if error.response.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def put(self, *path: str, body: Mapping[str, Any] | None = None) -> None:
        """Make what is at this path so; repeating it changes nothing."""
        await self._call("PUT", *path, body=body or {})

    async def post(self, *path: str, body: Mapping[str, Any]) -> None:
        """Add something below this path."""
        await self._call("POST", *path, body=body)

    async def peek(self, vhost: str, queue: str) -> Any | None:
        """The oldest message in a queue, put back at once; None if nothing waits there."""
        asked = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "base64", "truncate": 1}
        found = (await self._call("POST", "queues", vhost, queue, "get", body=asked)).json()
        return found[0] if found else None

    async def remove(self, *path: str) -> bool:
        """Take away what is at this path; answers whether there was something."""
        try:
            await self._call("DELETE", *path)
        except httpx2.HTTPStatusError as error:
            if error.response.status_code == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    async def version(self) -> str:
        """The broker's version."""
        return str((await self.get("overview"))["rabbitmq_version"])

    async def date(self) -> str:
        """What time the broker's machine has, as the header `Date` tells it (RFC 9110, 6.6.1)."""
        return str((await self._call("GET", "overview")).headers.get("date", ""))

    async def set_password(self, name: str, password: str) -> None:
        """Make a user without tags, or give one another password; its rights stay."""
        await self.put("users", name, body={"password": password, "tags": ""})

    async def permit(self, vhost: str, name: str, rights: Rights) -> None:
        """Let a user do just this in a virtual host."""
        names = {"configure": rights.configure, "write": rights.write, "read": rights.read}
        await self.put("permissions", vhost, name, body=names)
        for exchange, keys in rights.topics.items():
            body = {"exchange": exchange, "write": keys.write, "read": keys.read}
            await self.put("topic-permissions", vhost, name, body=body)

    async def _call(self, method: str, *path: str, body: Mapping[str, Any] | None = None) -> httpx2.Response:
        url = self._base + "/".join(quote(word, safe="") for word in path)
        verify = _context(self._trusted)
        async with httpx2.AsyncClient(auth=self._auth, trust_env=False, verify=verify, timeout=_TIMEOUT) as client:
            response = await client.request(method, url, json=body)
        return response.raise_for_status()


@lru_cache
def _context(ca_file: str) -> ssl.SSLContext:
    """Whom TLS trusts; read once, since it takes a tenth of a second."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx2.create_ssl_context()


def reason_of(error: httpx2.HTTPStatusError) -> str:
    """What the management API says about a request it refused."""
    try:
        said = error.response.json()
        return str(said.get("reason") or said.get("error") or error.response.status_code)
    except (json.JSONDecodeError, AttributeError):
        return str(error.response.status_code)


def new_password() -> str:
    """A random password of letters and digits, 128 bits."""
    return secrets.token_hex(16)


def amqp_address(url: str, *, user: str | None = None, password: str | None = None, vhost: str | None = None) -> str:
    """The AMQP address with another user and password, or another virtual host."""
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    if user is not None:
        credentials = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    path = parts.path if vhost is None else "/" + quote(vhost, safe="")
    return urlunsplit((parts.scheme, f"{credentials}@{host}" if credentials else host, path, parts.query, ""))
