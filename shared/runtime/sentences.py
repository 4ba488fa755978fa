"""What pydantic says about a request, said to a person: which rule, and what to do. Chinese first, English second.

The table is data: error type → (rule zh, rule en, remedy zh, remedy en), with the figures of the error in braces.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.kernel.problem import Problem, problem

_REMOVE = ("删去该字段，或核对字段名。", "Remove the field, or check its name.")
_TIME = ("按 ISO 8601 书写，例如 2026-03-01T09:00:00+08:00。", "Write ISO 8601, such as 2026-03-01T09:00:00+08:00.")
_DATE = ("按 ISO 8601 书写，例如 2026-03-01。", "Write ISO 8601, such as 2026-03-01.")
_CHANGE = ("请更正该字段的值。", "Correct the value of this field.")
_SHORTEN = ("请缩短或删减。", "Shorten it.")
_TYPE = ("请按要求的类型填写。", "Send a value of the type asked for.")

_SENTENCES: Mapping[str, tuple[str, str, tuple[str, str]]] = {
    "missing": ("必填", "is required", ("请补填该字段。", "Fill in this field.")),
    "extra_forbidden": ("不接受此字段", "is not a field that is accepted", _REMOVE),
    "json_invalid": ("不是有效的 JSON：{error}", "is not valid JSON: {error}", ("请更正格式。", "Correct the JSON.")),
    "string_type": ("应为文字", "must be text", _TYPE),
    "string_too_short": ("至少 {min_length} 个字符", "must have at least {min_length} characters", _CHANGE),
    "string_too_long": ("至多 {max_length} 个字符", "must have at most {max_length} characters", _SHORTEN),
    "string_pattern_mismatch": ("格式应符合 {pattern}", "must match {pattern}", _CHANGE),
    "int_type": ("应为整数", "must be a whole number", _TYPE),
    "int_parsing": ("应为整数", "must be a whole number", _TYPE),
    "int_from_float": ("应为整数，不带小数", "must be a whole number without a fraction", _TYPE),
    "float_type": ("应为数字", "must be a number", _TYPE),
    "float_parsing": ("应为数字", "must be a number", _TYPE),
    "decimal_type": ("应为十进制数", "must be a decimal number", _TYPE),
    "decimal_parsing": ("应为十进制数", "must be a decimal number", _TYPE),
    "decimal_max_places": ("至多 {decimal_places} 位小数", "must have at most {decimal_places} decimals", _CHANGE),
    "decimal_max_digits": ("至多 {max_digits} 位数字", "must have at most {max_digits} digits", _CHANGE),
    "bool_type": ("应为是或否（true / false）", "must be true or false", _TYPE),
    "bool_parsing": ("应为是或否（true / false）", "must be true or false", _TYPE),
    "greater_than": ("应大于 {gt}", "must be greater than {gt}", _CHANGE),
    "greater_than_equal": ("应不小于 {ge}", "must be at least {ge}", _CHANGE),
    "less_than": ("应小于 {lt}", "must be less than {lt}", _CHANGE),
    "less_than_equal": ("应不大于 {le}", "must be at most {le}", _CHANGE),
    "multiple_of": ("应为 {multiple_of} 的倍数", "must be a multiple of {multiple_of}", _CHANGE),
    "finite_number": ("应为有限的数", "must be a finite number", _CHANGE),
    "literal_error": ("应为下列之一：{expected}", "must be one of {expected}", ("请从中选择。", "Choose one of them.")),
    "enum": ("应为下列之一：{expected}", "must be one of {expected}", ("请从中选择。", "Choose one of them.")),
    "too_short": ("至少 {min_length} 项", "must have at least {min_length} items", ("请补充。", "Add more.")),
    "too_long": ("至多 {max_length} 项", "must have at most {max_length} items", _SHORTEN),
    "list_type": ("应为列表", "must be a list", _TYPE),
    "tuple_type": ("应为列表", "must be a list", _TYPE),
    "dict_type": ("应为对象（键与值）", "must be an object of keys and values", _TYPE),
    "mapping_type": ("应为对象（键与值）", "must be an object of keys and values", _TYPE),
    "model_attributes_type": ("应为对象（键与值）", "must be an object of keys and values", _TYPE),
    "model_type": ("应为对象（键与值）", "must be an object of keys and values", _TYPE),
    "datetime_type": ("应为时刻", "must be an instant", _TIME),
    "datetime_parsing": ("应为时刻", "must be an instant", _TIME),
    "datetime_from_date_parsing": ("应为时刻", "must be an instant", _TIME),
    "timezone_aware": ("时刻须带时区", "must be an instant with its time zone", _TIME),
    "date_type": ("应为日期", "must be a date", _DATE),
    "date_parsing": ("应为日期", "must be a date", _DATE),
    "date_from_datetime_parsing": ("应为日期", "must be a date", _DATE),
    "date_from_datetime_inexact": ("应为日期，不带时刻", "must be a date without a time of day", _DATE),
    "uuid_type": ("应为 UUID", "must be a UUID", _TYPE),
    "uuid_parsing": ("应为 UUID", "must be a UUID", _TYPE),
    "url_parsing": ("应为网址", "must be a URL", _TYPE),
    "url_scheme": ("网址应以下列之一开头：{expected_schemes}", "must be a URL of {expected_schemes}", _CHANGE),
    "union_tag_not_found": ("缺少类别字段 {discriminator}", "lacks {discriminator}, which names its kind", _CHANGE),
    "union_tag_invalid": (
        "{discriminator} 应为下列之一：{expected_tags}",
        "must have one of {expected_tags} as {discriminator}",
        ("请从中选择。", "Choose one of them."),
    ),
    "none_required": ("应留空", "must be empty", ("请删去该值。", "Remove the value.")),
}

_PLACES = {"query": "query", "path": "path", "header": "header", "cookie": "cookie"}


def translate(errors: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Every error of a failed validation (`RequestValidationError.errors()`) as a problem; what was sent stays out."""
    return tuple(_translate(error) for error in errors)


def _translate(error: Mapping[str, Any]) -> Problem:
    kind, context = str(error["type"]), error.get("ctx") or {}
    field = _field(kind, error["loc"])
    if kind in _SENTENCES:
        zh, en, remedy = _SENTENCES[kind]
        return problem(
            f"request.{kind.replace('_', '-')}",
            field,
            rule=(f"“{field}”{zh.format_map(context)}。", f"`{field}` {en.format_map(context)}."),
            remedy=remedy,
        )
    if kind in ("value_error", "assertion_error"):
        zh, en = _halves(str(context.get("error", error["msg"])))
        return problem("request.value", field, rule=(f"“{field}”：{zh}", f"`{field}`: {en}"), remedy=_CHANGE)
    return problem(
        f"request.{kind.replace('_', '-')}",
        field,
        rule=(f"“{field}”不合要求：{error['msg']}", f"`{field}` is not acceptable: {error['msg']}"),
        remedy=_CHANGE,
    )


def _field(kind: str, loc: Sequence[str | int]) -> str:
    """A dotted path; a field of the body has no prefix, others say where they stand (`query.limit`)."""
    place, *rest = loc or ("body",)
    if kind == "json_invalid" or not rest:
        return str(place)
    return ".".join(str(part) for part in ((_PLACES[str(place)], *rest) if place in _PLACES else rest))


def _halves(words: str) -> tuple[str, str]:
    """A validator's `中文 / English` as two sentences; one sentence serves for both."""
    zh, slash, en = words.partition(" / ")
    return (zh, en) if slash else (words, words)
