"""RabbitMQ's management API: virtual hosts, users and what they may do."""

import secrets
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx2

ALL = ".*"
NOTHING = "^$"


class TopicPermission(NamedTuple):
    """Regular expressions for the routing keys a user may publish with and bind to on one topic exchange."""

    write: str = NOTHING
    read: str = NOTHING


class RabbitApi:
    """The management API at an address with user and password: `http://user:password@host:15672`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.user = unquote(parts.username or "")
        self._auth = httpx2.BasicAuth(self.user, unquote(parts.password or ""))
        self._base = urlunsplit(
            (parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/") + "/api/", "", "")
        )

    async def answers(self) -> bool:
        """Whether the API is there and lets us in as somebody who may manage users."""
        try:
            me = await self.get("whoami")
        except httpx2.HTTPError:
            return False
        return "administrator" in me["tags"]

    async def listens(self, port: int) -> bool:
        """Whether the broker accepts connections on `port` by now."""
        try:
            await self.get("health", "checks", "port-listener", str(port))
        except httpx2.HTTPError:
            return False
        return True

    async def create_vhost(self, name: str) -> None:
        """Make a virtual host in which we may do everything."""
        await self._put("vhosts", name)
        await self._put("permissions", name, self.user, body={"configure": ALL, "write": ALL, "read": ALL})

    async def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with all its queues; its connections are closed."""
        await self._call("DELETE", "vhosts", name)

    async def create_user(
        self,
        name: str,
        *,
        password: str | None = None,
        vhost: str = "/",
        configure: str = NOTHING,
        write: str = NOTHING,
        read: str = NOTHING,
        topic_permissions: Mapping[str, TopicPermission] | None = None,
    ) -> str:
        """Make or change a user of one virtual host and return the password (a random one unless given).

        `configure`, `write` and `read` are regular expressions for names of queues and exchanges;
        `topic_permissions` maps names of topic exchanges to regular expressions for routing keys.
        """
        password = password or new_password()
        await self._put("users", name, body={"password": password, "tags": ""})
        await self._put("permissions", vhost, name, body={"configure": configure, "write": write, "read": read})
        for exchange, keys in (topic_permissions or {}).items():
            body = {"exchange": exchange, "write": keys.write, "read": keys.read}
            await self._put("topic-permissions", vhost, name, body=body)
        return password

    async def delete_user(self, name: str) -> None:
        """Remove a user; its connections are closed."""
        await self._call("DELETE", "users", name)

    async def get(self, *path: str) -> Any:
        """The JSON at a path, its words given one by one: `get("queues", vhost, name)`."""
        return (await self._call("GET", *path)).json()

    async def _put(self, *path: str, body: Mapping[str, str] | None = None) -> None:
        await self._call("PUT", *path, body=body or {})

    async def _call(self, method: str, *path: str, body: Mapping[str, str] | None = None) -> httpx2.Response:
        url = self._base + "/".join(quote(word, safe="") for word in path)
        async with httpx2.AsyncClient(auth=self._auth, trust_env=False, verify=_trusted(), timeout=10.0) as client:
            response = await client.request(method, url, json=body)
        return response.raise_for_status()


@cache
def _trusted() -> ssl.SSLContext:
    """Whom TLS trusts; read once, since it takes a tenth of a second."""
    return httpx2.create_ssl_context()


def new_password() -> str:
    """A random password of letters and digits."""
    return secrets.token_hex(16)


def amqp_address(url: str, *, user: str | None = None, password: str | None = None, vhost: str | None = None) -> str:
    """The AMQP address with another user and password, or another virtual host."""
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    if user is not None:
        credentials = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    path = parts.path if vhost is None else "/" + quote(vhost, safe="")
    return urlunsplit((parts.scheme, f"{credentials}@{host}" if credentials else host, path, parts.query, ""))
