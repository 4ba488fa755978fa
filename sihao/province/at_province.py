"""`sihao province key|join|link|unlink`: at the province."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from shared.runtime.clock import make_clock
from sihao.province import agreeing, env_file, housing, keys, terminal
from sihao.province import link as linking
from sihao.province.examination import examine
from sihao.province.findings import passes
from sihao.province.join_file import JoinFile
from sihao.province.link import Own
from sihao.province.rights import Way
from sihao.province.terminal import ApiCa, Area, Json, Vhost, fail, join_file, management, out, province, run, tell
from sihao.rabbit_api import amqp_address

File = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="接入文件 / join file")]
Key = Annotated[Path | None, typer.Option(dir_okay=False, help="本省签名私钥 / the province's private key (PEM)")]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        "--env-file", dir_okay=False, help="写出审核服务的设置 / where to write the settings of the review service"
    ),
]
_READABLE = 0o644


def key(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", dir_okay=False, help="私钥 / private key (PEM), e.g. 35.key.pem")
    ],
) -> None:
    """生成签名密钥，公钥（.jwk）送交中央 / Make a key pair; only its public half (.jwk) goes to the centre."""
    public = file.with_name(f"{file.name.removesuffix('.pem')}.jwk")
    try:
        kid = keys.generate(file, public)
    except FileExistsError as error:
        fail(f"{error} 已存在，不会改写", f"{error} exists and is not written over")
    out.print(
        f"私钥 {file}：妥善保管，勿外传 / private key {file}: keep it, it never leaves the province\n"
        f"公钥 {public}：送交中央 / public key {public}: send it to the centre\n编号 / id: {kid}"
    )


def join(
    file: File,
    *,
    key: Key = None,
    env: EnvFile = None,
    room: Annotated[
        int, typer.Option(min=0, help="数据库磁盘至少剩余（GB）/ gigabytes to be free on its disk")
    ] = housing.ROOM,
    as_json: Json = False,
) -> None:
    """逐项检查能否接入，通过则写出设置 / Check everything; if it holds, write the settings. 0 passes, 1 fails.

    数据库由 SIHAO_MONGO_URL、SIHAO_DATABASE 指明 / The store is named by SIHAO_MONGO_URL and SIHAO_DATABASE.
    """
    told = join_file(file)
    clock = make_clock(Path(os.environ["SIHAO_CLOCK_FILE"]) if os.environ.get("SIHAO_CLOCK_FILE") else None)
    findings = [housing.file_is_private(file), *run(examine(told, clock, os.environ, key=key, room=room))]
    passed = tell(findings, json_=as_json)
    if passed and told.way is Way.DIRECT:
        path = env or Path(f"review-{told.area}.env")
        _save(told, told.amqp_url(ca_file=_ca_file(told, path)), path, key=key, quiet=as_json)
    elif passed and not as_json:
        out.print(f"可以接入，下一步 / next: sihao province link {file}")
    raise typer.Exit(0 if passed else terminal.WRONG)


def link(
    file: File,
    broker: Annotated[
        str,
        typer.Option(
            envvar="SIHAO_BROKER",
            help="本省消息队列地址，不含账号 / the province's broker, without user",
            show_default=False,
        ),
    ],
    *,
    key: Key = None,
    env: EnvFile = None,
    ca_at_broker: Annotated[
        str,
        typer.Option(help="CA 证书在消息队列主机上的路径 / the authority's file on the broker's machine"),
    ] = "",
    wait: Annotated[float, typer.Option(min=0, help="等待连通的秒数 / seconds to wait until the shovels run")] = 30.0,
    vhost: Vhost = "/",
    api_ca: ApiCa = None,
) -> None:
    """在本省消息队列上设置转发，断网时照常办理 / Set up shovels on the province's own broker; harmless to repeat."""
    told = join_file(file)
    if told.way is not Way.LINKED:
        fail(
            "该接入文件是直连的；请中央以 --way linked 重新签发",
            "this join file is for a direct connection; ask the centre for one made with --way linked",
        )
    if not passes(wrong := [*agreeing.contract(told), agreeing.listeners(told)]):
        tell(wrong, json_=False)
        raise typer.Exit(terminal.WRONG)
    path = env or Path(f"review-{told.area}.env")
    ca_file = _ca_file(told, path)
    own = Own(management(api_ca), vhost, ca_at_broker or (str(ca_file) if ca_file else ""))

    async def work() -> tuple[str, dict[str, str]]:
        password = await linking.link(told, own)
        return password, dict(await linking.until_running(told, own, within=wait))

    password, states = run(work())
    url = amqp_address(broker, user=linking.service_user(told.area), password=password, vhost=vhost)
    for name, state in sorted(states.items()):
        out.print(f"{name}  {state}")
    _save(told, url, path, key=key, quiet=False)
    if set(states.values()) != {"running"}:
        fail(
            f"转发尚未连通，会继续自行重试；原因请查 sihao province join {file} 与消息队列日志",
            f"not all shovels run yet; they go on trying. See sihao province join {file} and the broker's log",
            terminal.WRONG,
        )


def unlink(area: Area, *, vhost: Vhost = "/", api_ca: ApiCa = None) -> None:
    """撤去转发；队列及其中的消息保留 / Take the shovels away; queues stay with what is in them."""
    area, own = province(area), Own(management(api_ca), vhost)
    gone = run(linking.unlink(area, own))
    out.print(f"已撤去 {len(gone)} 条转发 / took {len(gone)} shovels away")


def _ca_file(told: JoinFile, env: Path) -> Path | None:
    """The authority's certificates beside the settings."""
    return _public(env, f"centre-{told.area}.ca.pem", told.ca) if told.ca else None


def _public(env: Path, name: str, written: str) -> Path:
    """A file beside the settings that everybody may read."""
    path = env.absolute().with_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written, "utf-8")
    path.chmod(_READABLE)
    return path


def _save(told: JoinFile, amqp_url: str, path: Path, *, key: Path | None, quiet: bool) -> None:
    """Write the settings, and beside them the centre's public keys."""
    believed = told.centre_keys["keys"]
    trust = _public(path, f"centre-{told.area}.jwks.json", json.dumps(told.centre_keys, indent=2)) if believed else None
    missing = env_file.save(env_file.settings(told, amqp_url, os.environ, key=key, trust=trust), path)
    if quiet:
        return
    out.print(f"设置已写入 {path}（仅本人可读） / settings written to {path}, for its owner only")
    if missing:
        out.print(f"其中尚须填写 / still to be filled in: {', '.join(missing)}")
