"""On the broker: the virtual host, and one user per service with just its rights."""

from collections.abc import Mapping

from sihao.prepare.rights import rights_of
from sihao.rabbit_api import ALL, ManagementApi, Rights


async def prepare(api: ManagementApi, vhost: str, passwords: Mapping[str, str]) -> None:
    """Make or mend them; `passwords` are by service, which is also the user's name.

    Raises:
        httpx2.HTTPError: the management API does not answer, or its user may not do this.
    """
    await api.put("vhosts", vhost)
    await api.permit(vhost, api.user, Rights(ALL, ALL, ALL))
    for service, password in passwords.items():
        await api.set_password(service, password)
        await api.permit(vhost, service, rights_of(service))
