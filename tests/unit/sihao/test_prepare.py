"""What must stand before the first start."""

import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.kernel.ed25519 import private_key
from sihao.cli import app
from sihao.prepare import keys
from sihao.prepare.rights import SERVICES, may_announce, rights_of


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    made = keys.prepare(tmp_path / "keys")
    assert set(made) == {"signing", "certificates"}
    files = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    assert keys.prepare(tmp_path / "keys") == {}
    assert {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == files
    for name in made:
        path = tmp_path / "keys" / f"{name}.key.pem"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert private_key(path.read_bytes()).thumbprint() == made[name]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_right_on_another_s_queues_or_events(name: str) -> None:
    rights = rights_of(name)
    assert rights.configure == rights.write == rights.read
    own = re.compile(rights.read)
    for other in SERVICES:
        mine = other == name
        assert bool(own.match(f"{other}.round.opened.v1")) is mine
        assert bool(own.match(f"dead.{other}")) is mine
        assert not own.match(f"{other}x.round.opened.v1")
    assert bool(re.match(may_announce(name), "application.submitted.v1.35")) is (name == "intake")


def test_a_password_that_is_missing_is_named() -> None:
    done = CliRunner().invoke(
        app,
        ["prepare", "store", "intake=sihao_intake", "--member", "store:27017"],
        env={"SIHAO_INTAKE_PASSWORD": None, "SIHAO_STORE_PASSWORD": None},
    )
    assert done.exit_code == 2
    assert "SIHAO_INTAKE_PASSWORD" in done.stderr


def test_a_database_must_be_named() -> None:
    done = CliRunner().invoke(app, ["prepare", "store", "intake", "--member", "store:27017"], env={"COLUMNS": "250"})
    assert done.exit_code == 2
    assert "SERVICE=DATABASE" in done.stderr
