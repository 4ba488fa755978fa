"""`sihao centre key|show|register`: from nothing to signed, at the centre."""

import os
from pathlib import Path
from typing import Annotated

import typer

from shared.contracts.area import CENTRE
from sihao.centre.signing import SERVICES, judged, signing
from sihao.province import keys
from sihao.province.findings import Finding, passes
from sihao.province.terminal import TOKEN, WRONG, ApiCa, Json, Vhost, fail, management, out, run, tell

centre_app = typer.Typer(no_args_is_help=True)

ReviewUrl = Annotated[
    str, typer.Option(envvar="SIHAO_REVIEW_URL", help="中央审核服务的地址 / the centre's review over HTTP")
]
Private = Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="私钥 / private key (PEM)")]
Public = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="公钥（JWK）/ public key (JWK)")
]


@centre_app.command("key")
def key(file: Private) -> None:
    """生成中央的签名密钥，并说明如何启用 / Make the centre's signing key, and say how it is put to use."""
    public = file.with_name(f"{file.name.removesuffix('.pem')}.jwk")
    try:
        kid = keys.generate(file, public)
    except FileExistsError as error:
        fail(f"{error} 已存在，不会改写", f"{error} exists and is not written over")
    out.print(
        f"私钥 {file}：只供中央四个服务读取 / private key {file}: for the centre's four services only\n"
        f"公钥 {public} / public key {public}\n编号 / id: {kid}\n"
        f"1. 为 {'、'.join(SERVICES)} 设置并重启 / set for {', '.join(SERVICES)}, and restart them:\n"
        f"   SIHAO_SIGNING_KEY={file.absolute()}\n"
        "2. 核对四个服务都已签名 / see that all four sign: sihao centre show\n"
        f"3. 登记在 {CENTRE} 下 / register it for {CENTRE}: sihao centre register {public}\n"
        "4. 然后接纳各省 / then admit provinces: sihao province add"
    )


@centre_app.command("show")
def show(*, review_url: ReviewUrl = "", vhost: Vhost = "/", api_ca: ApiCa = None, as_json: Json = False) -> None:
    """中央四个服务各以哪把密钥签名；有不签名的以 1 退出 / Which key each service signs with; 1 if one does not sign."""
    findings = run(_look(review_url, vhost, api_ca))
    raise typer.Exit(0 if tell(findings, json_=as_json) else WRONG)


@centre_app.command("register")
def register(
    file: Public,
    review_url: ReviewUrl,
    *,
    reason: Annotated[str, typer.Option(help="缘由 / why")] = "中央签名密钥 / the centre's signing key",
    vhost: Vhost = "/",
    api_ca: ApiCa = None,
) -> None:
    """登记中央的公钥；此后以 CN 宣布的也须签名 / Register the centre's key; then what is said for CN must be signed.

    服务尚未签名时不予登记 / Refused while a service does not sign.
    """
    try:
        jwk = keys.public_key(file)
    except (keys.NotAKey, OSError):
        fail(f"{file} 不是 Ed25519 公钥（JWK）", f"{file} holds no Ed25519 public key (JWK)")
    known = _register(review_url) or fail(
        f"请给出 --review-url，并设环境变量 {TOKEN}（operator 的令牌）",
        f"name --review-url and set {TOKEN}, the token of an operator",
    )

    async def work() -> list[Finding]:
        coming = keys.key_id(jwk)  # who signs with it already is no reason against registering it
        findings = judged(await signing(management(api_ca), vhost), {*(await known.told(CENTRE)).centre_kids, coming})
        if passes(findings):
            await known.add(CENTRE, jwk, reason=reason)
        return findings

    if not tell(run(work()), json_=False):
        fail(
            "未登记：先让以上服务签名，否则它们以 CN 宣布的将被拒收",
            "not registered: first have the services above sign, or what they say for CN will be refused",
            WRONG,
        )
    out.print(f"{keys.key_id(jwk)} 已登记在 {CENTRE} 下 / is registered for {CENTRE}")


async def _look(review_url: str, vhost: str, api_ca: Path | None) -> list[Finding]:
    known = _register(review_url)
    return judged(await signing(management(api_ca), vhost), (await known.told(CENTRE)).centre_kids if known else None)


def _register(review_url: str) -> keys.Register | None:
    token = os.environ.get(TOKEN)
    return keys.Register(review_url.rstrip("/"), token) if review_url and token else None
