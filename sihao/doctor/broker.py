"""The broker: is it reached and without alarm, does everything stand that is needed, could it drop a message?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from yarl import URL

from shared.runtime.limits import effective_limit
from shared.runtime.mongo import Database
from shared.runtime.probe import LoginRefused, NoConnection, NoSuchPlace, probing
from shared.runtime.topology import EVENTS, dead_exchange, dead_queue_name
from sihao.doctor.place import Named
from sihao.province.findings import Finding, failed, ok, skipped, warning
from sihao.rabbit_api import ManagementApi
from sihao.services import restorable

_OLDEST = (3, 10)
"""The oldest RabbitMQ that the platform is tested with."""
_DISK = 3
"""A disk with less than so many times the limit at which the broker stops everybody is told of. Our default."""
_DEEP = 100_000
"""A queue with more is told of. Our default."""
_SHOWN = 5
_STATISTICS = 6.0
"""Seconds after which the broker has counted anew: of a service that has just begun it tells no consumers before."""


@dataclass(frozen=True)
class Wanted:
    """What must stand on the broker for the services that were named."""

    queues: tuple[str, ...]
    exchanges: tuple[str, ...]


def wanted(names: Sequence[Named]) -> Wanted:
    """The queues and exchanges of these services."""
    queues: list[str] = []
    exchanges = [EVENTS.name]
    database = Database("mongodb://nowhere.invalid", "none")  # a table is looked at; nothing is asked
    try:
        for one in names:
            table = restorable(one.service, database, areas=one.areas, site="").table
            queues += [*(subscription.queue for subscription in table), dead_queue_name(table)]
            exchanges.append(dead_exchange(table).name)
    finally:
        database.close()
    return Wanted(tuple(dict.fromkeys(queues)), tuple(dict.fromkeys(exchanges)))


async def reach(amqp_url: str) -> Finding:
    """Whether the broker lets this user in."""
    host = URL(amqp_url).host
    try:
        async with probing(amqp_url) as probe:
            return ok(
                "broker", f"已连上消息队列 {host}（{probe.version}）", f"the broker {host} answers ({probe.version})"
            )
    except LoginRefused:
        return failed(
            "broker",
            ("消息队列不接受该账号或密码。", "The broker does not accept the user or its password."),
            ("请核对 SIHAO_AMQP_URL。", "Check SIHAO_AMQP_URL."),
        )
    except NoSuchPlace:
        return failed(
            "broker",
            ("虚拟主机不存在，或该账号不得进入。", "There is no such virtual host, or the user may not enter it."),
            ("请核对 SIHAO_AMQP_URL 的末段。", "Check the last part of SIHAO_AMQP_URL."),
        )
    except NoConnection as error:
        return failed(
            "broker",
            (f"消息队列 {host} 没有应答。", f"The broker {host} does not answer ({type(error).__name__})."),
            ("请启动 RabbitMQ，检查地址、端口与防火墙。", "Start RabbitMQ; check address, port and firewall."),
        )


async def look(api_url: str, amqp_url: str, names: Sequence[Named]) -> list[Finding]:
    """What the management API tells, judged."""
    api, vhost = ManagementApi(api_url), URL(amqp_url).path[1:] or "/" if amqp_url else "/"
    try:
        version = await api.version()
        nodes = await api.get("nodes")
        queues = await _counted(api, vhost)
        if _unheard(needed := wanted(names), queues):
            await asyncio.sleep(_STATISTICS)
            queues = await _counted(api, vhost)
        exchanges = {one["name"] for one in await api.get("exchanges", vhost)}
    except httpx2.HTTPStatusError as error:
        code = error.response.status_code
        return [
            failed(
                "broker.api",
                (f"管理接口拒绝（{code}）。", f"The management API refuses ({code})."),
                ("账号须有 monitoring 标签。", "Its user needs the tag monitoring."),
            )
        ]
    except httpx2.HTTPError as error:
        return [
            failed(
                "broker.api",
                ("管理接口没有应答。", f"The management API does not answer ({type(error).__name__})."),
                ("请启用 rabbitmq_management，核对 SIHAO_RABBIT_API_URL。", "Enable it; check SIHAO_RABBIT_API_URL."),
            )
        ]
    return [
        judge_version(version),
        *judge_nodes(nodes),
        *(judge_topology(needed, queues, exchanges) if names else [_nothing_named()]),
        *judge_limits(needed, queues, version),
        *judge_queues(needed, queues),
    ]


async def _counted(api: ManagementApi, vhost: str) -> Mapping[str, Any]:
    return {one["name"]: one for one in await api.get("queues", vhost)}


def _unheard(needed: Wanted, queues: Mapping[str, Any]) -> list[str]:
    return [name for name in needed.queues if name in queues and not queues[name].get("consumers")]


def _nothing_named() -> Finding:
    return skipped(
        "topology", "未列出服务（SIHAO_SERVICES、SIHAO_DATABASES），未查队列", "no services named; queues not checked"
    )


def judge_version(version: str) -> Finding:
    """Whether this release of the broker is one the platform is tested with."""
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        return failed(
            "broker.version",
            (f"RabbitMQ {version} 过旧。", f"RabbitMQ {version} is too old."),
            ("请升级到 3.10 或更新。", "Upgrade to 3.10 or newer."),
        )
    return ok("broker.version", f"RabbitMQ {version} 适用", f"RabbitMQ {version} will do")


def judge_nodes(nodes: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Whether a node is down, in alarm, or short of disk."""
    found = []
    for node in nodes:
        name = str(node["name"])
        if not node.get("running"):
            found.append(
                failed(
                    "broker.node",
                    (f"节点 {name} 未运行。", f"The node {name} is not running."),
                    ("请启动该节点；多数节点在时队列仍可用。", "Start it; queues work while a majority runs."),
                )
            )
            continue
        for alarm, zh, en in (("mem_alarm", "内存", "memory"), ("disk_free_alarm", "磁盘", "disk")):
            if node.get(alarm):
                found.append(
                    failed(
                        "broker.alarm",
                        (f"节点 {name} {zh}告警，已停止接收。", f"The node {name} is in {en} alarm: it takes nothing."),
                        (
                            "请释放或扩充；恢复后各服务自动补发。",
                            "Free or add some; the services send by themselves then.",
                        ),
                    )
                )
        limit, free = int(node.get("disk_free_limit") or 0), int(node.get("disk_free") or 0)
        if not node.get("disk_free_alarm") and free < _DISK * limit:
            found.append(
                warning(
                    "broker.disk",
                    (
                        f"节点 {name} 磁盘剩 {free / 1e9:.1f} GB，告警线 {limit / 1e9:.1f} GB。",
                        f"The node {name} has {free / 1e9:.1f} GB free; it stops at {limit / 1e9:.1f} GB.",
                    ),
                    (
                        "请扩充磁盘，或缩短归档（SIHAO_ARCHIVE_BYTES）。",
                        "Enlarge it, or keep less (SIHAO_ARCHIVE_BYTES).",
                    ),
                )
            )
    return found or [ok("broker.nodes", f"{len(nodes)} 个节点均正常", f"{len(nodes)} node(s), no alarm")]


