"""Who signs: what the centre's services say on their connections of the key that they sign with, and what to do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.area import CENTRE
from shared.runtime.consuming import KID, SCOPE, SERVICE
from sihao.province.findings import Finding, Outcome, failed, ok, warning
from sihao.rabbit_api import ManagementApi

SERVICES = ("intake", "scoring", "review", "notify")
"""The centre's services, all of which a province hears or believes."""


@dataclass(frozen=True)
class Signing:
    """One service of the centre, as its processes introduced themselves to the broker."""

    service: str
    kids: frozenset[str | None]
    """The keys its processes sign with; None among them: one does not sign. Empty: none is connected."""

    def doubtful(self, known: Collection[str] | None) -> bool:
        """Whether a province could not believe what some process of it says; `known` are the centre's keys."""
        return any(kid is None or (known is not None and kid not in known) for kid in self.kids)


async def signing(api: ManagementApi, vhost: str) -> list[Signing]:
    """Every service of the centre, connected or not.

    Raises:
        httpx2.HTTPError: the management API does not answer, or its user may not look.
    """
    return read(await api.get("vhosts", vhost, "connections"))


def read(connections: Iterable[Mapping[str, Any]]) -> list[Signing]:
    """The same, from what the management API says of the connections; those of provinces are no concern here."""
    found: dict[str, set[str | None]] = {service: set() for service in SERVICES}
    for row in connections:
        said = row.get("client_properties") or {}
        if said.get(SERVICE) in found and (said.get(SCOPE) or CENTRE) == CENTRE:
            found[said[SERVICE]].add(said.get(KID) or None)
    return [Signing(service, frozenset(kids)) for service, kids in found.items()]


def doubtful(found: Sequence[Signing], known: Collection[str] | None) -> tuple[str, ...]:
    """The services that do not sign, or with a key that a province is not told of."""
    return tuple(one.service for one in found if one.doubtful(known))


def judged(found: Sequence[Signing], known: Collection[str] | None) -> list[Finding]:
    """What there is to say of each; `known` are the centre's keys by its register, None if that was not asked."""
    findings = [_judged(one, known) for one in found]
    if known is None and any(one.outcome is Outcome.OK for one in findings):
        findings.append(
            warning(
                "centre.register",
                (
                    "未查登记册，不知这些密钥是否为各省所信任。",
                    "The register was not asked: whether provinces trust these keys is unknown.",
                ),
                ("请给出 --review-url，并设 SIHAO_TOKEN。", "Name --review-url, and set SIHAO_TOKEN."),
            )
        )
    return findings


def _judged(one: Signing, known: Collection[str] | None) -> Finding:
    code, name = f"centre.{one.service}", one.service
    if not one.kids:
        return warning(
            code,
            (f"{name} 未连接消息队列，不知是否签名。", f"{name} is not connected, so whether it signs is unknown."),
            (f"请启动 {name} 后再看：sihao centre show。", f"Start {name}, then look again: sihao centre show."),
        )
    if None in one.kids:
        some = len(one.kids) > 1
        return failed(
            code,
            (
                f"{name} {'的部分进程' if some else ''}不签名，各省不会相信它所说的。",
                f"{'Some processes of ' if some else ''}{name} do not sign; provinces believe nothing they say."
                if some
                else f"{name} does not sign; provinces believe nothing it says.",
            ),
            (
                f"用 sihao centre key 生成密钥，为 {name} 设 SIHAO_SIGNING_KEY 并重启。",
                f"Make a key with sihao centre key, set SIHAO_SIGNING_KEY for {name} and restart it.",
            ),
        )
    if strange := sorted(kid for kid in one.kids if kid and known is not None and kid not in known):
        return failed(
            code,
            (
                f"{name} 签名所用的密钥 {'、'.join(strange)} 不在中央的密钥之列。",
                f"{name} signs with {', '.join(strange)}, which is not among the centre's keys.",
            ),
            (
                "四个服务请共用一把密钥；须各用一把的，先登记：sihao centre register 公钥文件。",
                "Have all four share one key; if they must differ, register it first: sihao centre register FILE.",
            ),
        )
    kids = ", ".join(sorted(kid for kid in one.kids if kid))
    return ok(code, f"{name} 以 {kids} 签名", f"{name} signs with {kids}")
