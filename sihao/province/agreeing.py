"""Whether both sides mean the same: the contract, the queues, the rights, the time."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from shared.contracts import CENTRE, EVENTS
from shared.contracts.provinces import PROVINCE_EVENTS, PROVINCE_MAY_WRITE
from shared.runtime.clock import Clock
from shared.runtime.probe import Probe
from sihao.province import topology
from sihao.province.findings import Finding, failed, ok, skipped, warning
from sihao.province.join_file import JoinFile
from sihao.province.rights import Way

_SKEW = timedelta(seconds=30)
"""Further apart, deadlines and signatures of one side are wrong on the other. Our default."""
_NOTED = timedelta(seconds=5)
"""Further apart is told of. Our default."""
_WITHIN = 5.0


def contract(join: JoinFile) -> list[Finding]:
    """Whether this release knows the events that the centre sends, and the centre those that it announces."""
    findings = []
    if unknown := sorted(set(join.hears) - EVENTS.keys()):
        findings.append(
            failed(
                "contract.hears",
                (f"本程序不认识中央发来的 {'、'.join(unknown)}。", f"This release does not know {', '.join(unknown)}."),
                ("请升级本省的审核服务后再接入。", "Upgrade the province's review service, then join."),
            )
        )
    if unwanted := sorted(PROVINCE_MAY_WRITE - set(join.announces)):
        findings.append(
            failed(
                "contract.announces",
                (
                    f"中央尚不接受本程序宣布的 {'、'.join(unwanted)}。",
                    f"The centre does not take {', '.join(unwanted)}, which this release announces.",
                ),
                (
                    f"请中央升级，并再次运行 sihao province add {join.area}；或改用与中央相同的版本。",
                    f"Have the centre upgrade and run sihao province add {join.area} again; or use its release.",
                ),
            )
        )
    wanted = topology.queues_at_the_centre(join.area, join.way)
    if strange := sorted(set(wanted) ^ set(join.queues)):
        findings.append(
            failed(
                "contract.queues",
                (f"双方的队列不一致：{'、'.join(strange)}。", f"The two sides differ in queues: {', '.join(strange)}."),
                ("双方须使用同一版本；请中央重新签发接入文件。", "Both must run one release; ask for a new join file."),
            )
        )
    agrees = f"the contract agrees, {len(PROVINCE_EVENTS)} events"
    return findings or [ok("contract", f"契约一致，共 {len(PROVINCE_EVENTS)} 种事件", agrees)]


async def queues(join: JoinFile, probe: Probe) -> Finding:
    """Whether the province's queues stand at the centre, and how much waits there."""
    depths = {name: await probe.depth(name) for name in join.queues}
    if missing := [name for name, depth in depths.items() if depth is None]:
        return failed(
            "queues",
            (f"中央没有队列 {'、'.join(missing)}。", f"These queues do not stand at the centre: {', '.join(missing)}."),
            (
                f"请中央再次运行 sihao province add {join.area}。",
                f"Have the centre run sihao province add {join.area} again.",
            ),
        )
    waiting = sum(depth or 0 for depth in depths.values())
    return ok("queues", f"{len(depths)} 个队列齐备，{waiting} 条等待", f"{len(depths)} queues stand, {waiting} waiting")


async def rights(join: JoinFile, probe: Probe) -> list[Finding]:
    """Whether the user may do what the service must, and nothing that would let it pass for another."""
    other = "37" if join.area != "37" else "35"
    empty = [name for name in join.queues if await probe.depth(name) == 0]
    some, own = topology.from_the_centre(join.area)[0], PROVINCE_EVENTS
    must = {
        f"write {event.wire()}.{join.area}": await probe.may_announce(join.exchange, f"{event.wire()}.{join.area}")
        for event in own
    }
    if empty:
        must[f"read {empty[0]}"] = await probe.may_read(empty[0])
    if join.way is Way.DIRECT:
        for subscription in topology.heard_by(join.area):
            key = subscription.bindings[-1].removesuffix(".#")
            must[f"bind {key}"] = await probe.may_listen(some, join.exchange, key)
    must_not = {
        **{
            f"write {event.wire()}.{area}": await probe.may_announce(join.exchange, f"{event.wire()}.{area}")
            for event in own
            for area in (other, CENTRE)
        },
        **{
            f"write {wire}.{join.area}": await probe.may_announce(join.exchange, f"{wire}.{join.area}")
            for wire in EVENTS
            if wire not in PROVINCE_MAY_WRITE
        },
        f"bind application.scored.v1.{other}": await probe.may_listen(
            some, join.exchange, f"application.scored.v1.{other}"
        ),
        f"read a queue of {other}": await probe.may_read(some.replace(f".{join.area}", f".{other}")),
        f"read a queue of {CENTRE}": await probe.may_read(some.replace(f".{join.area}", f".{CENTRE}")),
        f"configure {join.exchange}": await probe.may_declare(join.exchange, "topic"),
    }
    lacks, exceeds = [w for w, may in must.items() if not may], [w for w, may in must_not.items() if may]
    again = (
        f"请中央再次运行 sihao province add {join.area}，权限即复原。",
        f"Have the centre run sihao province add {join.area} again, which puts the rights back.",
    )
    findings = []
    if lacks:
        says = (f"缺少权限：{'、'.join(lacks)}。", f"Rights are missing: {', '.join(lacks)}.")
        findings.append(failed("rights.missing", says, again))
    if exceeds:
        says = (f"权限过大：{'、'.join(exceeds)}。", f"The user may do too much: {', '.join(exceeds)}.")
        findings.append(failed("rights.excess", says, again))
    tried = len(must) + len(must_not)
    return findings or [ok("rights", f"权限恰当，试了 {tried} 项", f"rights are as they must be, {tried} tried")]