def judge_topology(needed: Wanted, queues: Mapping[str, Any], exchanges: set[str]) -> list[Finding]:
    """Whether every exchange and queue stands, and every queue is heard."""
    found = []
    if missing := [name for name in (*needed.exchanges, *needed.queues) if name not in exchanges | queues.keys()]:
        found.append(
            failed(
                "topology",
                (f"缺少：{_some(missing, '、')}。", f"Missing: {_some(missing, ', ')}."),
                ("请启动所属服务，它会自行建立。", "Start the service they belong to; it declares them."),
            )
        )
    if silent := _unheard(needed, queues):
        found.append(
            failed(
                "topology.consumers",
                (f"无人接收的队列：{_some(silent, '、')}。", f"Nobody hears these queues: {_some(silent, ', ')}."),
                ("请启动或重启所属服务，查看 /startupz。", "Start or restart their service; see its /startupz."),
            )
        )
    other = [name for name in needed.queues if name in queues and queues[name].get("type") != "quorum"]
    if other:
        found.append(
            failed(
                "topology.type",
                (f"不是仲裁队列：{_some(other, '、')}。", f"These are no quorum queues: {_some(other, ', ')}."),
                ("请排空、删除后重启服务。", "Drain and delete them, and start the service again."),
            )
        )
    count = len(needed.queues)
    return found or [ok("topology", f"{count} 个队列齐备并有人接收", f"{count} queues stand and are heard")]


def judge_limits(needed: Wanted, queues: Mapping[str, Any], version: str) -> list[Finding]:
    """Whether a delivery limit could drop good messages, and whether the length of queues is limited at all."""
    found, major = [], int(version.partition(".")[0])
    ours = [queues[name] for name in needed.queues if name in queues]
    if dropping := [one["name"] for one in ours if effective_limit(one, major) is not None]:
        found.append(
            failed(
                "policies.delivery-limit",
                (
                    f"有投递上限，会丢消息：{_some(dropping, '、')}。",
                    f"A limit drops messages: {_some(dropping, ', ')}.",
                ),
                ("请设策略 delivery-limit=-1。", "Set a policy delivery-limit=-1."),
            )
        )
    unlimited = [one["name"] for one in ours if not one["name"].startswith("dead.") and not _length(one)]
    if unlimited:
        found.append(
            warning(
                "policies.length",
                (f"{len(unlimited)} 个队列长度不限，可能写满磁盘。", f"{len(unlimited)} queues may fill the disk."),
                ("请运行 sihao limit。", "Run sihao limit."),
            )
        )
    if not ours:
        return []
    return found or [ok("policies", "无投递上限，队列长度有限", "no delivery limit; queues are limited in length")]


def _length(queue: Mapping[str, Any]) -> bool:
    policy = queue.get("effective_policy_definition") or {}
    return "max-length" in policy or "x-max-length" in queue.get("arguments", {})


def judge_queues(needed: Wanted, queues: Mapping[str, Any]) -> list[Finding]:
    """Whether messages pile up."""
    deep = {n: int(queues[n].get("messages") or 0) for n in needed.queues if n in queues}
    piled = [f"{name} {count}" for name, count in deep.items() if count > _DEEP]
    if piled:
        return [
            warning(
                "queues",
                (f"积压：{_some(piled, '、')}。", f"Messages pile up: {_some(piled, ', ')}."),
                ("请看所属服务是否跟得上，必要时增加副本。", "See whether the service keeps up; add replicas."),
            )
        ]
    return [ok("queues", f"共 {sum(deep.values())} 条等待", f"{sum(deep.values())} messages waiting")] if deep else []


def _some(names: Sequence[str], comma: str) -> str:
    more = f"{comma}… ({len(names)})" if len(names) > _SHOWN else ""
    return comma.join(names[:_SHOWN]) + more
