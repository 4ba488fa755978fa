"""The chamber's profile as conditions read it: which of its properties, and what they are called."""

from shared.contracts.text import Text, text

PROPERTIES: dict[str, Text] = {
    "level": text("商会层级", "level of the chamber"),
    "type": text("商会类型", "type of chamber"),
    "relation": text("与工商联的关系", "relation to the federation"),
    "founded": text("成立日期", "date of registration"),
    "last_election": text("最近换届日期", "date of the last change of leadership"),
}
"""What a condition may read as `chamber.<property>`."""

WORDS: dict[str, Text] = {
    "national": text("全国", "national"),
    "province": text("省级", "provincial"),
    "city": text("市级", "city"),
    "county": text("县级", "county"),
    "affiliated": text("工商联所属商会", "affiliated chamber"),
    "party_work": text("党建工作由工商联领导和管理", "party work led by the federation"),
    "group_member": text("工商联团体会员", "group member of the federation"),
    "none": text("无", "none"),
    "hometown": text("异地商会", "hometown chamber"),
    "industry": text("行业商会", "industry chamber"),
    "group": text("特定对象商会", "chamber of a particular group"),
    "general": text("综合类商会", "general chamber"),
    "town": text("乡镇", "town"),
    "street": text("街道商会", "street chamber"),
    "village": text("村商会", "village chamber"),
    "market": text("市场商会", "market chamber"),
    "park": text("园区商会", "park chamber"),
    "building": text("楼宇商会", "building chamber"),
    "other": text("其他", "other"),
}
"""The values of these properties in words."""
