"""What the platform leans on: the mail server, the token issuer, the collector of traces."""

import asyncio
import smtplib
from http import HTTPStatus

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sihao.province.findings import Finding, failed, ok, warning

_WITHIN = 5.0


async def mail(host: str, port: int) -> Finding:
    """Whether the mail server greets and answers EHLO (RFC 5321, 4.1.1.1)."""
    try:
        code, starttls = await asyncio.to_thread(_ehlo, host, port)
    except (OSError, smtplib.SMTPException) as error:
        return judge_mail(host, port, None, why=type(error).__name__)
    return judge_mail(host, port, code, starttls=starttls)


def _ehlo(host: str, port: int) -> tuple[int, bool]:
    implicit_tls = 465
    kind = smtplib.SMTP_SSL if port == implicit_tls else smtplib.SMTP
    with kind(host, port, timeout=_WITHIN) as server:
        code, _ = server.ehlo()
        return code, server.has_extn("starttls")


def judge_mail(host: str, port: int, code: int | None, *, why: str = "", starttls: bool = False) -> Finding:
    """What its answer to EHLO means; None if there was none."""
    if code is None:
        return failed(
            "mail",
            (f"邮件服务器 {host}:{port} 没有应答。", f"The mail server {host}:{port} does not answer ({why})."),
            ("请检查地址、端口与防火墙；信函会留存并重试四天。", "Check address and firewall; letters wait four days."),
        )
    if code != HTTPStatus.OK + 50:  # 250, RFC 5321
        return failed(
            "mail",
            (f"邮件服务器拒绝 EHLO（{code}）。", f"The mail server refuses EHLO ({code})."),
            ("请让它接受本机来信。", "Have it take mail from this machine."),
        )
    told = "，支持 STARTTLS" if starttls else "，不支持 STARTTLS"
    return ok("mail", f"邮件服务器应答{told}", f"the mail server answers, {'with' if starttls else 'without'} STARTTLS")


async def issuer(jwks_url: str) -> Finding:
    """Whether the issuer of tokens publishes its keys."""
    try:
        async with httpx2.AsyncClient(timeout=_WITHIN, trust_env=False) as client:
            answer = await client.get(jwks_url)
        return judge_issuer(answer.status_code, answer.content)
    except httpx2.HTTPError as error:
        return judge_issuer(None, type(error).__name__.encode())


def judge_issuer(status: int | None, body: bytes) -> Finding:
    """What came: a set with a key, or not."""
    remedy = (
        "请检查 SIHAO_OIDC_JWKS_URL 与签发者；已读到的公钥仍可用。",
        "Check SIHAO_OIDC_JWKS_URL and the issuer; keys that were read serve on.",
    )
    if status is None:
        return failed("issuer", ("令牌签发者没有应答。", f"The issuer does not answer ({body.decode()})."), remedy)
    if status != HTTPStatus.OK:
        return failed("issuer", (f"令牌签发者答复 {status}。", f"The issuer answers {status}."), remedy)
    try:
        keys = KeySet.import_key_set(httpx2.Response(status, content=body).json()).keys
    except (ValueError, KeyError, TypeError, AttributeError, JoseError):
        return failed("issuer", ("签发者的答复不是公钥集。", "The issuer's answer is no JWK Set."), remedy)
    if not keys:
        return failed("issuer", ("签发者的公钥集为空。", "The issuer's JWK Set is empty."), remedy)
    return ok("issuer", f"签发者公布 {len(keys)} 把公钥", f"the issuer publishes {len(keys)} key(s)")


async def collector(otlp_url: str) -> Finding:
    """Whether the collector takes an (empty) export over OTLP/HTTP."""
    url = otlp_url if otlp_url.endswith("/v1/traces") else otlp_url.rstrip("/") + "/v1/traces"
    try:
        async with httpx2.AsyncClient(timeout=_WITHIN, trust_env=False) as client:
            answer = await client.post(url, content=b"", headers={"content-type": "application/x-protobuf"})
        return judge_collector(answer.status_code)
    except httpx2.HTTPError:
        return judge_collector(None)


def judge_collector(status: int | None) -> Finding:
    """What it said to an empty export."""
    if status == HTTPStatus.OK:
        return ok("traces", "追踪接收端正常", "the collector takes traces")
    told = "没有应答" if status is None else f"答复 {status}"
    return warning(
        "traces",
        (
            f"追踪接收端{told}，追踪会丢失，业务不受影响。",
            f"No traces are taken ({status or 'no answer'}); all else works.",
        ),
        ("请检查 OTEL_EXPORTER_OTLP_ENDPOINT 与收集器。", "Check OTEL_EXPORTER_OTLP_ENDPOINT and the collector."),
    )
