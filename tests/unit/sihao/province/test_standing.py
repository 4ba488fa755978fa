"""How a province stands, in words and for programs; what of it somebody should look at."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sihao.cli import app
from sihao.province.standing import Line, Standing
from sihao.province.status import _show
from sihao.province.watching import Home

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def standing(**given: Any) -> Standing:
    return Standing.model_validate({"area": "35", "line": Line.UP, "waiting": 0, "trend": "done", **given})


BACKLOG = {"waiting": 9_000, "rate": 100.0, "ends": NOW + timedelta(seconds=90), "trend": "falling"}


def test_one_to_whom_nothing_comes_any_more_is_abreast() -> None:
    assert standing().abreast
    assert not standing().concerns


@pytest.mark.parametrize(
    "given", [BACKLOG, {"going_up": 3}, {"behind": "backlog"}, {"line": Line.DOWN}, {"line": Line.IDLE}]
)
def test_one_that_is_not_through_is_not_abreast(given: dict[str, Any]) -> None:
    assert not standing(**given).abreast


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"line": Line.DOWN}, "not connected"),
        ({"line": Line.IDLE, **BACKLOG}, "nobody consumes"),
        ({**BACKLOG, "rate": -2.0, "ends": None, "trend": "not-falling"}, "not getting less"),
        ({"dead": 2}, "2 dead letters"),
    ],
)
def test_what_somebody_should_look_at(given: dict[str, Any], words: str) -> None:
    [concern] = standing(**given).concerns
    assert words in concern.en
    assert standing(**given).as_json()["concerns"] == [concern.model_dump(mode="json")]


def test_a_backlog_that_gets_less_is_nobodys_concern() -> None:
    assert not standing(**BACKLOG).concerns


def test_the_table_says_everything_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    oldest = datetime.now(UTC) - timedelta(days=3, hours=1)
    ends = datetime.now(UTC) + timedelta(minutes=2)
    _show([standing(**{**BACKLOG, "ends": ends}, oldest=oldest, going_up=4, dead=1), standing(line=Line.DOWN)])
    said = capsys.readouterr().out
    for word in ("9000", "↑ 4", "100.0", "3 天 1 小时", "3 d 1 h", "未连接", "not connected", "1 条死信", "无积压"):
        assert word in said


def test_the_settings_of_a_service_tell_where_to_look() -> None:
    told = {"SIHAO_AREAS": "35,3502", "SIHAO_AMQP_URL": "amqp://here", "SIHAO_PORT": "8010"}
    assert Home.of(told) == Home("35", "amqp://here", "", "http://127.0.0.1:8010")
    assert Home.of({**told, "SIHAO_LINK_QUEUE": "sihao.up.35"}).link_queue == "sihao.up.35"


def test_a_file_without_settings_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "join-35.yaml"
    file.write_text("area: '35'\n")
    done = CliRunner().invoke(app, ["province", "status", str(file)], env={"COLUMNS": "250"})
    assert done.exit_code == 2
    assert "SIHAO_AMQP_URL" in done.output
