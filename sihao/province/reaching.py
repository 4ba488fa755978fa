"""Whether the broker of the centre can be reached: name, port, TLS, login, each told apart from the others."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from yarl import URL

from shared.runtime.probe import LoginRefused, NoConnection, NoSuchPlace, Probe, probing
from sihao.province.findings import Finding, failed, ok, warning
from sihao.province.join_file import JoinFile

_WITHIN = 5.0
"""Seconds for a connection. Our default."""
_RENEW_BEFORE = timedelta(days=30)
"""A certificate that ends sooner is told of. Our default."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def trusted(join: JoinFile) -> ssl.SSLContext | None:
    """Whom the broker's certificate must come from; None where nothing is encrypted."""
    if not join.broker.startswith("amqps:"):
        return None
    return ssl.create_default_context(cadata=join.ca or None)


@asynccontextmanager
async def reaching(join: JoinFile, findings: list[Finding]) -> AsyncIterator[Probe | None]:
    """Connect step by step and say how far it goes; None if not all the way."""
    url = URL(join.broker)
    host, port = url.host or "", url.port or (5671 if url.scheme == "amqps" else 5672)
    found = await _port(host, port)
    if found is None and url.scheme == "amqps":
        context = _context(join)
        found = context if isinstance(context, Finding) else await _tls(host, port, context, findings)
    elif found is None and host not in _LOOPBACK:
        findings.append(
            warning(
                "broker.tls",
                ("到中央消息队列的连接未加密。", "The connection to the broker of the centre is not encrypted."),
                (
                    "请中央改用 amqps:// 地址重新签发接入文件。",
                    "Ask the centre for a join file with an amqps:// address.",
                ),
            )
        )
    if found is not None:
        findings.append(found)
        yield None
        return
    findings.append(ok("broker.port", f"{host}:{port} 可达", f"{host}:{port} is reached"))
    try:
        async with probing(join.amqp_url(), trusted(join)) as probe:
            findings.append(ok("broker.login", f"已以 {join.user} 登录", f"logged in as {join.user}"))
            yield probe
            return
    except LoginRefused:
        findings.append(_wrong_password(join))
    except NoSuchPlace:
        findings.append(_wrong_place(join))
    except NoConnection:
        findings.append(_hung_up(host, port))
    yield None


async def _port(host: str, port: int) -> Finding | None:
    try:
        async with asyncio.timeout(_WITHIN):
            _, writer = await asyncio.open_connection(host, port)
    except socket.gaierror:
        return failed(
            "broker.name",
            (f"主机名 {host} 无法解析。", f"The name {host} is not known."),
            ("请检查 DNS，或在 hosts 文件中登记该主机。", "Check DNS, or put the host into the hosts file."),
        )
    except (OSError, TimeoutError):
        return failed(
            "broker.port",
            (f"{host}:{port} 连接不上。", f"{host}:{port} does not answer."),
            (
                f"请检查本省防火墙是否放行到 {host} 的出站 TCP {port}，并向中央确认其消息队列在运行。",
                f"See that the province's firewall lets TCP {port} out to {host}, and ask the centre whether it runs.",
            ),
        )
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return None


def _context(join: JoinFile) -> ssl.SSLContext | Finding:
    try:
        context = trusted(join)
        assert context is not None  # noqa: S101 - asked of amqps only
    except (ssl.SSLError, ValueError):
        return failed(
            "broker.ca",
            ("接入文件中的 CA 证书无法读取。", "The certificates of the authority in the join file cannot be read."),
            ("请向中央索取新的接入文件。", "Ask the centre for a new join file."),
        )
    return context


async def _tls(host: str, port: int, context: ssl.SSLContext, findings: list[Finding]) -> Finding | None:
    try:
        async with asyncio.timeout(_WITHIN):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        return _unverified(error, host)
    except ssl.SSLError:
        return failed(
            "broker.tls",
            (f"{host}:{port} 不是 TLS 端口。", f"{host}:{port} does not speak TLS."),
            ("请向中央核对端口：AMQPS 通常为 5671。", "Check the port with the centre: AMQPS is usually 5671."),
        )
    except (OSError, TimeoutError):
        return _hung_up(host, port)
    peer = writer.get_extra_info("peercert") or {}
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    findings.append(_until(peer))
    return None


def _until(peer: dict[str, str]) -> Finding:
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(peer["notAfter"]), UTC)
    if end - datetime.now(UTC) < _RENEW_BEFORE:
        return warning(
            "broker.certificate",
            (f"中央消息队列的证书将于 {end:%Y-%m-%d} 到期。", f"The broker's certificate ends on {end:%Y-%m-%d}."),
            ("请提醒中央换发证书。", "Remind the centre to renew it."),
        )
    return ok("broker.certificate", f"证书可信，有效至 {end:%Y-%m-%d}", f"certificate trusted until {end:%Y-%m-%d}")


def _unverified(error: ssl.SSLCertVerificationError, host: str) -> Finding:
    match error.verify_code:
        case 9 | 10:  # OpenSSL, x509_vfy.h: not yet valid, expired
            return failed(
                "broker.certificate",
                ("中央消息队列的证书已过期或尚未生效。", "The broker's certificate has expired, or is not valid yet."),
                (
                    "请检查本机时间；时间无误则请中央换发证书。",
                    "Check this machine's time; if right, the centre must renew it.",
                ),
            )
        case 62 | 64:  # another name, another address
            return failed(
                "broker.certificate",
                (f"证书不是签发给 {host} 的。", f"The certificate was not issued to {host}."),
                ("请向中央核对地址；勿关闭校验。", "Check the address with the centre; do not turn verification off."),
            )
    return failed(
        "broker.certificate",
        (
            "中央消息队列的证书不是由可信的机构签发。",
            "The broker's certificate comes from no authority that is trusted here.",
        ),
        (
            "接入文件中的 CA 与实际不符：请向中央索取新的接入文件；若仍不符，可能有人截听，请停止接入并报告。",
            "The authority in the join file is another: ask for a new file. If that fails too, stop and report it.",
        ),
    )


def _hung_up(host: str, port: int) -> Finding:
    return failed(
        "broker.answer",
        (f"{host}:{port} 接受连接后随即断开。", f"{host}:{port} takes a connection and hangs up."),
        (
            "线路被切断，或中间有防火墙、代理拦截，或该端口不是消息队列。请与网络管理员核对。",
            "The link is cut, a firewall or proxy stands between, or the port is no broker's. Check with your network.",
        ),
    )


def _wrong_password(join: JoinFile) -> Finding:
    return failed(
        "broker.login",
        (f"账号 {join.user} 或密码不被接受。", f"The user {join.user} or its password is not accepted."),
        (
            f"接入文件可能已被更新的取代：请中央运行 sihao province renew-password {join.area} 并送来新文件。",
            f"A newer file may have replaced this one: have the centre run sihao province renew-password {join.area}.",
        ),
    )


def _wrong_place(join: JoinFile) -> Finding:
    return failed(
        "broker.vhost",
        (
            f"账号 {join.user} 不得进入该虚拟主机，或其连接数已满。",
            f"The user {join.user} may not enter this virtual host, or has as many connections as it may.",
        ),
        (
            f"请中央运行 sihao province show {join.area}；或先停掉多余的进程。",
            f"Have the centre run sihao province show {join.area}; or stop processes that are too many.",
        ),
    )
