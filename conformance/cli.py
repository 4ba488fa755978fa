"""`sihao conformance`: run the kit against a province's review software, or read the clauses.

Ends with 0 if every clause passed, 1 if one failed, 3 if none failed and some were not checked, 2 if it could not run.
"""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Annotated

import typer
from aio_pika.exceptions import AMQPError
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from rich.console import Console

from conformance import badge
from conformance.centre import Sign
from conformance.clauses import groups
from conformance.hands import ByCommand, ByHand, CommandFailedError, Hands
from conformance.junit import as_junit
from conformance.report import as_json, tell, verdict
from conformance.run import Plan, Report, run
from conformance.signing import NoKeyError, signer
from shared.contracts import Text, parse_area

conformance_app = typer.Typer(no_args_is_help=True)
_out = Console()
_err = Console(stderr=True)
_EXIT = {"passed": 0, "failed": 1, "not_checked": 3}
_PROVINCE = 2


@conformance_app.command("clauses", help="列出全部条款 / List all clauses.")
def list_clauses() -> None:
    """Every clause, with its rule."""
    for group in groups():
        _out.print(f"[bold]{group.title}[/bold]")
        for clause in group.clauses:
            _out.print(f"  {clause.id:<9} {clause.rule.zh}\n{'':12}{clause.rule.en}", highlight=False)


@conformance_app.command("run", help="扮演全国一方，检验一省的审核软件 / Play the centre against a review software.")
def run_command(
    amqp_url: Annotated[
        str,
        typer.Option(
            "--amqp", envvar="SIHAO_AMQP_URL", metavar="URL", help="只接被测软件的消息队列 / a broker with it alone"
        ),
    ],
    area: Annotated[str, typer.Option(help="被测的省 / the province, e.g. 35")],
    *,
    round_: Annotated[
        str, typer.Option("--round", help="认定周期代码的前缀，不可重复使用 / prefix of its rounds; never used before")
    ] = "",
    driver: Annotated[str | None, typer.Option(metavar="URL", help="驱动程序 / the driver of the software")] = None,
    keys: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, metavar="JWKS", help="本省公钥 / its public keys")
    ] = None,
    centre_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, metavar="PEM", help="全国一方的私钥 / signs what the centre says"),
    ] = None,
    stop_command: Annotated[str | None, typer.Option(help="立即停止被测软件 / stops it at once: kill -9 …")] = None,
    start_command: Annotated[str | None, typer.Option(help="启动被测软件 / starts it")] = None,
    by_hand: Annotated[bool, typer.Option(help="由操作员停止与启动 / ask the operator to stop and start it")] = False,
    procedure: Annotated[str, typer.Option(help="周期所指定的省级程序 / the procedure rounds name")] = "province@1",
    patience: Annotated[float, typer.Option(min=1, help="静默多少秒视为不来 / seconds of silence to wait")] = 30.0,
    settle: Annotated[float, typer.Option(min=0.1, help="核对之前静默多少秒 / silence before judging")] = 5.0,
    burst: Annotated[int, typer.Option(min=2, help="途中停止的一批 / scorecards in the burst cut off")] = 200,
    flood: Annotated[int, typer.Option(min=1, help="积压件数 / scorecards that pile up")] = 10_000,
    json_: Annotated[Path | None, typer.Option("--json", dir_okay=False, metavar="FILE")] = None,
    junit: Annotated[Path | None, typer.Option(dir_okay=False, metavar="FILE")] = None,
    badge_file: Annotated[Path | None, typer.Option("--badge", dir_okay=False, metavar="FILE.svg|.json")] = None,
) -> None:
    """One run and its report."""
    plan = Plan(
        amqp_url=amqp_url,
        area=_province(area),
        run=(round_ or f"KIT-{secrets.token_hex(3)}").upper(),
        driver=driver,
        keys=_keys(keys) if keys else None,
        sign=_sign(centre_key) if centre_key else None,
        hands=_hands(stop_command, start_command, by_hand=by_hand),
        procedure=procedure,
        patience=patience,
        settle=settle,
        burst=burst,
        flood=flood,
    )
    try:
        report = asyncio.run(run(plan, _say))
    except CommandFailedError as error:
        _err.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error
    except (AMQPError, OSError) as error:
        _err.print("[red]消息队列没有应答，请检查 --amqp / the broker does not answer; check --amqp[/red]")
        raise typer.Exit(2) from error
    _write(report, json_, junit, badge_file)
    tell(report, _out)
    raise typer.Exit(_EXIT[verdict(report)])


def _say(words: Text) -> None:
    _err.print(f"· {words}", highlight=False)


def _write(report: Report, json_: Path | None, junit: Path | None, badge_file: Path | None) -> None:
    if json_:
        json_.write_text(as_json(report), encoding="utf-8")
    if junit:
        junit.write_text(as_junit(report), encoding="utf-8")
    if badge_file:
        badge.write(report, badge_file)


def _province(written: str) -> str:
    try:
        area = parse_area(written)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if len(area) != _PROVINCE or not area.isdigit():
        raise typer.BadParameter(f"须为省级代码，两位数字，得到 {written} / a province has two digits, got {written}")
    return area


def _hands(stop: str | None, start: str | None, *, by_hand: bool) -> Hands | None:
    if bool(stop) != bool(start):
        raise typer.BadParameter("--stop-command 与 --start-command 须一并给出 / give both or neither")
    if stop and start:
        return ByCommand(stop, start)
    return ByHand(input) if by_hand else None


def _sign(path: Path) -> Sign:
    try:
        return signer(path)
    except NoKeyError as error:
        raise typer.BadParameter(f"{path} 不是 Ed25519 私钥（PEM）/ is no private Ed25519 key (PEM)") from error


def _keys(path: Path) -> KeySet:
    try:
        return KeySet.import_key_set({"keys": list(json.loads(path.read_text(encoding="utf-8"))["keys"])})
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise typer.BadParameter(f"{path} 不是 JWK Set / is not a JWK Set ({type(error).__name__})") from error
