"""How types and levels of chambers read, in Chinese and English."""

from collections.abc import Mapping

from shared.contracts.area import Level
from shared.contracts.chambers import ChamberType
from shared.contracts.text import Text, text

LEVELS: Mapping[Level, Text] = {
    "national": text("全国", "national"),
    "province": text("省级", "province"),
    "city": text("市级", "city"),
    "county": text("县级", "county"),
    "town": text("乡镇（街道）", "town"),
}
TYPES: Mapping[ChamberType, Text] = {
    "hometown": text("异地商会", "hometown"),
    "industry": text("行业商会", "industry"),
    "group": text("特定对象商会", "particular group"),
    "general": text("综合类商会", "general"),
    "town": text("乡镇商会", "town"),
    "street": text("街道商会", "street"),
    "village": text("村商会", "village"),
    "market": text("市场商会", "market"),
    "park": text("园区商会", "park"),
    "building": text("楼宇商会", "building"),
    "other": text("其他商会", "other"),
}
