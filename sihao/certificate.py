"""`sihao certificate`: whether a certificate is genuine, in time and not revoked, without asking any server."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from rich.console import Console

from services.review.domain.verifying import Verdict, verify
from shared.contracts.chamber_words import LEVELS

certificate_app = typer.Typer(no_args_is_help=True)
_out = Console(soft_wrap=True, highlight=False, markup=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
_MARKS = {True: "✓", False: "✗", None: "?"}
_MOST = 2_000_000
"""Bytes that are read of a file."""


@certificate_app.callback()
def certificates() -> None:
    """核验证书 / Verify certificates."""


@certificate_app.command("verify")
def verify_command(
    file: Annotated[
        Path, typer.Argument(help="证书数据，或扫码所得网址 / the signed certificate, or the address from its QR code")
    ],
    keys: Annotated[Path, typer.Option(help="签发者的公钥集 / the issuer's public keys (/.well-known/jwks.json)")],
    status: Annotated[
        Path | None, typer.Option(help="状态列表 / the status list (/status-lists/…)", show_default=False)
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """核验一份证书，无需联网 / Verify a certificate, offline.

    退出码：0 核验项全部成立，1 有不成立的，2 文件无法读取。
    Exit code: 0 what was checked holds, 1 something does not, 2 a file cannot be read.
    """
    token = _read(file).rpartition("#")[2]
    listed = _read(status) if status else None
    verdict = verify(token, _keys(keys), listed, datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(verdict.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        _print(verdict)
    raise typer.Exit(0 if verdict.holds else 1)


def _print(verdict: Verdict) -> None:
    for finding in verdict.findings:
        _out.print(f"{_MARKS[finding.holds]} {finding.words}")
    stated = verdict.credential
    if stated:
        level = LEVELS[stated.level]
        now = f"（签发时名称 name when signed: {stated.name_now}）" if stated.name_now else ""
        _out.print(f"  {stated.name}{now}  {stated.sub}  {level}  {stated.document}")
        _out.print(f"  {stated.jti}")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST).decode("utf-8").strip()
    except (OSError, ValueError) as error:
        _fail(path, error)


def _keys(path: Path) -> KeySet:
    try:
        return KeySet.import_key_set({"keys": list(json.loads(_read(path))["keys"])})
    except (ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
        _fail(path, error)


def _fail(path: Path, error: Exception) -> NoReturn:
    _err.print(f"文件 {path} 无法读取，请核对 / {path} cannot be read; check it  ({type(error).__name__})")
    raise typer.Exit(2) from error
