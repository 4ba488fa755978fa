"""`sihao province add|list|show|renew-password|remove`: at the centre, with an administrator of its broker."""

import asyncio
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sihao.centre.signing import judged, signing
from sihao.province import admission, keys, terminal
from sihao.province.admission import Admitted, Centre, admit, admitted, dismiss, look
from sihao.province.findings import Outcome
from sihao.province.join_file import JoinFile, save
from sihao.province.rights import Way, user_of
from sihao.province.terminal import TOKEN, ApiCa, Area, Json, Vhost, err, fail, management, out, province, run
from sihao.rabbit_api import amqp_address

Broker = Annotated[
    str,
    typer.Option(
        envvar="SIHAO_BROKER",
        help="告知省级的消息队列地址，不含账号 / broker as provinces reach it, without user: amqps://broker.example.cn:5671",
        show_default=False,
    ),
]
ReviewUrl = Annotated[
    str, typer.Option(envvar="SIHAO_REVIEW_URL", help="中央审核服务的地址 / the centre's review over HTTP")
]
CaFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="消息队列证书的 CA / authority behind its certificate (PEM)"),
]
Out = Annotated[Path | None, typer.Option("--out", dir_okay=False, help="接入文件 / join file; join-<AREA>.yaml")]
WayOption = Annotated[
    Way | None,
    typer.Option(
        "--way", help="直连，或经本省消息队列 / directly, or through a broker of the province; direct at first"
    ),
]


def add(
    area: Area,
    broker: Broker,
    *,
    way: WayOption = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="该省公钥（JWK），可多次 / the province's public key, repeatable"
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="登记公钥的缘由 / why the key is registered")] = "接入 / admission",
    review_url: ReviewUrl = "",
    ca_file: CaFile = None,
    out_file: Out = None,
    vhost: Vhost = "/",
    api_ca: ApiCa = None,
) -> None:
    """接纳一省：账号、权限、队列、公钥，写出接入文件；可重复运行 / Admit a province; harmless to repeat.

    重复运行时密码不变，只要接入文件还在 / The password stays as long as the join file is still there.
    """
    area, path = province(area), _path(out_file, area)
    centre = _centre(broker, vhost, review_url=review_url, ca_file=ca_file, api_ca=api_ca)
    public = [_public(one) for one in key or ()]
    secret = _kept_secret(path, user_of(area, vhost))

    async def work() -> None:
        known = await centre.api.find("users", user_of(area, vhost)) is not None
        chosen = way or await admission.way_of(centre.api, vhost, area)
        if public:  # the queues first, so that the province hears of its own key, too
            await admission.refresh(centre.api, vhost, area, chosen)
        for jwk in public:
            await _register(centre).add(area, jwk, reason=reason)
        if known and secret is None:
            held = await admission.refresh(centre.api, vhost, area, chosen)
            await admission.permit(centre.api, vhost, area, chosen)
            out.print(
                f"{area} 已接纳过，权限和队列已复原；密码未变，未写接入文件，需要时用 renew-password / "
                f"{area} was admitted before: rights and queues are put back, the password stays, no join file was "
                "written; renew-password makes one"
            )
        else:
            join, held = await admit(centre, area, chosen, now=datetime.now(UTC), secret=secret)
            save(join, path)
            _written(join, path)
        _tell_held(held)
        await _tell_signing(centre, area)

    run(work())


def renew_password(
    area: Area,
    broker: Broker,
    *,
    way: WayOption = None,
    review_url: ReviewUrl = "",
    ca_file: CaFile = None,
    out_file: Out = None,
    vhost: Vhost = "/",
    api_ca: ApiCa = None,
) -> None:
    """换密码，写出新的接入文件；旧密码立即失效 / Another password and a new join file; the old one ends at once."""
    area, path = province(area), _path(out_file, area)
    centre = _centre(broker, vhost, review_url=review_url, ca_file=ca_file, api_ca=api_ca)

    async def work() -> None:
        await _known(centre, area)
        chosen = way or await admission.way_of(centre.api, vhost, area)
        join, _ = await admit(centre, area, chosen, now=datetime.now(UTC))
        save(join, path)
        await admission.hang_up(centre.api, join.user)
        _written(join, path)
        await _tell_signing(centre, area)

    run(work())


def list_(*, vhost: Vhost = "/", api_ca: ApiCa = None, as_json: Json = False) -> None:
    """已接纳的各省 / The provinces that were admitted."""
    api = management(api_ca)

    async def read() -> list[Admitted]:
        found = await asyncio.gather(*(look(api, vhost, area) for area in await admitted(api, vhost)))
        return [one for one in found if one]

    rows = run(read())
    if as_json:
        typer.echo(json.dumps([_json(one) for one in rows], ensure_ascii=False, indent=2))
        return
    table = Table("省 / area", "方式 / way", "连接 / connections", "等待 / waiting", "状态 / state")
    for one in rows:
        state = "正常 / sound" if one.sound else f"请运行 / run: sihao province add {one.area}"
        table.add_row(one.area, one.way or "?", str(one.connections), str(sum(one.waiting.values())), state)
    out.print(table)


