"""`make help` names every command, and no recipe breaks in a directory with a space."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")
COMMANDS = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split()


def _make(*arguments: str) -> str:
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["make", *arguments],  # noqa: S607 - whichever make the developer has
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_help_lists_every_command_in_both_languages():
    lines = dict(re.findall(r"^  make (\S+) +(.+)$", _make("help"), re.MULTILINE))
    assert list(lines) == COMMANDS
    assert [name for name, text in lines.items() if not re.fullmatch(r".*[一-鿿].* / .*[a-z].*", text)] == []


def test_help_is_what_make_says_by_itself():
    assert _make() == _make("help")


@pytest.mark.parametrize("once", ["1", "yes"])
def test_once_is_passed_to_the_demo(once):
    assert "-m demo --once" in _make("--dry-run", "demo", f"ONCE={once}")


@pytest.mark.parametrize("arguments", [[], ["ONCE="], ["ONCE=0"]])
def test_without_once_the_demo_stays(arguments):
    assert "--once" not in _make("--dry-run", "demo", *arguments)


LISTS = sorted(str(path.relative_to(PROJECT)) for path in PROJECT.glob("requirements/*.txt"))


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt", *LISTS])
def test_requirements_are_hashed_and_name_no_host(path):
    lines = (PROJECT / path).read_text("utf-8").splitlines()
    pins = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert len(pins) > 50
    assert [pin for pin in pins if not re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+ (; .+ )?\\$", pin)] == []
    assert [line for line in lines if "://" in line or re.match(r"\s*--(?!hash=)", line)] == []


@pytest.mark.parametrize("path", ["requirements.txt", *LISTS])
def test_what_runs_has_the_same_versions_as_what_is_tested(path):
    runtime, tested = (
        dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (PROJECT / name).read_text("utf-8"), re.MULTILINE))
        for name in (path, "requirements-dev.txt")
    )
    assert runtime.items() <= tested.items()
