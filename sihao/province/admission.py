"""At the centre: a province's user, rights and queues, made, shown, renewed and taken away again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from shared.contracts.provinces import PROVINCE_EVENTS
from sihao.centre.signing import doubtful, signing
from sihao.limit import MESSAGES, POLICY, limit_queues
from sihao.province import topology
from sihao.province.join_file import JoinFile
from sihao.province.keys import Register, Told
from sihao.province.rights import EXCHANGE, Way, area_of, rights_of, user_of
from sihao.rabbit_api import ManagementApi, Rights, new_password

CONNECTIONS = 64
"""Connections that a province's user may have at the same time: two per process, one per shovel. Our default."""


@dataclass(frozen=True)
class Centre:
    """The broker of the centre, and what provinces are told about it."""

    api: ManagementApi
    """With an administrator."""
    vhost: str
    broker: str
    """Its address for provinces, without user."""
    review_url: str = ""
    ca: str = ""
    register: Register | None = None
    """Where keys are registered; None: nothing is told of keys."""


async def admit(
    centre: Centre, area: str, way: Way, *, now: datetime, secret: str | None = None
) -> tuple[JoinFile, Sequence[str]]:
    """Make everything stand for a province; repeated, it mends what has changed.

    `secret` keeps a password that the province has already; otherwise it gets a new one, and the old one is worth
    nothing. Answers the join file, and queues that this way of connecting does not use but that are not empty.

    Raises:
        httpx2.HTTPError: the management API does not answer, or its user may not do this.
    """
    held = await refresh(centre.api, centre.vhost, area, way)
    secret = secret or new_password()
    await centre.api.set_password(user_of(area, centre.vhost), secret)
    await permit(centre.api, centre.vhost, area, way)  # after the password, since it takes a user
    return await _join_file(centre, area, way, secret, now), held


async def refresh(api: ManagementApi, vhost: str, area: str, way: Way) -> Sequence[str]:
    """Have just the queues stand that this way of connecting uses; others that are not empty stay, and are named."""
    used = topology.queues_at_the_centre(area, way)
    await topology.declare(api, vhost, area, only=() if way is Way.DIRECT else used)
    dead = topology.queues_of(area)[-1]
    held = await topology.take_away(api, vhost, [n for n in topology.queues_of(area) if n not in (*used, dead)])
    if await api.find("operator-policies", vhost, POLICY) is None:
        await limit_queues(api, vhost, MESSAGES)
    return held


async def permit(api: ManagementApi, vhost: str, area: str, way: Way) -> None:
    """Give its user just these rights, whatever it had."""
    user = user_of(area, vhost)
    await api.permit(vhost, user, rights_of(area, way, topology.from_the_centre(area)))
    await api.put("user-limits", user, "max-connections", body={"value": CONNECTIONS})


async def _join_file(centre: Centre, area: str, way: Way, secret: str, now: datetime) -> JoinFile:
    told = await centre.register.told(area) if centre.register else Told()
    signs = await signing(centre.api, centre.vhost)
    return JoinFile(
        area=area,
        way=way,
        issued=now,
        broker=centre.broker,
        user=user_of(area, centre.vhost),
        secret=SecretStr(secret),
        exchange=EXCHANGE,
        queues=topology.queues_at_the_centre(area, way),
        hears=tuple(subscription.event.wire() for subscription in topology.heard_by(area)),
        announces=tuple(event.wire() for event in PROVINCE_EVENTS),
        unheard=tuple(await topology.unheard(centre.api, centre.vhost, area)),
        review_url=centre.review_url,
        keys=told.keys,
        centre_keys=dict(told.centre),
        unsigned=doubtful(signs, told.centre_kids if centre.register else None),
        ca=centre.ca,
    )


@dataclass(frozen=True)
class Admitted:
    """A province as the broker of the centre knows it."""

    area: str
    user: str
    way: Way | None
    """None if its rights are those of no way of connecting: they were changed, or come from another release."""
    connections: int
    waiting: Mapping[str, int]
    """Messages in each of its queues."""
    missing: Sequence[str]
    """Queues it should have."""
    unheard: Sequence[str]
    """What it may announce and nobody at the centre hears."""
    unsigned: Sequence[str] = ()
    """Services of the centre of which some process does not sign."""

    @property
    def sound(self) -> bool:
        """Whether rights and queues are as they should be."""
        return self.way is not None and not self.missing


async def way_of(api: ManagementApi, vhost: str, area: str) -> Way:
    """How a province connects by now; directly, if nothing else is known of it."""
    found = await look(api, vhost, area)
    return (found.way if found else None) or Way.DIRECT


async def admitted(api: ManagementApi, vhost: str) -> list[str]:
    """The areas that have a user here."""
    rows = await api.get("vhosts", vhost, "permissions")
    return sorted(area for row in rows if (area := area_of(row["user"], vhost)))


async def look(api: ManagementApi, vhost: str, area: str) -> Admitted | None:
    """A province as it stands; None if it has no user here."""
    user = user_of(area, vhost)
    given = await api.find("permissions", vhost, user)
    if given is None:
        return None
    topics = await api.get("topic-permissions", vhost, user)
    way = next((way for way in Way if _is(rights_of(area, way, topology.from_the_centre(area)), given, topics)), None)
    waiting: dict[str, int] = {}
    for name in topology.queues_of(area):
        if (queue := await api.find("queues", vhost, name)) is not None:
            waiting[name] = int(queue.get("messages", 0))
    wanted = topology.queues_at_the_centre(area, way or Way.LINKED)
    return Admitted(
        area=area,
        user=user,
        way=way,
        connections=len(await _connections(api, user)),
        waiting=waiting,
        missing=[name for name in wanted if name not in waiting],
        unheard=await topology.unheard(api, vhost, area),
        unsigned=doubtful(await signing(api, vhost), None),
    )


def _is(rights: Rights, given: Mapping[str, Any], topics: Sequence[Mapping[str, Any]]) -> bool:
    keys = {row["exchange"]: (row["write"], row["read"]) for row in topics}
    return (rights.configure, rights.write, rights.read) == (
        given["configure"],
        given["write"],
        given["read"],
    ) and keys == {exchange: tuple(permission) for exchange, permission in rights.topics.items()}


async def dismiss(api: ManagementApi, vhost: str, area: str, *, queues: bool) -> Sequence[str] | None:
    """Take a province's user away and close its connections; with `queues` also those of its queues that hold nothing.

    Answers the queues that stay; None if there was no such user. Repeating it does no harm.
    """
    user = user_of(area, vhost)
    known = await api.remove("users", user)
    await hang_up(api, user)
    held = await topology.take_away(api, vhost, topology.queues_of(area)) if queues else topology.queues_of(area)
    if queues and not held:
        await topology.unmark(api, vhost, area)
    return held if known else None


async def hang_up(api: ManagementApi, user: str) -> None:
    """Close the connections of a user: an open one goes on with the password it came with."""
    for name in await _connections(api, user):
        await api.remove("connections", name)


async def _connections(api: ManagementApi, user: str) -> list[str]:
    """The connections of a user, by the names that the broker has given them."""
    return [row["name"] for row in await api.get("connections") if row.get("user") == user]
