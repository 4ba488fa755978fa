"""Where a province's standing is read: the management API at the centre; at the province its broker and its service."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from shared.runtime.estimate import Estimate, Progress, estimate
from shared.runtime.probe import NoConnection, Probe, probing
from sihao.province import topology
from sihao.province.admission import admitted
from sihao.province.rights import user_of
from sihao.province.standing import Line, Standing
from sihao.rabbit_api import ManagementApi

_WITHIN = 3.0
"""Seconds for the service's own answer. Our default."""


async def at_centre(
    api: ManagementApi, vhost: str, areas: Sequence[str], progress: Mapping[str, Progress]
) -> list[Standing]:
    """These provinces, as the broker of the centre sees them; all that were admitted if none is named.

    Of every queue that is not empty the oldest message is looked at and put back.
    """
    rows = {row["name"]: row for row in await api.get("queues", vhost)}
    connections = await api.get("connections")
    known = await admitted(api, vhost)
    found = []
    for area in areas or known:
        own = [rows[name] for name in topology.queues_of(area) if name in rows]
        since = [row["connected_at"] for row in connections if row.get("user") == user_of(area, vhost)]
        found.append(await _seen(api, vhost, area, own, since, progress.get(area)))
    return found


async def _seen(  # noqa: PLR0917 - what one answer is made of
    api: ManagementApi,
    vhost: str,
    area: str,
    rows: Sequence[Mapping[str, Any]],
    connected: Sequence[int],
    progress: Progress | None,
) -> Standing:
    dead_queue = topology.queues_of(area)[-1]
    heard = [row for row in rows if row["name"] != dead_queue]
    queues = {row["name"]: int(row.get("messages", 0)) for row in heard if row.get("messages")}
    waiting, now = sum(queues.values()), datetime.now(UTC)
    changes = [row["messages_details"]["rate"] for row in heard if "messages_details" in row]
    oldest = min(filter(None, await asyncio.gather(*(_head(api, vhost, name) for name in queues))), default=None)
    consumed = any(row.get("consumers") for row in heard)
    line = Line.DOWN if not connected else Line.UP if consumed else Line.IDLE
    since = datetime.fromtimestamp(min(connected) / 1000, UTC) if connected else oldest
    if progress is None:
        found = estimate(waiting, -sum(changes) if changes else None, now)
    else:
        found = _watched(progress, waiting, now)
    return Standing(
        area=area,
        line=line,
        since=since,
        waiting=waiting,
        queues=queues,
        oldest=oldest,
        rate=found.rate,
        ends=found.ends if waiting else None,
        trend=found.trend,
        dead=next((int(row.get("messages", 0)) for row in rows if row["name"] == dead_queue), None),
    )


def _watched(progress: Progress, waiting: int, now: datetime) -> Estimate:
    progress.see(waiting, asyncio.get_running_loop().time())
    return progress.estimate(now)


async def _head(api: ManagementApi, vhost: str, queue: str) -> datetime | None:
    """Of when the oldest message in a queue is."""
    try:
        found = await api.peek(vhost, queue)
    except httpx2.HTTPStatusError:  # the administrator may manage and not read
        return None
    if found is None:
        return None
    written = found["properties"].get("headers", {}).get("ce-time")
    try:
        told = datetime.fromisoformat(written) if written else None
    except ValueError:
        told = None
    seconds = found["properties"].get("timestamp")
    if told is None and seconds is not None:
        told = datetime.fromtimestamp(seconds, UTC)
    return told if told is None or told.tzinfo else told.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Home:
    """A province's review service, as its settings describe it."""

    area: str
    amqp_url: str
    link_queue: str = ""
    """What waits to go up, if it has a broker of its own."""
    service_url: str = ""
    """Where its service answers; empty: not known."""

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Home":
        """Read from the settings of the service.

        Raises:
            KeyError: one that it needs is missing.
        """
        host, port = settings.get("SIHAO_HOST", "127.0.0.1"), settings.get("SIHAO_PORT", "8000")
        link, url = settings.get("SIHAO_LINK_QUEUE", ""), f"http://{host}:{port}"
        return cls(settings["SIHAO_AREAS"].partition(",")[0], settings["SIHAO_AMQP_URL"], link, url)


async def at_province(home: Home, progress: Progress) -> Standing:
    """The province as it sees itself: its queues on the broker that its service uses, and what the service says.

    Raises:
        LoginRefused, NoSuchPlace: the settings are not those of the broker.
    """
    told = await _metrics(home.service_url) if home.service_url else {}
    dead = told.get("sihao_dead_letters")
    behind = next(
        (name.partition(":")[2] for name, on in told.items() if name.startswith("sihao_behind:") and on), None
    )
    now = datetime.now(UTC)
    age = told.get("sihao_catching_up_oldest_seconds")
    oldest = datetime.fromtimestamp(now.timestamp() - age, UTC) if age else None
    try:
        async with probing(home.amqp_url) as probe:
            queues, consumed = await _queues(probe, home.area)
            up = await probe.look(home.link_queue) if home.link_queue else None
    except NoConnection:
        return Standing(area=home.area, line=Line.DOWN, waiting=0, trend="unknown", dead=_count(dead), behind=behind)
    waiting = sum(queues.values()) + int(told.get("sihao_catching_up_waiting", 0) if not queues else 0)
    progress.see(waiting, asyncio.get_running_loop().time())
    found = progress.estimate(now)
    linked = up is None or up.consumers > 0
    return Standing(
        area=home.area,
        line=Line.DOWN if not linked else Line.UP if consumed else Line.IDLE,
        waiting=waiting,
        queues=queues,
        oldest=oldest if waiting else None,
        rate=found.rate,
        ends=found.ends if waiting else None,
        trend=found.trend,
        going_up=up.waiting if up else None,
        dead=_count(dead),
        behind=behind,
    )


async def _queues(probe: Probe, area: str) -> tuple[dict[str, int], bool]:
    """Those that are not empty, and whether any is consumed."""
    looks = {name: await probe.look(name) for name in topology.queues_of(area)[:-1]}
    found = {name: look for name, look in looks.items() if look}
    return {name: look.waiting for name, look in found.items() if look.waiting}, any(
        look.consumers for look in found.values()
    )


async def _metrics(url: str) -> dict[str, float]:
    """What the service says of itself, with the label behind a colon; nothing if it does not answer."""
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=_WITHIN) as client:
            answer = (await client.get(f"{url}/metrics")).raise_for_status()
    except httpx2.HTTPError:
        return {}
    samples = (sample for family in text_string_to_metric_families(answer.text) for sample in family.samples)
    return {":".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def _count(value: float | None) -> int | None:
    return None if value is None else int(value)
