"""What may change in a contract inside a version: optional fields may be added, and nothing else.

Messages of one version meet in both directions. A narrowed contract refuses what older senders still send; a widened
one lets senders say what older listeners refuse or misread, a new word in a closed enum included. Where more words may
come, the field is a string whose description names the known ones. Words for people (titles, descriptions, examples)
may change freely.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.text import Text, text

Schema = Mapping[str, Any]

_FOR_PEOPLE = frozenset({"title", "description", "examples", "$comment", "deprecated"})
_FRAME = frozenset({"$id", "$schema", "$defs", "$ref"})
_OBJECT = frozenset({"properties", "required"})
_NESTED = ("items", "additionalProperties", "propertyNames")
_KEYED = ("patternProperties",)
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SUFFIX = {"items": "[]", "additionalProperties": "{}", "patternProperties": "{}"}


@dataclass(frozen=True)
class Breach:
    """One change that older senders or listeners would not survive."""

    path: str
    """Where: a dotted path into the body; `[]` for the elements of a list, `{}` for the values of a map."""
    rule: Text
    """Which rule it breaks."""

    def __str__(self) -> str:
        return f"{self.path or '(body)'}: {self.rule}"


def breaches(frozen: Schema, current: Schema) -> list[Breach]:
    """Every incompatible change from the frozen schema to the current one; empty if only optional fields came."""
    return list(_Comparison(frozen, current).compare(frozen, current, ""))


class _Comparison:
    """Two whole schemas, so that references can be followed in each."""

    def __init__(self, frozen: Schema, current: Schema) -> None:
        self._frozen = frozen
        self._current = current
        self._seen: set[tuple[str, str]] = set()

    def compare(self, frozen: Schema, current: Schema, path: str) -> Iterator[Breach]:
        pair = (str(frozen.get("$ref", "")), str(current.get("$ref", "")))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolved(frozen, self._frozen), _resolved(current, self._current)
        yield from self._properties(old, new, path)
        for keyword in sorted((old.keys() | new.keys()) - _FOR_PEOPLE - _FRAME - _OBJECT):
            before, after = old.get(keyword), new.get(keyword)
            pairs = _pairs(keyword, before, after)
            if pairs is not None:
                for one, other in pairs:
                    yield from self.compare(one, other, path + _SUFFIX.get(keyword, ""))
            elif _comparable(keyword, before) != _comparable(keyword, after):
                yield Breach(path, _changed(keyword, before, after))

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[Breach]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            here = f"{path}.{name}" if path else name
            if name not in after:
                yield Breach(here, text("不得删除字段", "a field may not be removed"))
                continue
            if name in needed - needed_before:
                yield Breach(here, text("选填字段不得改为必填", "an optional field may not become required"))
            if name in needed_before - needed:
                yield Breach(here, text("必填字段不得改为选填", "a required field may not become optional"))
            yield from self.compare(before[name], after[name], here)
        for name in sorted(after.keys() - before.keys()):
            here = f"{path}.{name}" if path else name
            if name in needed:
                yield Breach(here, text("新增字段必须是选填", "a new field must be optional"))
            if old.get("additionalProperties") is False:
                yield Breach(here, text("此对象不接受新字段", "older listeners refuse new fields here"))


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with its reference, if any, put in place."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target = root["$defs"][str(reference).removeprefix("#/$defs/")]
    return {**_resolved(target, root), **schema}


def _pairs(keyword: str, before: Any, after: Any) -> list[tuple[Schema, Schema]] | None:
    """The schemas that stand under a keyword on both sides, one beside the other; None if they do not correspond."""
    if keyword in _NESTED and isinstance(before, dict) and isinstance(after, dict):
        return [(before, after)]
    if keyword in _KEYED and isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        return [(before[key], after[key]) for key in before]
    if keyword in _LISTED and isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return list(zip(before, after, strict=True))
    return None


def _comparable(keyword: str, value: Any) -> Any:
    """Enums and lists of types are sets: their order says nothing."""
    return sorted(map(repr, value)) if keyword in {"enum", "type"} and isinstance(value, list) else value


def _changed(keyword: str, before: Any, after: Any) -> Text:
    if keyword == "enum" and isinstance(before, list) and isinstance(after, list):
        gone, come = [v for v in before if v not in after], [v for v in after if v not in before]
        return text(f"枚举是封闭的（删去 {gone}，新增 {come}）", f"an enum is closed (gone: {gone}, new: {come})")
    return text(f"{keyword} 不得改变（{before} → {after}）", f"{keyword} may not change ({before} → {after})")