async def clock(join: JoinFile, here: Clock) -> Finding:
    """How far apart the two clocks are, by what the centre's review says in the header `Date` (RFC 9110, 6.6.1)."""
    if not join.review_url:
        return skipped(
            "clock", "接入文件未给出中央审核服务的地址", "the join file names no review service of the centre"
        )
    before = here.now()
    try:
        async with httpx2.AsyncClient(timeout=_WITHIN) as client:
            answer = await client.get(f"{join.review_url}/livez")
        there = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (httpx2.HTTPError, KeyError, ValueError):
        return warning(
            "clock",
            (
                f"{join.review_url} 没有应答，无法对时。",
                f"{join.review_url} does not answer, so times were not compared.",
            ),
            (
                "请检查到该地址的网络；确认本机已与授时服务器同步。",
                "Check the way there; see that this machine is synchronised with a time server.",
            ),
        )
    return skew(before, here.now(), there)


def skew(before: datetime, after: datetime, there: datetime) -> Finding:
    """Judge an answer that was given at `there`, between `before` and `after` by our own clock.

    The header tells whole seconds, so up to one second more is no skew.
    """
    early, late = before - there - timedelta(seconds=1), after - there
    apart = max(early, -late, timedelta())
    seconds = f"{apart.total_seconds():.0f}"
    if apart > _SKEW:
        way = ("快", "ahead of") if early > timedelta() else ("慢", "behind")
        return failed(
            "clock",
            (
                f"本机时钟比中央{way[0]} {seconds} 秒，不得超过 {_SKEW.seconds} 秒。",
                f"This machine's clock is {seconds} s {way[1]} the centre's; {_SKEW.seconds} s are allowed.",
            ),
            (
                "请与授时服务器同步（如 chronyc makestep）后重试。",
                "Synchronise with a time server (such as chronyc makestep) and try again.",
            ),
        )
    if apart > _NOTED:
        return warning(
            "clock",
            (f"本机时钟与中央相差 {seconds} 秒。", f"This machine's clock is {seconds} s off the centre's."),
            ("请检查授时服务。", "See to the time service."),
        )
    return ok("clock", "时钟一致", "the clocks agree")


def signatures(join: JoinFile) -> Finding:
    """Whether everything that the province will hear of the centre is signed with a key that it is told of."""
    if not join.centre_keys["keys"]:
        return warning(
            "centre.keys",
            (
                "接入文件中没有中央的公钥，本省无从核验。",
                "The join file has no key of the centre, so nothing is verified.",
            ),
            (
                f"请中央启用签名（sihao centre key），再运行 sihao province add {join.area}。",
                f"Have the centre sign (sihao centre key) and run sihao province add {join.area} again.",
            ),
        )
    if not join.unsigned:
        return ok("centre.keys", "中央的消息均已签名", "what the centre says is signed")
    names = join.unsigned
    return failed(
        "centre.unsigned",
        (
            f"签发接入文件时，中央的 {'、'.join(names)} 未以所列公钥签名；本省不会相信其消息。",
            f"When the file was made, {', '.join(names)} did not sign with these keys: not believed here.",
        ),
        (
            f"请中央运行 sihao centre show，照其办法处理后，再次运行 sihao province add {join.area}。",
            f"Have the centre run sihao centre show, mend it, and run sihao province add {join.area} again.",
        ),
    )


def listeners(join: JoinFile) -> Finding:
    """Whether somebody at the centre hears what the province will say."""
    if not join.unheard:
        return ok("listeners", "本省宣布的事件在中央均有收听", "the centre hears everything the province may announce")
    told = (
        f"签发接入文件时，中央尚无服务收听 {len(join.unheard)} 种事件（如 {join.unheard[0]}）。",
        f"When the file was made nobody at the centre heard {len(join.unheard)} events (such as {join.unheard[0]}).",
    )
    remedy = (
        f"请中央启动各项服务后，再次运行 sihao province add {join.area}。",
        f"Have the centre start its services and run sihao province add {join.area} again.",
    )
    # A service keeps a fact that nobody hears; a shovel would lose it.
    return failed("listeners", told, remedy) if join.way is Way.LINKED else warning("listeners", told, remedy)
