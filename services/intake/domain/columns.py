"""The columns of a list of chambers, and the words that may stand in them. Chinese heading first, English second."""

from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("统一社会信用代码", "code"),
    "name": ("商会名称", "name"),
    "type": ("类型", "type"),
    "level": ("级别", "level"),
    "area": ("地区代码", "area"),
    "relation": ("与工商联关系", "relation"),
    "founded": ("登记日期", "founded"),
    "last_election": ("最近换届日期", "last_election"),
    "former_names": ("曾用名", "former_names"),
    "area_note": ("区划差异说明", "area_note"),
}
"""Key → headings."""

REQUIRED = ("code", "name", "type", "level", "area")
"""Columns that must be there, and filled in every row."""

_TYPES = {
    "异地商会": "hometown",
    "行业商会": "industry",
    "特定对象商会": "group",
    "综合商会": "general",
    "乡镇商会": "town",
    "街道商会": "street",
    "村商会": "village",
    "市场商会": "market",
    "园区商会": "park",
    "楼宇商会": "building",
    "其他": "other",
}
_LEVELS = {"全国": "national", "省级": "province", "市级": "city", "县级": "county", "乡镇": "town"}
_RELATIONS = {"所属": "affiliated", "党建": "party_work", "团体会员": "group_member", "无": "none"}


def _both(words: Mapping[str, str]) -> Mapping[str, str]:
    return {**words, **{english: english for english in words.values()}}


WORDS: Mapping[str, Mapping[str, str]] = {
    "type": _both(_TYPES),
    "level": _both(_LEVELS),
    "relation": _both(_RELATIONS),
}
"""Column → admissible word, in either language → the contract's word."""


def column_of(heading: str) -> str | None:
    """The key of a heading; case, spaces and a trailing asterisk do not matter."""
    plain = heading.strip().rstrip("*").strip().lower()
    return next((key for key, headings in COLUMNS.items() if plain in headings), None)
