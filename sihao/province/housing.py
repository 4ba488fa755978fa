"""Whether the province's own house is in order: its store, the room on its disk, the file it was given."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI, OperationFailure, PyMongoError

from sihao.province.findings import Finding, failed, ok, warning
from sihao.province.join_file import readable_by_others

ROOM = 10
"""Gigabytes that should be free on the store's disk. Our default: a round of a large province takes about two."""
_GIGABYTE = 1_000_000_000
_MEMBERS = 3
_WITHIN_MS = 5000
_LOGIN_FAILED = 18
"""MongoDB's `AuthenticationFailed`."""


def file_is_private(path: Path) -> Finding:
    """Whether only its owner can read the join file."""
    if readable_by_others(path):
        return warning(
            "file",
            (f"{path} 其他用户也能读取，而其中有密码。", f"Others can read {path}, and it holds a password."),
            (f"请运行 chmod 600 {path}；用后删除。", f"Run chmod 600 {path}; delete it after use."),
        )
    return ok("file", "接入文件只有本人可读", "only its owner can read the join file")


async def store(mongo_url: str, database: str, *, room: int = ROOM) -> list[Finding]:
    """Whether the store answers, is a replica set, and has room."""
    try:
        hello, stats = await asyncio.to_thread(_ask, mongo_url, database)
    except (InvalidURI, ConfigurationError, ValueError):
        return [
            failed(
                "store",
                ("SIHAO_MONGO_URL 不是有效的地址。", "SIHAO_MONGO_URL is no valid address."),
                (
                    "应形如 mongodb://主机:27017/?replicaSet=名称。",
                    "It looks like mongodb://host:27017/?replicaSet=name.",
                ),
            )
        ]
    except OperationFailure as error:
        return [_refused(error, database)]
    except PyMongoError:
        return [
            failed(
                "store",
                ("本省数据库没有应答。", "The province's store does not answer."),
                ("请启动 MongoDB，并核对 SIHAO_MONGO_URL。", "Start MongoDB, and check SIHAO_MONGO_URL."),
            )
        ]
    return [_members(hello), _room(stats, room)]


def _ask(mongo_url: str, database: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url, serverSelectionTimeoutMS=_WITHIN_MS)
    with client:
        hello, stats = client.admin.command("hello"), client.get_database(database).command("dbStats")
        if not stats.get("fsTotalSize"):  # a database in which nothing was written yet knows no disk
            with suppress(OperationFailure):  # nor need its user know another
                stats = client.admin.command("dbStats")
        return hello, stats


def _refused(error: OperationFailure, database: str) -> Finding:
    if error.code == _LOGIN_FAILED:
        return failed(
            "store",
            ("数据库账号或密码不被接受。", "The store does not accept the user or its password."),
            ("请核对 SIHAO_MONGO_URL。", "Check SIHAO_MONGO_URL."),
        )
    return failed(
        "store",
        (f"该账号不得使用数据库 {database}。", f"The user may not use the database {database}."),
        (f"请授予 {database} 的 readWrite 角色。", f"Grant it the role readWrite on {database}."),
    )


def _members(hello: Mapping[str, Any]) -> Finding:
    members = len(hello.get("hosts", ()))
    if "setName" not in hello:
        return failed(
            "store",
            ("数据库不是副本集。", "The store is no replica set."),
            (
                "请以 --replSet 启动 mongod 并运行 rs.initiate()；生产环境应有三个成员。",
                "Start mongod with --replSet and run rs.initiate(); in production with three members.",
            ),
        )
    if members < _MEMBERS:
        return warning(
            "store",
            (f"副本集只有 {members} 个成员，坏一台即停。", f"The replica set has {members} member(s): none may fail."),
            ("试用可以；生产环境请配三个成员。", "Good enough to try; use three in production."),
        )
    return ok("store", f"副本集有 {members} 个成员", f"the store is a replica set of {members}")


def _room(stats: Mapping[str, Any], room: int) -> Finding:
    if not stats.get("fsTotalSize"):
        return warning(
            "disk",
            ("数据库尚无数据，磁盘余量未知。", "Nothing was written to the database yet, so its disk is not known."),
            ("请自行查看余量；服务启动后可再次运行。", "Look at the disk yourself, or run this again after the start."),
        )
    free = (stats.get("fsTotalSize", 0) - stats.get("fsUsedSize", 0)) / _GIGABYTE
    if free < room:
        return failed(
            "disk",
            (
                f"数据库所在磁盘只剩 {free:.0f} GB，应有 {room} GB。",
                f"{free:.0f} GB are free on the store's disk; {room} GB are wanted.",
            ),
            ("请扩充磁盘，或用 --room 说明本省所需更少。", "Enlarge the disk, or say with --room that less will do."),
        )
    return ok("disk", f"数据库所在磁盘有 {free:.0f} GB 可用", f"{free:.0f} GB are free on the store's disk")
