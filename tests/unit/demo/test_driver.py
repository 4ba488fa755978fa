"""The driver's own parts: waiting that names what is left, the reckoning, the rights on the broker, the workbook."""

import io
import re
import shlex
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from openpyxl import load_workbook

from demo import tokens
from demo.account import _outcome
from demo.api import StalledError, each, until
from demo.data import SCENARIO, Scenario
from demo.opening import as_xlsx
from demo.play import Play
from demo.stand import may_announce, may_hear
from shared.contracts import EVENTS, text
from shared.contracts.provinces import PROVINCE_MAY_WRITE

WHAT = text("等待", "waiting")


async def test_waiting_ends_when_nothing_is_left() -> None:
    looks = [["a", "b"], ["b"], []]

    async def left() -> list[str]:
        return looks.pop(0)

    await until(WHAT, left, patience=5)
    assert looks == []


async def test_waiting_in_vain_names_what_is_left() -> None:
    async def left() -> list[str]:
        return ["CN-2024-1"]

    with pytest.raises(StalledError, match="CN-2024-1"):
        await until(WHAT, left, patience=0.2)


async def test_the_first_failure_ends_the_others() -> None:
    async def act(number: int) -> None:
        if number == 3:
            raise StalledError("three")

    with pytest.raises(StalledError, match="three"):
        await each(range(10), act)


@pytest.mark.parametrize(
    ("status", "case", "outcome"),
    [
        ("honoured", {"status": "honoured"}, ("honoured", "")),
        ("declined", {"status": "declined", "code": "gate"}, ("declined", "gate")),
        ("withheld", {"status": "declined", "code": "objection"}, ("withheld", "objection")),
        ("withdrawn", None, ("withdrawn", "")),
        ("late", None, ("late", "")),
        ("honoured", {"status": "open"}, ("honoured≠open", "")),
        ("under_review", {"status": "declined", "code": "quota"}, ("under_review≠declined", "quota")),
        ("missing", None, ("missing≠—", "")),
    ],
)
def test_an_outcome_counts_only_where_intake_and_review_agree(
    status: str, case: dict[str, str] | None, outcome: tuple[str, str]
) -> None:
    assert _outcome(status, case) == outcome


def test_a_provincemay_announce_its_own_events_in_its_own_area_only() -> None:
    may = re.compile(may_announce("review", "35"))
    own = set(PROVINCE_MAY_WRITE)
    assert own < {name for name, event in EVENTS.items() if event.source == "review"}
    assert {name for name in EVENTS if may.search(f"{name}.35.02")} == own
    assert not any(may.search(f"{name}.{area}") for name in EVENTS for area in ("37", "37.35", "CN", "3501"))
    assert all(may.search(f"{name}.35") for name in own)


def test_a_provincemay_hear_its_own_area_and_the_rounds_of_the_centre() -> None:
    may = re.compile(may_hear("35"))
    assert may.search("round.opened.v1.CN.#")
    assert may.search("application.scored.v1.35.#")
    assert not any(may.search(key) for key in ("application.scored.v1.#", "application.scored.v1.37.#", "#"))


def test_a_city_may_hear_its_own_area_and_of_those_above_only_their_rounds() -> None:
    may = re.compile(may_hear("3502"))
    allowed = ("round.opened.v1.CN.#", "round.opened.v1.35", "round.opened.v1.35.02.#", "application.scored.v1.35.02.#")
    assert all(may.search(key) for key in allowed)
    barred = ("round.opened.v1.35.#", "round.opened.v1.35.01", "application.scored.v1.35.#", "application.scored.v1.35")
    assert not any(may.search(key) for key in (*barred, "application.scored.v1.35.01.#", "#"))
    announce = re.compile(may_announce("review", "3502"))
    assert announce.search("honour.granted.v1.35.02.03")
    assert not any(announce.search(f"honour.granted.v1.{key}") for key in ("35", "35.01", "3502", "CN"))


def test_a_workbook_says_what_the_list_says() -> None:
    data = (SCENARIO / "chambers-37.csv").read_bytes()
    rows = list(load_workbook(io.BytesIO(as_xlsx(data))).worksheets[0].values)
    assert len(rows) == len(data.decode("utf-8-sig").splitlines())
    assert rows[0][0] == "统一社会信用代码"


def test_the_tokens_are_a_file_for_the_shell_and_for_its_owner_only(tmp_path: Path) -> None:
    platform = SimpleNamespace(services={"intake": "http://127.0.0.1:1"})
    for role in ("secretary", "officer", "expert", "operator"):
        setattr(platform, role, lambda *who: SimpleNamespace(token=f"token of {who}"))
    stand = SimpleNamespace(amqp_url="amqp://u:p@127.0.0.1/v")
    play = SimpleNamespace(platform=platform, stand=stand, scenario=Scenario(), code="CN-2024")
    path = tmp_path / "a folder" / "tokens.sh"
    path.parent.mkdir()
    command = tokens.write(cast("Play", play), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "/applications/CN-2024-5135" in command
    words = shlex.split(path.read_text("utf-8"), comments=True)
    values = dict(word.split("=", 1) for word in words)
    assert values["OFFICER_CN"] == "token of ('CN',)"
    assert values["AMQP_URL"] == "amqp://u:p@127.0.0.1/v"
    assert shlex.split(command.partition(";")[0]) == [".", str(path)]
