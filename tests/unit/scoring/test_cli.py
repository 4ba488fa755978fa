"""The command line: readable, canonical on demand, exit code 2 with every wrong place named."""

import json

import pytest
import typer
from typer.testing import CliRunner

from services.scoring.cli import rubric_app, score_command
from services.scoring.domain import score
from services.scoring.library import FOLDER
from shared.kernel.canonical import canonical_bytes
from tests.unit.scoring.samples import EXAMPLE, chamber, example, sihao, sihao_parameters

app = typer.Typer()
app.command("score")(score_command)
app.add_typer(rubric_app, name="rubric")


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_scorecard_is_printed_in_chinese_and_english():
    found = run("score", EXAMPLE)
    assert found.exit_code == 0
    assert "准入 admitted" in found.stdout
    assert "31/160＝19.38" in found.stdout
    assert "差 1 家" in found.stdout
    assert "--parameters" in found.stderr


def test_json_is_canonical_and_the_same_as_the_librarys():
    found = run("score", EXAMPLE, "--json", "--parameters", FOLDER / "sihao-2019.parameters.example.yaml")
    application = json.loads(found.stdout)
    assert found.stderr == ""
    assert found.stdout_bytes.rstrip(b"\n") == canonical_bytes(application)
    alone = score(example()["facts"], chamber(), sihao(), sihao_parameters())
    assert application["total"] == str(alone.total)
    assert next(g["evidence"] for g in application["gates"] if g["code"] == "S1")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda a: a["facts"]["B2.i"].update(visited=3), "facts.B2.i.visited"),
        (lambda a: a["facts"].update({"Z1.z": {}}), "facts.Z1.z"),
        (lambda a: a["chamber"].update(levle="city"), "chamber.levle"),
        (lambda a: a["chamber"].pop("area"), "chamber.area"),
        (lambda a: a["evidence"][0].update(sha256="x"), "evidence.0.sha256"),
    ],
)
def test_bad_facts_end_with_2_and_name_the_place(tmp_path, change, place):
    application = example()
    change(application)
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(application), encoding="utf-8")
    found = run("score", file)
    assert (found.exit_code, found.stdout) == (2, "")
    assert place in found.stderr
    assert "→" in found.stderr


@pytest.mark.parametrize("content", [None, "{", "[]", '{"facts": {}}'])
def test_a_file_that_is_no_application_ends_with_2(tmp_path, content):
    file = tmp_path / "facts.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert run("score", file).exit_code == 2


@pytest.mark.parametrize("content", ["[]", "parameters: {leading_firms: 3}", "a: [", ""])
def test_bad_parameters_end_with_2(tmp_path, content):
    file = tmp_path / "parameters.yaml"
    file.write_text(content, encoding="utf-8")
    found = run("score", EXAMPLE, "--parameters", file)
    assert found.exit_code == 2
    assert "/" in found.stderr


def test_an_unknown_rubric_ends_with_2():
    found = run("score", EXAMPLE, "--rubric", "sihao-1999")
    assert found.exit_code == 2
    assert "sihao-2019" in found.stderr


def test_rubrics_are_listed_shown_and_checked(tmp_path):
    assert "sihao-2019@1" in run("rubric", "list").stdout
    shown = run("rubric", "show").stdout
    assert "每年要实地走访20%以上的会员企业" in shown
    assert "leading_firms" in shown
    assert json.loads(run("rubric", "show", "sihao-2019", "--json").stdout)["id"] == "sihao-2019"
    assert run("rubric", "check", FOLDER / "sihao-2019.yaml").exit_code == 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((FOLDER / "sihao-2019.yaml").read_text(encoding="utf-8").replace("points: 100\n", "points: 99\n"))
    found = run("rubric", "check", wrong)
    assert found.exit_code == 2
    assert "sihao-2019.points" in found.stderr
