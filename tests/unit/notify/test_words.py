"""How values read: China's time, deadlines that end at midnight, areas and counts."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.notify.domain import words
from services.notify.wording import load_places

PLACES = load_places()
NIGHT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
"""Midnight in China at the end of 21 November."""


def test_times_name_their_zone() -> None:
    noon = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)
    assert words.time_zh(noon) == "2026年11月21日 12:05（北京时间）"
    assert words.time_en(noon) == "21 Nov 2026, 12:05 (China time, UTC+8)"
    assert words.until_zh(noon) == words.time_zh(noon)
    assert words.until_en(noon) == words.time_en(noon)


def test_midnight_ends_the_day_before() -> None:
    assert words.until_zh(NIGHT) == "2026年11月21日 24:00（北京时间）"
    assert words.until_en(NIGHT) == "21 Nov 2026, 24:00 (China time, UTC+8)"
    assert words.last_day_zh(NIGHT) == "2026年11月21日"
    assert words.day_zh(NIGHT) == "2026年11月22日"


@pytest.mark.parametrize(
    ("area", "zh", "en"),
    [
        ("CN", "全国工商联", "All-China Federation of Industry and Commerce"),
        ("35", "福建省工商联", "Fujian Federation of Industry and Commerce"),
        ("3502", "福建省厦门市工商联", "Xiamen, Fujian Federation of Industry and Commerce"),
        ("350203", "福建省厦门市（350203）工商联", "Xiamen, Fujian (350203) Federation of Industry and Commerce"),
        ("3599", "福建省（359900）工商联", "Fujian (359900) Federation of Industry and Commerce"),
        ("99", "99（990000）工商联", "99 (990000) Federation of Industry and Commerce"),
    ],
)
def test_federations_by_area(area: str, zh: str, en: str) -> None:
    named = words.federation(area, PLACES)
    assert (named.zh, named.en) == (zh, en)


def test_numbers() -> None:
    assert [words.points(Decimal(n)) for n in ("87.50", "20.00", "100", "0")] == ["87.5", "20", "100", "0"]
    assert [words.counted(n, "chamber") for n in (0, 1, 2)] == ["0 chambers", "1 chamber", "2 chambers"]
