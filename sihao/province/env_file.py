"""The settings of a province's review service, as a file that a shell, systemd or a container reads."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from sihao.province.join_file import JoinFile, write_private
from sihao.province.link import up_queue
from sihao.province.rights import Way

_HEAD = """\
# 审核服务的设置：含密钥，只供运行该服务的账号读取。
# Settings of the review service. They hold a secret: only for the account that runs it.
"""
_CARRIED = (
    "SIHAO_MONGO_URL",
    "SIHAO_DATABASE",
    "SIHAO_OIDC_ISSUER",
    "SIHAO_OIDC_JWKS_URL",
    "SIHAO_OIDC_AUDIENCE",
    "SIHAO_HOST",
    "SIHAO_PORT",
    "SIHAO_PUBLIC_URL",
)
"""Settings that the join file does not tell: taken over from the environment where they are set."""
_REQUIRED = ("SIHAO_MONGO_URL", "SIHAO_DATABASE", "SIHAO_OIDC_ISSUER", "SIHAO_OIDC_JWKS_URL")


def settings(
    join: JoinFile, amqp_url: str, given: Mapping[str, str], *, key: Path | None, trust: Path | None
) -> dict[str, str]:
    """What the service has to be told."""
    told = {"SIHAO_AREAS": join.area, "SIHAO_AMQP_URL": amqp_url}
    if join.way is Way.LINKED:
        told["SIHAO_LINK_QUEUE"] = up_queue(join.area)
    if key:
        told["SIHAO_SIGNING_KEY"] = str(key.absolute())
    if trust:
        told["SIHAO_TRUST"] = str(trust.absolute())
    return told | {name: given[name] for name in _CARRIED if given.get(name)}


def save(told: Mapping[str, str], path: Path) -> list[str]:
    """Write them, for the owner only; answers what is still to be filled in."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in told.items()]
    missing = [name for name in _REQUIRED if name not in told]
    lines += [f"#{name}=  # 请填写 / to be filled in" for name in missing]
    write_private(path, _HEAD + "\n".join(lines) + "\n")
    return missing
