"""The management API of a broker of our own: also virtual hosts, which only developers make and unmake."""

from collections.abc import Mapping

import httpx2

from sihao.rabbit_api import (
    ALL,
    NOTHING,
    ManagementApi,
    Rights,
    TopicPermission,
    amqp_address,
    new_password,
)

__all__ = ["ALL", "NOTHING", "RabbitApi", "Rights", "TopicPermission", "amqp_address", "new_password"]


class RabbitApi(ManagementApi):
    """The management API at an address with an administrator: `http://user:password@host:15672`."""

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
        await self.put("vhosts", name)
        await self.permit(name, self.user, Rights(ALL, ALL, ALL))

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
        """Make or change a user of one virtual host and return the password (a random one unless given)."""
        password = password or new_password()
        await self.set_password(name, password)
        await self.permit(vhost, name, Rights(configure, write, read, topic_permissions or {}))
        return password

    async def delete_user(self, name: str) -> None:
        """Remove a user; its connections are closed."""
        await self._call("DELETE", "users", name)
