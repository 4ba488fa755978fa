"""From data already read to a checked rubric; a wrong one is refused with every place named."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from services.scoring.domain.checks import faults
from services.scoring.domain.problems import problems_of
from services.scoring.domain.rubric import Rubric
from shared.contracts.text import text
from shared.kernel.change import Refused
from shared.kernel.problem import Problem


def load_rubric(data: Any) -> Rubric:
    """The rubric of data as read from its file.

    Three conveniences of the file are resolved first: an item without `source` has the rubric's and its own code; an
    item without `remedy` has its clause's; a field that says only `from: B2.f.firms` takes its meaning from there.

    Raises:
        Refused: with one problem per wrong place.
    """
    if not isinstance(data, Mapping):
        raise Refused(
            Problem(
                code="rubric.invalid",
                field="rubric",
                rule=text("文件应为键值结构", "the file must hold a mapping"),
                remedy=text("以随附的评分标准文件为样板", "follow the rubric that comes with the platform"),
            )
        )
    full = _resolved(data)
    if dangling := list(_dangling(full)):
        raise Refused(*dangling)
    try:
        rubric = Rubric.model_validate(full)
    except ValidationError as error:
        raise Refused(*problems_of(error, full, "rubric.invalid")) from error
    if found := faults(rubric):
        raise Refused(*found)
    return rubric


def _resolved(data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which every item stands by itself."""
    full = deepcopy(dict(data))
    items = [(item, clause) for item, clause in _items(full) if isinstance(item, dict)]
    fields = {
        f"{item.get('code')}.{name}": field
        for item, _ in items
        if isinstance(item.get("fields"), dict)
        for name, field in item["fields"].items()
    }
    for item, clause in items:
        item.setdefault("source", f"{full.get('source')} {item.get('code')}")
        if "remedy" in clause:
            item.setdefault("remedy", clause["remedy"])
        if isinstance(item.get("fields"), dict):
            item["fields"] = {name: _with_origin(field, fields) for name, field in item["fields"].items()}
    return full


def _dangling(full: Mapping[str, Any]) -> Iterator[Problem]:
    """Fields that say only `from`, but whose origin is not there to take their meaning from."""
    for item, _ in _items(full):
        fields = item.get("fields") if isinstance(item, dict) else None
        for name, field in fields.items() if isinstance(fields, dict) else ():
            if isinstance(field, dict) and "from" in field and "type" not in field:
                yield Problem(
                    code="rubric.invalid",
                    field=f"{item.get('code')}.fields.{name}.from",
                    rule=text(f"引用的字段 {field['from']} 不存在", f"there is no field {field['from']}"),
                    remedy=text("写成“指标.字段”，如 B2.f.firms", "write item and field, e.g. B2.f.firms"),
                )


def _items(data: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Every item with its clause, as far as the data has the right shape."""
    for gate in _list(data.get("gates")):
        yield gate, {}
    for dimension in _list(data.get("dimensions")):
        for clause in _list(dimension.get("clauses")) if isinstance(dimension, Mapping) else []:
            for item in _list(clause.get("items")) if isinstance(clause, Mapping) else []:
                yield item, clause


def _with_origin(field: Any, fields: Mapping[str, Any]) -> Any:
    origin = field.get("from") if isinstance(field, Mapping) else None
    target = fields.get(origin) if isinstance(origin, str) else None
    return {**target, **field} if isinstance(target, Mapping) and isinstance(field, Mapping) else field


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
