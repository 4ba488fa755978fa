"""Many applications at once: in order, in little memory, a wrong line stops nothing, digests are compared."""

import json
from itertools import count, repeat

import pytest
import typer
from typer.testing import CliRunner

from services.scoring.domain import score
from services.scoring.library import example_parameters
from services.scoring.rescore import Terms, rescore
from services.scoring.rescore_cli import rescore_command
from sihao.cli import app as sihao_app
from tests.unit.scoring.samples import chamber, example, sihao, sihao_parameters

TERMS = Terms("sihao-2019", json.dumps(example_parameters("sihao-2019")))
app = typer.Typer()
app.command()(rescore_command)


def line(visits: int = 31, **more: object) -> dict[str, object]:
    """An application of its own, by its visits."""
    application = example()
    application["facts"]["B2.i"]["visited"]["2020"] = visits
    return {**application, **more}


def written(lines: list[object]) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in lines)


def run(tmp_path, content: bytes, *options: object):
    file = tmp_path / "applications.jsonl"
    file.write_bytes(content)
    found = CliRunner().invoke(app, [str(file), "--processes", "1", *map(str, options)])
    return found, [json.loads(one) for one in found.stdout.splitlines()]


def card(application, marks=None):
    return score(application["facts"], chamber(), sihao(), sihao_parameters(), (), marks)


def test_every_line_is_scored_as_alone(tmp_path):
    applications = [{**line(visits), "evidence": []} for visits in (10, 31, 32)]
    found, results = run(tmp_path, written(applications))
    assert found.exit_code == 0
    assert [result["line"] for result in results] == [1, 2, 3]
    for application, result in zip(applications, results, strict=True):
        alone = card(application)
        assert (result["digest"], result["total"]) == (alone.digest, str(alone.total))
        assert result["points"] == {item.code: str(item.points) for item in alone.items}
        assert result["gates"] == {gate.code: gate.result for gate in alone.gates}
    assert "已重算 scored 3" in found.stderr
    assert "100%" in found.stderr


def test_a_wrong_line_is_named_and_stops_nothing(tmp_path):
    wrong = line()
    wrong["facts"]["B2.i"]["visited"] = 3
    content = written([line(), wrong]) + b"{\n\n" + written([line(marks={"B1.a": "9"}), line(extra=1), line()])
    found, results = run(tmp_path, content)
    assert found.exit_code == 1
    assert [result["line"] for result in results] == [1, 7]
    for place in ("line 2  facts.B2.i.visited", "line 3  application", "line 5  marks.B1.a", "line 6  extra"):
        assert place in found.stderr
    assert "应为" in found.stderr
    assert found.stderr.count("→") == 4
    assert "有误 wrong 4" in found.stderr


def test_a_digest_that_differs_from_the_announced_one_is_named(tmp_path):
    announced = card(line(evidence=[])).digest
    lines = [line(evidence=[], digest=announced), line(evidence=[], digest="0" * 64), line(evidence=[])]
    found, results = run(tmp_path, written(lines))
    assert found.exit_code == 1
    assert [result.get("same") for result in results] == [True, False, None]
    assert "line 2  digest" in found.stderr
    assert "摘要不一致 digest differs 1" in found.stderr


def test_results_go_to_a_file_on_request(tmp_path):
    out = tmp_path / "scored.jsonl"
    found, _ = run(tmp_path, written([line()]), "--out", out)
    assert (found.exit_code, found.stdout) == (0, "")
    assert json.loads(out.read_bytes())["line"] == 1


@pytest.mark.parametrize(
    "options", [("--rubric", "sihao-1999"), ("--out", "/no/such/folder/x"), ("--parameters", "/x")]
)
def test_what_cannot_be_begun_ends_with_2(tmp_path, options):
    found, results = run(tmp_path, written([line()]), *options)
    assert (found.exit_code, results) == (2, [])
    assert "→" in found.stderr


def test_a_missing_file_ends_with_2(tmp_path):
    found = CliRunner().invoke(sihao_app, ["rescore", str(tmp_path / "none.jsonl")])
    assert found.exit_code == 2
    assert "→" in found.stderr


def test_an_endless_file_is_read_only_as_far_as_it_is_scored():
    """Memory does not grow with the file: what is not needed yet is not read."""
    read = count()
    endless = (b'{"line": %d}\n' % next(read) for _ in repeat(None))
    first = next(rescore(endless, TERMS, processes=1))
    assert len(first.results) <= next(read) <= 1000


def test_processes_share_the_work_and_keep_the_order():
    content = json.dumps(line(), ensure_ascii=False).encode() + b"\n"
    chunks = list(rescore(repeat(content, 450), TERMS, processes=2))
    results = [result for chunk in chunks for result in chunk.results]
    assert [result.line for result in results] == list(range(1, 451))
    assert {json.loads(result.output)["digest"] for result in results} == {json.loads(results[0].output)["digest"]}
    assert sum(chunk.read for chunk in chunks) == 450 * len(content)
