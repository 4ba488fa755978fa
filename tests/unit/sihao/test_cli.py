"""The command as a whole: every room can be entered, and none is entered to list them."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from sihao.cli import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_run_and_says_what_it_is_for(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert COMMANDS[name].help in told.output


def test_all_are_listed_without_being_imported() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from sihao.cli import app\n"
        "told = CliRunner().invoke(app, ['--help']); assert told.exit_code == 0\n"
        "print(*(name for name in sys.modules if name.startswith(('services', 'shared', 'conformance'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.split() == []


def test_a_name_that_is_none_is_refused_with_what_is_near() -> None:
    told = CliRunner().invoke(app, ["provnce"])
    assert told.exit_code == 2
    assert "province" in told.output
