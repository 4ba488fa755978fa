"""The store: is it there, does a majority stand, are the indexes there, does anything wait in outboxes or aside?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI, OperationFailure, PyMongoError

from shared.runtime.dead import COLLECTION, OPEN_BY_CODE, WAITED
from sihao.doctor.place import Named
from sihao.province.findings import Finding, failed, ok, skipped, warning
from sihao.services import KINDS

_WITHIN_MS = 5000
_MEMBERS = 3
_ROOM = 5
"""Gigabytes that should be free on the store's disk. Our default."""
_LATE = timedelta(minutes=1)
"""A fact that waits longer is told of; the same as `/readyz` says."""


@dataclass(frozen=True)
class StoreFacts:
    """What the server says of itself."""

    hello: Mapping[str, Any]
    members: Sequence[Mapping[str, Any]] | None
    """As `replSetGetStatus` tells; None if the user may not ask."""
    free: float
    """Gigabytes."""
    asked: tuple[datetime, datetime]
    """Before and after it told its time."""


@dataclass(frozen=True)
class DatabaseFacts:
    """What lies in the database of one service."""

    name: str
    """The service."""
    indexes: Mapping[str, frozenset[tuple[str, ...]]]
    """By collection: the fields of each index."""
    oldest: datetime | None
    """When the oldest unsent fact entered its outbox."""
    letters: Mapping[str, int]
    """Dead letters by code."""


async def look(mongo_url: str, databases: Sequence[Named]) -> tuple[list[Finding], timedelta | None]:
    """What is found, and how far the store's clock is off ours."""
    try:
        facts, each = await asyncio.to_thread(_gather, mongo_url, databases)
    except (InvalidURI, ConfigurationError, ValueError):
        return [_no_address()], None
    except OperationFailure as error:
        return [_refused(error)], None
    except PyMongoError as error:
        return [_away(error)], None
    findings = [judge_replica(facts), *judge_majority(facts), judge_room(facts)]
    if not databases:
        findings.append(skipped("indexes", "未列出数据库（SIHAO_DATABASES）", "no databases named (SIHAO_DATABASES)"))
    for one in each:
        findings += [judge_indexes(one), judge_outbox(one, datetime.now(UTC)), judge_letters(one)]
    before, after = facts.asked
    there = facts.hello["localTime"].replace(tzinfo=UTC)
    return findings, there - (before + (after - before) / 2)


def _gather(mongo_url: str, databases: Sequence[Named]) -> tuple[StoreFacts, list[DatabaseFacts]]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url, serverSelectionTimeoutMS=_WITHIN_MS, tz_aware=True)
    with client:
        client.admin.command("ping")
        before = datetime.now(UTC)
        hello = client.admin.command("hello")
        after = datetime.now(UTC)
        try:
            members = client.admin.command("replSetGetStatus")["members"]
        except OperationFailure:
            members = None
        stats = client.get_database(databases[0].value if databases else "admin").command("dbStats")
        free = (stats.get("fsTotalSize", 0) - stats.get("fsUsedSize", 0)) / 1e9
        facts = StoreFacts(hello, members, free, (before, after))
        return facts, [_database(client, one) for one in databases]


def _database(client: MongoClient[dict[str, Any]], one: Named) -> DatabaseFacts:
    database = client.get_database(one.value)
    indexes, oldest = {}, None
    for kind in KINDS[one.service]:
        collection = database.get_collection(kind.collection)
        found = collection.index_information().values()
        indexes[kind.collection] = frozenset(tuple(field for field, _ in index["key"]) for index in found)
        waiting = collection.find({"outbox.routing_key": {"$exists": True}}, {"outbox.entered": 1}).limit(1000)
        entered = [fact["entered"] for document in waiting for fact in document["outbox"]]
        oldest = min((at for at in (oldest, *entered) if at is not None), default=None)
    rows = database.get_collection(COLLECTION).aggregate(list(OPEN_BY_CODE))
    letters = {row["_id"]: row["n"] for row in rows}
    return DatabaseFacts(one.name, indexes, oldest, letters)


def _no_address() -> Finding:
    return failed(
        "store",
        ("SIHAO_MONGO_URL 不是有效的地址。", "SIHAO_MONGO_URL is no valid address."),
        ("应形如 mongodb://主机:27017/?replicaSet=名称。", "It looks like mongodb://host:27017/?replicaSet=name."),
    )


def _refused(error: OperationFailure) -> Finding:
    return failed(
        "store",
        (f"数据库拒绝（{error.code}）。", f"The store refuses (code {error.code})."),
        ("请核对账号，并授予各库 readWrite。", "Check the user; grant it readWrite on each database."),
    )


def _away(error: PyMongoError) -> Finding:
    return failed(
        "store",
        ("数据库没有应答。", f"The store does not answer ({type(error).__name__})."),
        ("请启动 MongoDB，检查地址与网络；恢复前不丢数据。", "Start MongoDB; check the way there. Nothing is lost."),
    )


