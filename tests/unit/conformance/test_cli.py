"""`sihao conformance` refuses what it cannot use, and says what to do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from conformance.clauses import clauses
from sihao.cli import app

RUN = ["conformance", "run", "--amqp", "amqp://127.0.0.1:1/", "--area", "35"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--area", "3502"], 2, "two digits"),
        (["--area", "CN"], 2, "two digits"),
        (["--stop-command", "true"], 2, "give both or neither"),
        (["--keys", "KEYS"], 2, "is not a JWK Set"),
        (["--centre-key", "KEYS"], 2, "no private Ed25519 key"),
        ([], 2, "check --amqp"),
    ],
)
def test_what_cannot_be_used_is_refused(more: list[str], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("[]", "utf-8")
    given = [str(tmp_path / "keys") if word == "KEYS" else word for word in more]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*RUN, *given])
    assert result.exit_code == code
    assert said in result.output


def test_the_clauses_can_be_read() -> None:
    result = CliRunner().invoke(app, ["conformance", "clauses"])
    assert all(clause in result.output for clause in clauses())
