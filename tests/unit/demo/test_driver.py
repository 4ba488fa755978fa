"""The driver's own parts: waiting that names what is left, the reckoning, the rights on the broker, the workbook."""

import io
import re

import pytest
from openpyxl import load_workbook

from demo.account import _outcome
from demo.api import StalledError, each, until
from demo.data import SCENARIO
from demo.opening import as_xlsx
from demo.stand import _may_announce, _may_hear
from shared.contracts import EVENTS, text

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


def test_a_province_may_announce_its_own_events_in_its_own_area_only() -> None:
    may = re.compile(_may_announce("review", "35"))
    own = {name for name, event in EVENTS.items() if event.source == "review"}
    assert {name for name in EVENTS if may.search(f"{name}.35.02")} == own
    assert not any(may.search(f"{name}.{area}") for name in EVENTS for area in ("37", "37.35", "CN", "3501"))
    assert all(may.search(f"{name}.35") for name in own)


def test_a_province_may_hear_its_own_area_and_the_rounds_of_the_centre() -> None:
    may = re.compile(_may_hear("35"))
    assert may.search("round.opened.v1.CN.#")
    assert may.search("application.scored.v1.35.#")
    assert not any(may.search(key) for key in ("application.scored.v1.#", "application.scored.v1.37.#", "#"))


def test_a_workbook_says_what_the_list_says() -> None:
    data = (SCENARIO / "chambers-37.csv").read_bytes()
    rows = list(load_workbook(io.BytesIO(as_xlsx(data))).worksheets[0].values)
    assert len(rows) == len(data.decode("utf-8-sig").splitlines())
    assert rows[0][0] == "统一社会信用代码"