def judge_replica(facts: StoreFacts) -> Finding:
    """Whether it is a replica set that survives the loss of a member."""
    members = len(facts.hello.get("hosts", ()))
    if "setName" not in facts.hello:
        return failed(
            "store.replica",
            ("数据库不是副本集。", "The store is no replica set."),
            ("以 --replSet 启动并运行 rs.initiate()。", "Start mongod with --replSet and run rs.initiate()."),
        )
    if members < _MEMBERS:
        return warning(
            "store.replica",
            (f"副本集只有 {members} 个成员，坏一台即停。", f"The replica set has {members} member(s): none may fail."),
            ("试用可以；生产环境请配三个成员。", "Good enough to try; use three in production."),
        )
    return ok("store.replica", f"副本集有 {members} 个成员", f"a replica set of {members}")


def judge_majority(facts: StoreFacts) -> list[Finding]:
    """Whether a majority of the members is well: without it nothing can be written."""
    if facts.members is None:
        return [skipped("store.majority", "账号无权查看副本集状态", "the user may not see the set's status")]
    well = [one for one in facts.members if one.get("health") == 1 and one.get("state") in (1, 2, 7)]
    primary = any(one.get("state") == 1 for one in well)
    ill = [str(one["name"]) for one in facts.members if one not in well]
    if not primary or len(well) * 2 <= len(facts.members):
        return [
            failed(
                "store.majority",
                ("副本集没有多数，不能写入。", "The set has no majority: nothing can be written."),
                (f"请启动 {'、'.join(ill) or '主节点'}。", f"Start {', '.join(ill) or 'the primary'}."),
            )
        ]
    if ill:
        return [
            warning(
                "store.majority",
                (f"成员异常：{'、'.join(ill)}。", f"Members that are not well: {', '.join(ill)}."),
                ("仍可写入；请尽快修复。", "Writing goes on; mend them soon."),
            )
        ]
    return [ok("store.majority", "各成员正常", "all members are well")]


def judge_room(facts: StoreFacts) -> Finding:
    """Whether the disk has room."""
    if facts.free < _ROOM:
        return warning(
            "store.disk",
            (f"数据库磁盘只剩 {facts.free:.1f} GB。", f"{facts.free:.1f} GB are free on the store's disk."),
            (f"请扩充，应有 {_ROOM} GB。", f"Enlarge it; {_ROOM} GB are wanted."),
        )
    return ok("store.disk", f"磁盘有 {facts.free:.0f} GB 可用", f"{facts.free:.0f} GB free")


def judge_indexes(facts: DatabaseFacts) -> Finding:
    """Whether every index of the service stands."""
    code, service = f"indexes.{facts.name}", facts.name.partition("-")[0]
    missing = [
        f"{kind.collection}({', '.join(fields)})"
        for kind in KINDS[service]
        for fields in [*(index.fields for index in kind.indexes), ("due",), ("outbox.routing_key", "outbox.at")]
        if tuple(fields) not in facts.indexes[kind.collection]
    ]
    if missing:
        return failed(
            code,
            (f"{facts.name} 缺索引 {len(missing)} 个。", f"{facts.name} lacks {len(missing)} indexes: {missing[0]} …"),
            (
                "请（重新）启动该服务，它会建立；库名也请核对。",
                "(Re)start the service, which makes them; check the name.",
            ),
        )
    return ok(code, f"{facts.name} 索引齐备", f"the indexes of {facts.name} stand")


def judge_outbox(facts: DatabaseFacts, now: datetime) -> Finding:
    """Whether facts wait unsent."""
    code = f"outbox.{facts.name}"
    if facts.oldest and now - facts.oldest > _LATE:
        seconds = f"{(now - facts.oldest).total_seconds():.0f}"
        return warning(
            code,
            (f"{facts.name} 有事实 {seconds} 秒未能发出。", f"A fact of {facts.name} has waited for {seconds} s."),
            (
                "消息队列是否正常？账号可写该路由键？收听的服务是否启动过？",
                "Is the broker up? May the user write that key? Was the service that hears it ever started?",
            ),
        )
    return ok(code, f"{facts.name} 发件箱无积压", f"nothing waits in the outbox of {facts.name}")


def judge_letters(facts: DatabaseFacts) -> Finding:
    """Whether dead letters wait for a person."""
    code = f"dead.{facts.name}"
    waiting = {reason: count for reason, count in facts.letters.items() if reason != WAITED}
    if waiting:
        told = ", ".join(f"{reason} {count}" for reason, count in sorted(waiting.items()))
        return warning(
            code,
            (f"{facts.name} 有死信：{told}。", f"{facts.name} has dead letters: {told}."),
            ("请看 sihao dead list，修复后 sihao dead replay。", "See sihao dead list; mend, then sihao dead replay."),
        )
    return ok(code, f"{facts.name} 没有死信", f"{facts.name} has no dead letters")
