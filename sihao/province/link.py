"""On the province's own broker: shovels to the centre and back, so that its service works on through an outage.

Up goes one queue that hears what the province announces in its own area; down come the centre's queues that hear
others. No event is on both lists, so nothing goes round in circles. A shovel takes a message off its queue only when
the other broker has confirmed it (`on-confirm`), and changes nothing about it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from yarl import URL

from shared.contracts.provinces import PROVINCE_EVENTS
from shared.runtime import topology as runtime
from sihao.province import topology
from sihao.province.join_file import JoinFile
from sihao.province.rights import EXCHANGE, SERVICE, Way, rights_of
from sihao.rabbit_api import ManagementApi, new_password

_PREFETCH = 500
"""Messages on their way in one shovel. Our default."""
_RECONNECT = 2
"""Seconds between two tries to connect. Our default."""
_EVERYBODY = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian keeps the authorities that everybody trusts."""
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Own:
    """The province's own broker."""

    api: ManagementApi
    """With an administrator."""
    vhost: str
    ca_file: str = ""
    """Where, on the broker's machine, the certificates of the authority lie behind the centre's broker."""


def up_queue(area: str) -> str:
    """What waits to go up: `sihao.up.35`."""
    return f"sihao.up.{area}"


def shovels(join: JoinFile, own: Own) -> dict[str, dict[str, Any]]:
    """The shovels, by name."""
    here, there = f"amqp:///{quote(own.vhost, safe='')}", _there(join, own.ca_file)
    common = {
        "src-protocol": "amqp091",
        "dest-protocol": "amqp091",
        "dest-exchange": EXCHANGE,
        "dest-add-forward-headers": False,
        "ack-mode": "on-confirm",
        "src-prefetch-count": _PREFETCH,
        "reconnect-delay": _RECONNECT,
        "src-delete-after": "never",
    }
    up = {**common, "src-uri": here, "src-queue": up_queue(join.area), "dest-uri": there}
    down = {
        f"sihao-{join.area}-down-{queue.removeprefix(f'{SERVICE}.').removesuffix(f'.{join.area}')}": {
            **common,
            "src-uri": there,
            "src-queue": queue,
            "dest-uri": here,
        }
        for queue in topology.from_the_centre(join.area)
    }
    return {f"sihao-{join.area}-up": up, **down}


def _there(join: JoinFile, ca_file: str) -> str:
    """The centre's broker as a shovel is told it, its certificate verified."""
    url = URL(join.amqp_url()).update_query(heartbeat="6", connection_timeout="5000")
    if url.scheme == "amqps":
        url = url.update_query(
            cacertfile=ca_file or _EVERYBODY,
            verify="verify_peer",
            depth="3",
            server_name_indication=url.host or "",
        )
    return str(url)


async def link(join: JoinFile, own: Own) -> str:
    """Have everything stand on the province's broker; answers the password of its service's user, made anew.

    The queues first: what a shovel brings before somebody listens would be lost.

    Raises:
        httpx2.HTTPError: the management API does not answer, its user may not do this, or has no shovels.
    """
    api, vhost, area = own.api, own.vhost, join.area
    await topology.declare(api, vhost, area)
    bound = [f"{event.wire()}.{area}.#" for event in PROVINCE_EVENTS]
    no_limit = dict(runtime.dead_queue(topology.heard_by(area), await api.version()).arguments or {})
    await topology.declare_queue(
        api, vhost, up_queue(area), {**no_limit, "x-overflow": "reject-publish"}, {EXCHANGE: bound}
    )
    password = new_password()
    await api.set_password(service_user(area), password)
    await api.permit(vhost, service_user(area), rights_of(area, Way.DIRECT, ()))
    for name, told in shovels(join, own).items():
        await api.put("parameters", "shovel", vhost, name, body={"value": told})
    return password


def service_user(area: str) -> str:
    """The user of the province's review service on the province's broker."""
    return f"{SERVICE}-{area}"


async def unlink(area: str, own: Own) -> list[str]:
    """Take the shovels away; queues stay with what is in them. Answers what was taken."""
    rows = await own.api.find("parameters", "shovel", own.vhost) or []
    gone = [str(row["name"]) for row in rows if str(row["name"]).startswith(f"sihao-{area}-")]
    for name in gone:
        await own.api.remove("parameters", "shovel", own.vhost, name)
    return gone


async def states(own: Own, area: str) -> Mapping[str, str]:
    """How the shovels are: `running`, `starting` or `terminated`, by name."""
    rows = await own.api.find("shovels", own.vhost) or []
    return {row["name"]: row["state"] for row in rows if str(row["name"]).startswith(f"sihao-{area}-")}


async def until_running(join: JoinFile, own: Own, *, within: float) -> Mapping[str, str]:
    """Wait until all of them run, or so many seconds; answers how they are."""
    wanted = shovels(join, own)
    deadline = asyncio.get_running_loop().time() + within
    while True:
        found = {**dict.fromkeys(wanted, "missing"), **await states(own, join.area)}
        if set(found.values()) == {"running"} or asyncio.get_running_loop().time() > deadline:
            return found
        await asyncio.sleep(_LOOK_EVERY)
