"""`sihao certificate verify`: what it says and how it ends, by files alone."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.review.domain import credential as credentials
from services.review.domain import status_list as lists
from sihao.cli import app
from tests.unit.review import certificates as made

NOW = datetime.now(UTC)
CURRENT = made.credential().model_copy(
    update={"nbf": int((NOW - made.DAY).timestamp()), "exp": int((NOW + made.DAY).timestamp())}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that somebody has fetched: certificates, keys, status lists."""
    issuer = made.issuer()
    (tmp_path / "keys.json").write_text(issuer.published)
    current = issuer.sign(credentials.TYPE, CURRENT)
    (tmp_path / "current.jwt").write_text(current + "\n")
    (tmp_path / "scanned.txt").write_text(f"https://sihao.example/verify?q={made.HONOUR}#{current}")
    (tmp_path / "expired.jwt").write_text(made.signed())
    for name, statuses in {"clean": {}, "revoked": {made.PLACE: lists.INVALID}}.items():
        listed = lists.make(made.ADDRESS, made.LIST, statuses, NOW)
        (tmp_path / f"{name}.list").write_text(issuer.sign(lists.TYPE, listed))
    return tmp_path


def run(folder: Path, file: str, *more: str, keys: str = "keys.json", status: str = "") -> Result:
    """Call it."""
    given = ["certificate", "verify", str(folder / file), "--keys", str(folder / keys), *more]
    return CliRunner().invoke(app, [*given, "--status", str(folder / status)] if status else given)


def test_a_good_one_holds_and_is_told_in_both_languages(folder: Path) -> None:
    for file in ("current.jwt", "scanned.txt"):
        result = run(folder, file, status="clean.list")
        assert result.exit_code == 0, result.output
        assert "签名有效" in result.output
        assert "signed by" in result.output
        assert CURRENT.name in result.output


def test_without_a_list_it_holds_with_a_reminder(folder: Path) -> None:
    result = run(folder, "current.jwt")
    assert result.exit_code == 0
    assert "未核对是否撤销" in result.output


def test_a_revoked_one_and_an_expired_one_do_not_hold(folder: Path) -> None:
    revoked = run(folder, "current.jwt", "--json", status="revoked.list")
    assert revoked.exit_code == 1
    assert [finding["holds"] for finding in json.loads(revoked.output)["findings"]] == [True, True, False]
    expired = run(folder, "expired.jwt", status="clean.list")
    assert expired.exit_code == 1
    assert "已到期" in expired.output


@pytest.mark.parametrize(
    ("file", "keys"), [("none.jwt", "keys.json"), ("current.jwt", "none.json"), ("current.jwt", "current.jwt")]
)
def test_what_cannot_be_read_is_said_and_ends_in_two(folder: Path, file: str, keys: str) -> None:
    result = run(folder, file, keys=keys)
    assert result.exit_code == 2
    assert "无法读取" in result.output
