"""What stands on a broker for a province's review: the exchange of facts, its queues, their bindings, and the mark.

The same that the service would declare itself (`shared/runtime/topology.py`), declared through the management API: so
that from the moment of admission nothing that concerns the province goes by it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from services.review.handlers import table
from services.review.procedures import load
from shared.contracts.provinces import PROVINCE_EVENTS
from shared.runtime import topology
from shared.runtime.handlers import HandlerTable
from sihao.province.rights import Way
from sihao.rabbit_api import ManagementApi


@cache
def heard_by(area: str) -> HandlerTable:
    """What the review service of a province hears."""
    unopened: Any = None  # names are read off the table, nothing is routed
    return table(unopened, load(), (area,), area)


def queues_of(area: str) -> tuple[str, ...]:
    """Its queues where its service is connected, the dead-letter queue last."""
    heard = heard_by(area)
    return (*(subscription.queue for subscription in heard), topology.dead_queue_name(heard))


def from_the_centre(area: str) -> tuple[str, ...]:
    """Those of its queues that hear others; in the rest the province hears itself."""
    return tuple(s.queue for s in heard_by(area) if s.event not in PROVINCE_EVENTS)


def queues_at_the_centre(area: str, way: Way) -> tuple[str, ...]:
    """Its queues on the broker of the centre: of a linked one no more than a shovel fetches, or they would fill."""
    return queues_of(area) if way is Way.DIRECT else from_the_centre(area)


async def declare(api: ManagementApi, vhost: str, area: str, only: Sequence[str] = ()) -> None:
    """Have everything stand (or `only` these queues, without the mark); what stands stays as it is.

    Raises:
        httpx2.HTTPStatusError: a queue stands with other arguments, or the user may not do this.
    """
    heard, version = heard_by(area), await api.version()
    dead = topology.dead_exchange(heard)
    for exchange in (topology.EVENTS, dead):
        await _exchange(api, vhost, exchange.name, exchange.type.value)
    parked = topology.dead_queue(heard, version)
    await declare_queue(api, vhost, parked.name, parked.arguments or {}, {dead.name: [parked.name]})
    for subscription in heard:
        if not only or subscription.queue in only:
            declared = topology.event_queue(subscription, heard, version)
            bound = {topology.EVENTS.name: list(subscription.bindings)}
            await declare_queue(api, vhost, declared.name, declared.arguments or {}, bound)
    if not only:
        await _exchange(api, vhost, topology.mark_of(heard, ()), "direct")


async def _exchange(api: ManagementApi, vhost: str, name: str, kind: str) -> None:
    await api.put("exchanges", vhost, name, body={"type": kind, "durable": True, "auto_delete": False})


async def declare_queue(
    api: ManagementApi, vhost: str, name: str, arguments: Mapping[str, Any], bindings: Mapping[str, Sequence[str]]
) -> None:
    """Have a durable quorum queue stand, bound so."""
    body = {"durable": True, "auto_delete": False, "arguments": {**arguments, "x-queue-type": "quorum"}}
    await api.put("queues", vhost, name, body=body)
    for exchange, keys in bindings.items():
        for key in keys:
            await api.post("bindings", vhost, "e", exchange, "q", name, body={"routing_key": key, "arguments": {}})


async def take_away(api: ManagementApi, vhost: str, names: Sequence[str]) -> list[str]:
    """Remove queues that hold nothing; answers those that do, and stay."""
    held = []
    for name in names:
        found = await api.find("queues", vhost, name)
        if found is None:
            continue
        if found.get("messages", 0):
            held.append(name)
        else:
            await api.remove("queues", vhost, name)
    return held


async def unheard(api: ManagementApi, vhost: str, area: str) -> list[str]:
    """Events of a province that nobody hears at the centre: a shovel would lose them, since it does not ask.

    Facts that may go unheard are left out.
    """
    bound = await api.find("exchanges", vhost, topology.EVENTS.name, "bindings", "source") or []
    keys = {row["routing_key"] for row in bound if not str(row["destination"]).endswith(f".{area}")}
    wanted = [event for event in PROVINCE_EVENTS if not event.may_go_unheard]
    return [event.wire() for event in wanted if not keys & {f"{event.wire()}.#", f"{event.wire()}.{area}.#", "#"}]


async def unmark(api: ManagementApi, vhost: str, area: str) -> None:
    """Take away what says that everything stands, and the exchange of dead letters."""
    heard = heard_by(area)
    for name in (topology.mark_of(heard, ()), topology.dead_exchange(heard).name):
        await api.remove("exchanges", vhost, name)
