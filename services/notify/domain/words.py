"""How values read: instants in China's time with the zone in words, areas and standings by name."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from shared.contracts import CENTRE, Text, text
from shared.kernel.calendar import day_words, last_day_words, time_words, until_words

STANDINGS: Final = {
    "upcoming": text("尚未生效", "not yet in force"),
    "valid": text("有效", "valid"),
    "suspended": text("已暂停", "suspended"),
    "superseded": text("已由其他称号接续", "superseded"),
    "expired": text("已到期", "expired"),
    "revoked": text("已撤销", "revoked"),
    "ended": text("已随商会终止", "ended with its chamber"),
}
WINDOWS: Final = {
    "ahead": text("未开始", "not yet open"),
    "open": text("公示中", "open for objections"),
    "over": text("公示期满，待结", "window over, being concluded"),
    "closed": text("公示已结束", "closed"),
}
OUTCOMES: Final = {"upheld": text("成立", "upheld"), "dismissed": text("不成立", "dismissed")}
KINDS: Final = {
    "round": text("认定周期", "Round"),
    "notice": text("公示", "Public notice"),
    "objection": text("异议", "Objection"),
    "ruling": text("裁定", "Ruling"),
    "closing": text("公示结束", "Closing"),
    "announcement": text("通报", "Announcement"),
    "honour": text("称号", "Honour"),
}


def time_zh(instant: datetime) -> str:
    """`2026年11月21日 23:59（北京时间）`."""
    return time_words(instant).zh


def time_en(instant: datetime) -> str:
    """`21 Nov 2026, 23:59 (China time, UTC+8)`."""
    return time_words(instant).en


def day_zh(instant: datetime) -> str:
    """`2026年11月21日`, by China's calendar."""
    return day_words(instant).zh


def day_en(instant: datetime) -> str:
    """`21 Nov 2026`, by China's calendar."""
    return day_words(instant).en


def until_zh(instant: datetime) -> str:
    """A deadline. Midnight ends the day before: `2026年11月20日 24:00（北京时间）`; nobody reads a day too much."""
    return until_words(instant).zh


def until_en(instant: datetime) -> str:
    """A deadline, midnight read likewise: `20 Nov 2026, 24:00 (China time, UTC+8)`."""
    return until_words(instant).en


def last_day_zh(end: datetime) -> str:
    """The last day of a time that ends at this instant."""
    return last_day_words(end).zh


def last_day_en(end: datetime) -> str:
    """The last day of a time that ends at this instant."""
    return last_day_words(end).en


def counted(n: int, noun: str) -> str:
    """`1 chamber`, `2 chambers`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def points(value: Decimal) -> str:
    """Points without idle zeros: `87.5`, `20`."""
    return f"{value.normalize():f}"


def filters(names: dict[str, Text]) -> dict[str, Callable[..., object]]:
    """What templates of letters and pages may use."""
    return {
        "time_zh": time_zh,
        "time_en": time_en,
        "until_zh": until_zh,
        "until_en": until_en,
        "day_zh": day_zh,
        "day_en": day_en,
        "last_day_zh": last_day_zh,
        "last_day_en": last_day_en,
        "counted": counted,
        "points": points,
        "federation": lambda area: federation(area, names),
        "place": lambda area: place(area, names),
    }


def federation(area: str, names: dict[str, Text]) -> Text:
    """The federation that serves an area: `福建省厦门市工商联`; an area without a name is given by its code."""
    if area == CENTRE:
        return text("全国工商联", "All-China Federation of Industry and Commerce")
    name = place(area, names)
    return text(f"{name.zh}工商联", f"{name.en} Federation of Industry and Commerce")


def place(area: str, names: dict[str, Text]) -> Text:
    """An area by name, outermost first in Chinese: `福建省厦门市`; below what is named with its code as well."""
    if area == CENTRE:
        return text("全国", "nationwide")
    named = [names[code] for code in dict.fromkeys((area[:2], area[:4])) if code in names]
    zh = "".join(name.zh for name in named) or area[:2]
    en = ", ".join(name.en for name in reversed(named)) or area[:2]
    if area in names:
        return text(zh, en)
    code = area.ljust(6, "0")
    return text(f"{zh}（{code}）", f"{en} ({code})")
