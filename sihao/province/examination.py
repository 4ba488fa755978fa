"""At the province: everything that must hold before its review service is started, looked at in order."""

from collections.abc import Mapping
from pathlib import Path

from shared.runtime.clock import Clock
from sihao.province import agreeing, housing, keys
from sihao.province.findings import Finding, failed, ok, passes, skipped, warning
from sihao.province.join_file import JoinFile
from sihao.province.reaching import reaching


async def examine(
    join: JoinFile, clock: Clock, environment: Mapping[str, str], *, key: Path | None, room: int = housing.ROOM
) -> list[Finding]:
    """Look at everything. Nothing is changed, anywhere.

    `environment` names the province's own store (`SIHAO_MONGO_URL`, `SIHAO_DATABASE`).
    """
    findings: list[Finding] = []
    async with reaching(join, findings) as probe:
        if probe is not None:
            findings.append(queues := await agreeing.queues(join, probe))
            if passes([queues]):
                findings += await agreeing.rights(join, probe)
    findings += agreeing.contract(join)
    findings.append(agreeing.listeners(join))
    findings.append(agreeing.signatures(join))
    findings.append(await agreeing.clock(join, clock))
    findings.append(signing_key(join, key))
    url, database = environment.get("SIHAO_MONGO_URL"), environment.get("SIHAO_DATABASE")
    if url:
        findings += await housing.store(url, database or f"sihao_review_{join.area}", room=room)
    else:
        findings.append(skipped("store", "未设 SIHAO_MONGO_URL，未检查数据库", "SIHAO_MONGO_URL is not set"))
    return findings


def signing_key(join: JoinFile, key: Path | None) -> Finding:
    """Whether the province's key was registered at the centre when the join file was made."""
    if key is None:
        return warning(
            "key",
            ("未指明本省的签名私钥。", "The province's private key was not named."),
            (
                "用 sihao province key 生成，把公钥送交中央登记，再以 --key 指明。",
                "Make one with sihao province key, have the centre register the public half, and name it with --key.",
            ),
        )
    try:
        own = keys.own_key(key)
    except (keys.NotAKey, OSError):
        return failed(
            "key",
            (f"{key} 不是可读的 Ed25519 私钥（PEM）。", f"{key} is no readable Ed25519 private key (PEM)."),
            ("用 sihao province key 生成。", "Make one with sihao province key."),
        )
    kid = keys.key_id(own)
    if kid not in join.keys:
        return failed(
            "key",
            (
                f"接入文件签发时，公钥 {kid} 未在中央登记。",
                f"When the join file was made the key {kid} was not registered.",
            ),
            (
                f"请把公钥文件送交中央，运行 sihao province add {join.area} --key 公钥文件，再取新的接入文件。",
                f"Send the public key to the centre for sihao province add {join.area} --key FILE; take the new file.",
            ),
        )
    return ok("key", f"公钥 {kid} 已登记", f"the key {kid} is registered")
