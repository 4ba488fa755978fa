"""The services: do they answer and work, do they run the same release, do they speak the same contracts?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from shared.runtime.release import RELEASE, contracts_digest
from sihao.doctor.place import Named
from sihao.province.findings import Finding, failed, ok, warning

_WITHIN = 5.0


@dataclass(frozen=True)
class ServiceFacts:
    """What one service says of itself."""

    name: str
    url: str
    work: Mapping[str, Any] | None
    """As `/startupz` tells; None if it does not answer."""
    release: str = ""
    contracts: str = ""
    offset: timedelta | None = None
    """How far its clock is off ours; told in whole seconds, so half a second more is nothing."""


async def gather(services: Sequence[Named]) -> list[ServiceFacts]:
    """Ask them all at once."""
    async with httpx2.AsyncClient(timeout=_WITHIN, trust_env=False) as client:
        return await asyncio.gather(*(_ask(client, one) for one in services))


async def _ask(client: httpx2.AsyncClient, one: Named) -> ServiceFacts:
    url = one.value.rstrip("/")
    try:
        before = datetime.now(UTC)
        work = await client.get(f"{url}/startupz")
        after = datetime.now(UTC)
        version = await client.get(f"{url}/version")
        told = version.json() if version.is_success else {}
        return ServiceFacts(
            name=one.name,
            url=url,
            work=work.json(),
            release=str(told.get("release", "")),
            contracts=str(told.get("contracts", "")),
            offset=offset_of(work.headers.get("date"), before, after),
        )
    except (httpx2.HTTPError, ValueError):
        return ServiceFacts(one.name, url, None)


def offset_of(date: str | None, before: datetime, after: datetime) -> timedelta | None:
    """How far a clock is off by the header `Date`, which tells whole seconds: the least that fits."""
    if not date:
        return None
    there = parsedate_to_datetime(date).astimezone(UTC)
    if there > after:
        return there - after
    if there + timedelta(seconds=1) < before:
        return there + timedelta(seconds=1) - before
    return timedelta()


def judge_work(facts: ServiceFacts) -> list[Finding]:
    """Whether it answers and all its parts work."""
    code = f"service.{facts.name}"
    if facts.work is None:
        return [
            failed(
                code,
                (f"{facts.name} 没有应答（{facts.url}）。", f"{facts.name} does not answer at {facts.url}."),
                ("请启动该服务，查看其日志与地址。", "Start it; see its log and the address."),
            )
        ]
    ill = [one for one in facts.work.get("checks", ()) if not one["ok"]]
    if not ill:
        return [ok(code, f"{facts.name} 正常", f"{facts.name} works")]
    judge = warning if facts.work.get("ok") else failed
    return [
        judge(
            code,
            (
                f"{facts.name}：{one['name']}，{(one.get('why') or {}).get('zh', '')}。",
                f"{facts.name}: {one['name']}, {(one.get('why') or {}).get('en', '')}.",
            ),
            ("见运维手册“现象”一节。", "See Symptoms in docs/operations.md."),
        )
        for one in ill
    ]


def judge_versions(all_: Sequence[ServiceFacts]) -> list[Finding]:
    """Whether they run one release, and speak the contracts that this command knows."""
    told = [one for one in all_ if one.release]
    if not told:
        return []
    found = []
    if len({one.release for one in told}) > 1:
        each, comma = [f"{one.name} {one.release}" for one in told], ", "
        found.append(
            warning(
                "versions",
                (f"版本不一：{comma.join(each)}。", f"Several releases run: {comma.join(each)}."),
                ("升级途中属正常；否则请升级到同一版本。", "Normal during an upgrade; else bring all to one release."),
            )
        )
    if other := [one.name for one in told if one.contracts != contracts_digest()]:
        found.append(
            warning(
                "contracts",
                (
                    f"契约与本命令（{RELEASE}）不同：{'、'.join(other)}。",
                    f"Other contracts than this command's ({RELEASE}): {', '.join(other)}.",
                ),
                (
                    "同一版本内只增选填字段，可以并存；请先升级收听者。",
                    "Within a version only optional fields are added, so both work; upgrade who hears first.",
                ),
            )
        )
    return found or [
        ok("versions", f"{len(told)} 个服务版本与契约一致", f"{len(told)} services, one release, the same contracts")
    ]


def judge_clocks(offsets: Mapping[str, timedelta | None], allowed: float) -> list[Finding]:
    """Whether the clocks of broker, store and services agree with ours, within so many seconds."""
    known = {name: offset for name, offset in offsets.items() if offset is not None}
    if not known:
        return []
    off = {n: o.total_seconds() for n, o in known.items() if abs(o.total_seconds()) > allowed}
    if off:
        told = ", ".join(f"{name} {seconds:+.0f} s" for name, seconds in sorted(off.items()))
        return [
            failed(
                "clocks",
                (
                    f"时钟与本机不一致：{told}，允许 {allowed:g} 秒。",
                    f"Clocks off ours: {told}; {allowed:g} s allowed.",
                ),
                (
                    "请让各机（含本机）与同一授时服务器同步，如 chronyc makestep。",
                    "Synchronise all machines, this one too, with one time server, such as chronyc makestep.",
                ),
            )
        ]
    return [ok("clocks", f"{len(known)} 处时钟与本机一致", f"{len(known)} clocks agree with this machine's")]