def show(area: Area, *, vhost: Vhost = "/", api_ca: ApiCa = None, as_json: Json = False) -> None:
    """一省的权限、队列、连接；不符则以 1 退出 / A province: rights, queues, connections; 1 if not as they should be."""
    area, api = province(area), management(api_ca)
    found = run(look(api, vhost, area)) or fail(f"{area} 未被接纳", f"{area} was not admitted")
    if as_json:
        typer.echo(json.dumps(_json(found), ensure_ascii=False, indent=2))
    else:
        way = found.way or "权限被改动过 / rights were changed"
        out.print(f"{found.user}：{way}，{found.connections} 个连接 / connections")
        for name, waiting in found.waiting.items():
            out.print(f"  {name}  {waiting}")
        for name in found.missing:
            out.print(f"  [red]{name}  缺失 / missing[/red]")
        if found.unheard:
            out.print(f"中央尚无服务收听 / nobody hears yet: {', '.join(found.unheard)}")
        if found.unsigned:
            out.print(f"[red]中央尚未签名 / not signed yet: {', '.join(found.unsigned)}[/red] → sihao centre show")
    raise typer.Exit(0 if found.sound else terminal.WRONG)


def remove(
    area: Area,
    *,
    queues: Annotated[bool, typer.Option("--queues", help="空队列一并删除 / its empty queues, too")] = False,
    vhost: Vhost = "/",
    api_ca: ApiCa = None,
) -> None:
    """收回账号并断开其连接；非空队列从不删除 / Take the user away; queues with messages are never deleted."""
    area, api = province(area), management(api_ca)
    held = run(dismiss(api, vhost, area, queues=queues))
    if held is None:
        fail(f"{area} 未被接纳", f"{area} was not admitted")
    out.print(
        f"{area} 的账号已收回 / the user of {area} is gone; 公钥须在审核服务另行撤销 / its keys are withdrawn in review"
    )
    if queues:
        _tell_held(held)


def _centre(
    broker: str,
    vhost: str,
    *,
    review_url: str,
    ca_file: Path | None,
    api_ca: Path | None,
) -> Centre:
    if "@" in broker or not broker.startswith(("amqp://", "amqps://")):
        raise typer.BadParameter(
            "--broker 应为 amqps://主机:端口，不含账号 / amqps://host:port without user", param_hint="--broker"
        )
    token = os.environ.get(TOKEN)
    return Centre(
        management(api_ca),
        vhost,
        amqp_address(broker, vhost=vhost),
        review_url.rstrip("/"),
        ca_file.read_text("utf-8") if ca_file else "",
        keys.Register(review_url.rstrip("/"), token) if review_url and token else None,
    )


def _public(path: Path) -> dict[str, str]:
    try:
        return keys.public_key(path)
    except (keys.NotAKey, OSError):
        fail(f"{path} 不是 Ed25519 公钥（JWK）", f"{path} holds no Ed25519 public key (JWK)")


def _register(centre: Centre) -> keys.Register:
    return centre.register or fail(
        f"登记公钥须给出 --review-url，并设环境变量 {TOKEN}（operator 的令牌）",
        f"to register a key name --review-url and set {TOKEN}, the token of an operator",
    )


def _path(out_file: Path | None, area: str) -> Path:
    return out_file or Path(f"join-{area}.yaml")


def _kept_secret(path: Path, user: str) -> str | None:
    """The password in a join file that is still there, so that repeating changes nothing."""
    if not path.exists():
        return None
    join = terminal.join_file(path)
    if join.user != user:
        fail(
            f"{path} 是 {join.user} 的接入文件，不会改写",
            f"{path} is the join file of {join.user} and is not written over",
        )
    return join.secret.get_secret_value()


async def _known(centre: Centre, area: str) -> None:
    if await centre.api.find("users", user_of(area, centre.vhost)) is None:
        fail(f"{area} 未被接纳，请先用 add", f"{area} was not admitted; use add")


def _written(join: JoinFile, path: Path) -> None:
    out.print(
        f"接入文件 {path}：含密码，只交给 {join.area} 的运维人员 / "
        f"join file {path}: holds a password, for the operator of {join.area} only"
    )
    if join.unheard:
        err.print(
            f"[yellow]中央尚无服务收听其中 {len(join.unheard)} 种事件，请启动各项服务后再次运行 / "
            f"nobody at the centre hears {len(join.unheard)} of its events yet: start the services, then run this again"
            "[/yellow]"
        )


async def _tell_signing(centre: Centre, area: str) -> None:
    """Name the centre's services that a province could not believe, with the remedy; and those that do not run."""
    told = await centre.register.told(area) if centre.register else None
    findings = judged(await signing(centre.api, centre.vhost), told.centre_kids if told else None)
    if lacking := [one for one in findings if one.outcome is not Outcome.OK]:
        terminal.tell(lacking, json_=False)


def _tell_held(held: object) -> None:
    if held:
        err.print(f"[yellow]以下队列仍有消息，未删除 / not deleted, they hold messages: {held}[/yellow]")


def _json(one: Admitted) -> dict[str, Any]:
    return {**asdict(one), "sound": one.sound}
