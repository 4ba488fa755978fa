"""A saved proof: the command, the ten lines of the manual, and the announcement in the golden examples agree."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dev.generate import ROOT
from services.review.domain.decided import Leaf
from sihao.cli import app

EXAMPLE = ROOT / "docs" / "proof.example.json"
PROOF: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
FORMER: dict[str, Any] = json.loads((Path(__file__).parent / "proof.v1.json").read_bytes())
"""One that was saved before leaves had a salt."""
GOLDEN = json.loads((ROOT / "shared/contracts/examples/announcement.made.v1.json").read_bytes())
OTHER = "0" * 64


def verify(*arguments: str | Path) -> Result:
    """`sihao verify proof …`."""
    return CliRunner().invoke(app, ["verify", "proof", *map(str, arguments)])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Where to save a proof."""
    return tmp_path / "proof.json"


def changed(**parts: Any) -> dict[str, Any]:
    """The example with parts of it, or of its leaf, changed."""
    leaf = {name: value for name, value in parts.items() if name in PROOF["leaf"]}
    rest = {name: value for name, value in parts.items() if name not in leaf}
    return {**PROOF, **rest, "leaf": {**PROOF["leaf"], **leaf}}


FORGED = [
    changed(outcome="withheld"),
    changed(salt="0" * 32),
    changed(points="99.99"),
    changed(head=OTHER),
    changed(entries=10),
    changed(index=1),
    changed(size=1),
    changed(size=10),
    changed(path=PROOF["path"][::-1]),
    changed(path=[*PROOF["path"], OTHER]),
    changed(path=[]),
    changed(root=OTHER),
]


def test_the_example_is_the_announced_one_and_a_leaf_as_they_are_frozen() -> None:
    assert (PROOF["root"], PROOF["size"]) == (GOLDEN["decisions"]["root"], GOLDEN["decisions"]["size"])
    assert PROOF["announcement"] == GOLDEN["announcement"]
    assert json.loads(Leaf.model_validate(PROOF["leaf"]).canonical) == PROOF["leaf"]


def test_a_proof_against_the_published_root_says_what_is_proved() -> None:
    result = verify(EXAMPLE, "--root", PROOF["root"].upper())
    assert result.exit_code == 0
    for words in ("证明成立", "授予称号", "Proved", "the honour is granted", "87.79", PROOF["leaf"]["case"]):
        assert words in result.stdout
    assert "取自文件本身" not in result.stdout


def test_a_proof_of_before_there_were_salts_still_holds(saved: Path) -> None:
    saved.write_text(json.dumps(FORMER))
    assert verify(saved, "--root", FORMER["root"]).exit_code == 0
    assert "salt" not in FORMER["leaf"]
    leaf = Leaf.model_validate(FORMER["leaf"])
    assert json.loads(leaf.canonical) == leaf.model_dump(mode="json") == FORMER["leaf"]


def test_without_a_root_the_reader_is_told_to_compare() -> None:
    result = verify(EXAMPLE)
    assert result.exit_code == 0
    assert f"所用的根取自文件本身：{PROOF['root']}" in result.stdout
    assert "nothing is proved" in result.stdout


@pytest.mark.parametrize("forged", FORGED)
def test_any_change_is_not_proved(forged: dict[str, Any], saved: Path) -> None:
    saved.write_text(json.dumps(forged))
    for result in (verify(saved), verify(saved, "--root", PROOF["root"])):
        assert result.exit_code == 1
        assert "证明不成立" in result.stdout
        assert "Not proved" in result.stdout


def test_another_root_is_another_list() -> None:
    result = verify(EXAMPLE, "--root", OTHER, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["proved"] is False
    assert "另一份清单" in result.stdout


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", json.dumps(changed(root="x")), json.dumps(changed(points=87.79)), '{"leaf": {}}']
)
def test_what_is_no_proof_cannot_be_looked_at(content: str, saved: Path) -> None:
    saved.write_text(content)
    result = verify(saved)
    assert result.exit_code == 2
    assert "不是一份决定证明" in " ".join(result.stderr.split())


def test_a_file_that_is_not_there_cannot_be_looked_at(saved: Path) -> None:
    assert verify(saved).exit_code == 2


def test_a_file_from_a_stranger_cannot_write_to_the_terminal(saved: Path) -> None:
    saved.write_text(json.dumps(changed(case="\x1b[2J\n")))
    assert "\x1b" not in verify(saved).stdout


@pytest.mark.parametrize("proof", [PROOF, FORMER, *(forged for forged in FORGED if forged["root"] == PROOF["root"])])
def test_the_ten_lines_of_the_manual_come_to_the_same(proof: dict[str, Any], saved: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "verify.md").read_text(encoding="utf-8"), re.DOTALL)
    saved.write_text(json.dumps(proof))
    done = subprocess.run([sys.executable, "-c", program, saved, proof["root"]], check=False, capture_output=True)  # noqa: S603 - our own manual's
    assert done.returncode == verify(saved).exit_code == (0 if proof in (PROOF, FORMER) else 1)


def test_a_store_that_does_not_answer_cannot_be_looked_at() -> None:
    address = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"
    result = CliRunner().invoke(app, ["verify", "store", "review", "--mongo-url", address, "--database", "x"])
    assert result.exit_code == 2
    assert "the store does not answer" in " ".join(result.stderr.split())


def test_a_service_that_does_not_exist_is_named() -> None:
    result = CliRunner().invoke(app, ["verify", "store", "nobody", "--mongo-url", "mongodb://x", "--database", "x"])
    assert result.exit_code == 2
    assert "nobody" in result.stderr
