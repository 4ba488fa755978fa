"""Fujian joins with a review service of its own, by what the commands `sihao province add` and `join` do."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from yarl import URL

from demo.keys import Keys
from dev.backends import Backends
from shared.runtime.clock import SystemClock
from sihao.province import admission, env_file
from sihao.province import link as linking
from sihao.province.admission import Centre
from sihao.province.examination import examine
from sihao.province.findings import Finding, Outcome, passes
from sihao.province.join_file import JoinFile, load, save
from sihao.province.keys import Register, key_id
from sihao.province.link import Own
from sihao.province.rights import Way
from sihao.rabbit_api import amqp_address

AREA = "35"
_UNTIL_LINKED = 60.0
"""Seconds."""
REASON = "福建省工商联审核服务首次接入"


@dataclass(frozen=True)
class Joined:
    """How Fujian is connected."""

    settings: Mapping[str, str]
    """What its service is told, as `join` writes it."""
    join: JoinFile | None = None
    """What the centre sent it; None on a given broker whose users we cannot make."""
    findings: Sequence[Finding] = ()
    """What its examination found."""


@dataclass(frozen=True)
class Line:
    """A broker of the province's own, and the road from there to the centre's."""

    own: Own
    address: str
    """The own broker's address, without user."""
    centre: str
    """The address at which the own broker finds the centre's, without user and virtual host."""


async def joined(
    stack: AsyncExitStack,
    backends: Backends,
    amqp_url: str,
    directory: Path,
    *,
    database: str,
    keys: Keys | None = None,
    register: Register | None = None,
    line: Line | None = None,
) -> Joined:
    """Fujian, admitted at the centre and examined at home; with `keys` its own is registered, and believed alone.

    With a `line` its service works at its own broker, else at the centre's.

    Raises:
        RuntimeError: the examination finds something wrong; it says what, with the remedy.
    """
    way = Way.LINKED if line else Way.DIRECT
    if keys and register:
        if backends.api:  # the queues first, so that the province hears of its own key, too
            await admission.refresh(backends.api, _vhost(amqp_url), AREA, way)
        await register.add(AREA, keys.public, reason=REASON)
    if backends.api is None:
        return Joined({"SIHAO_AMQP_URL": amqp_url, **(keys.settings(of_centre=False) if keys else {})})
    review_url = register.review_url if register else ""
    broker = f"{line.centre}/{_vhost(amqp_url)}" if line else str(URL(amqp_url).with_user(None))
    centre = Centre(backends.api, _vhost(amqp_url), broker, review_url, register=register)
    admitted, _ = await admission.admit(centre, AREA, way, now=datetime.now(UTC))
    stack.push_async_callback(backends.api.delete_user, admitted.user)
    save(admitted, path := directory / f"join-{AREA}.yaml")
    join, key = load(path), keys.province if keys else None
    path.unlink()  # it holds a password
    store = {"SIHAO_MONGO_URL": backends.mongo_url, "SIHAO_DATABASE": database}
    findings = await examine(join, SystemClock(), store, key=key, room=0)
    if not passes(findings):
        wrong = (f"{one.says} → {one.remedy}" for one in findings if one.outcome is Outcome.FAILED)
        raise RuntimeError("\n".join(wrong))
    trust = keys.trust if keys else None
    address = await _linked(join, line) if line else join.amqp_url()
    return Joined(env_file.settings(join, address, {}, key=key, trust=trust), join, findings)


async def _linked(join: JoinFile, line: Line) -> str:
    """The address of the own broker, with the user of Fujian's service, once the shovels run."""
    password = await linking.link(join, line.own)
    states = await linking.until_running(join, line.own, within=_UNTIL_LINKED)
    if set(states.values()) != {"running"}:
        raise RuntimeError(f"转发未连通 / the shovels do not run: {states}")
    return amqp_address(line.address, user=linking.service_user(AREA), password=password, vhost=line.own.vhost)


def told(where: Joined | None) -> str:
    """How it is connected, in a line."""
    if where is None:
        return "此前已接入 joined before"
    if where.join is None:
        return "直连 direct"
    rights = next((one.says for one in where.findings if one.code == "rights"), None)
    examined = sum(one.outcome is Outcome.OK for one in where.findings)
    tried = f"；{rights.zh} {rights.en}" if rights else ""
    return f"直连 direct，账号 user {where.join.user.partition('.')[0]}，检查 {examined} 项通过 checks passed{tried}"


def kids(where: Joined | None) -> tuple[Sequence[str], Sequence[str]]:
    """The ids of the centre's keys, and of Fujian's, as far as they are known here."""
    if where is None or where.join is None:
        return (), ()
    return [str(jwk.get("kid") or key_id(jwk)) for jwk in where.join.centre_keys["keys"]], where.join.keys


def _vhost(amqp_url: str) -> str:
    return amqp_url.rpartition("/")[2]
