"""Intake on the command line: `sihao evidence slip`, for a province that keeps files in a store of its own."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from services.intake.domain.deposit import Slip
from services.intake.domain.media import sniff
from services.intake.slips import written
from shared.kernel.ed25519 import NoKey, private_key
from shared.runtime.sentences import translate

evidence_app = typer.Typer(no_args_is_help=True, help="自存材料 / files in a store of one's own")


@evidence_app.callback()
def _evidence() -> None:
    """自存材料 / files in a store of one's own."""


@evidence_app.command("slip")
def slip_command(
    file: Annotated[Path, typer.Argument(help="材料文件 / the file", exists=True, dir_okay=False)],
    *,
    application: Annotated[str, typer.Option(help="申报编号 / id of the application")],
    at: Annotated[str, typer.Option(help="本省材料库中该文件的地址 / its address in the province's store (https)")],
    key: Annotated[
        Path, typer.Option(help="本省签名私钥 / the province's private key (PEM)", exists=True, dir_okay=False)
    ],
) -> None:
    """为本省自存的一份材料开具材料单，由商会登记 / A slip for a file that the province keeps, for the chamber."""
    data = file.read_bytes()
    try:
        slip = Slip(
            application=application,
            sha256=hashlib.sha256(data).hexdigest(),
            name=file.name,
            media_type=sniff(data, file.name) or "",
            size=len(data),
            at=at,
            deposited=datetime.now(UTC),
        )
        typer.echo(written(slip, private_key(key.read_bytes())))
    except NoKey as error:
        typer.echo("--key：不是 Ed25519 私钥（PEM） / no Ed25519 private key (PEM)", err=True)
        raise typer.Exit(2) from error
    except ValidationError as error:
        for problem in translate([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]):
            typer.echo(f"{problem.field}  {problem.rule}", err=True)
        raise typer.Exit(2) from error
