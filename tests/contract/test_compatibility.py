"""Inside a version only optional fields may be added; whatever else changes is found and named."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from dev import generate
from dev.generated.compatibility import breaches
from dev.generated.schemas import SCHEMAS, as_json, schema_of, schema_path
from shared.contracts import CATALOGUE, Event, Part
from tests.contract.golden import frozen_schema

Schema = dict[str, Any]
Change = Callable[[Schema], object]


class Detail(Part):
    """A part."""

    word: str
    """A word."""


class Sample(Event):
    """An event with everything that a schema can say."""

    name: ClassVar[str] = "sample.taken"
    source: ClassVar[str] = "toy"

    count: int = Field(ge=1, le=10)
    """A bound number."""
    colour: Literal["red", "green"]
    """A closed enum."""
    code: str = Field(pattern="^[a-z]+$", min_length=2)
    """A bound string."""
    detail: Detail
    """A part."""
    details: tuple[Detail, ...] = Field(min_length=1)
    """Parts."""
    by_year: dict[str, int]
    """A map."""
    either: int | str
    """Alternatives."""
    note: str = "none"
    """Optional."""


FROZEN = schema_of(Sample)


def _detail(schema: Schema) -> Schema:
    part: Schema = schema["$defs"]["Detail"]
    return part


def _property(name: str, **changes: Any) -> Change:
    return lambda schema: schema["properties"][name].update(changes)


def _add(schema: Schema, *, required: bool) -> None:
    schema["properties"]["more"] = {"type": "string"}
    if required:
        schema["required"].append("more")


ALLOWED: dict[str, Change] = {
    "nothing": dict.copy,
    "an optional field": lambda schema: _add(schema, required=False),
    "an optional field in a part": lambda schema: _add(_detail(schema), required=False),
    "words for people": _property("count", description="Another description.", title="Count", examples=[3]),
    "the order of an enum": _property("colour", enum=["green", "red"]),
    "the order of required": lambda schema: schema["required"].reverse(),
    "a part written in place": lambda schema: schema["properties"].update(detail=_detail(schema)),
}
BROKEN: dict[str, tuple[str, Change]] = {
    "a field removed": ("note", lambda schema: schema["properties"].pop("note")),
    "a required field removed": ("code", lambda schema: schema["properties"].pop("code")),
    "a field renamed": ("code", lambda schema: schema["properties"].update(kode=schema["properties"].pop("code"))),
    "a new required field": ("more", lambda schema: _add(schema, required=True)),
    "a new required field in a part": ("detail.more", lambda schema: _add(_detail(schema), required=True)),
    "optional to required": ("note", lambda schema: schema["required"].append("note")),
    "required to optional": ("code", lambda schema: schema["required"].remove("code")),
    "another type": ("count", _property("count", type="string")),
    "a type that may be absent": ("count", _property("count", type=["integer", "null"])),
    "an enum narrowed": ("colour", _property("colour", enum=["red"])),
    "an enum widened": ("colour", _property("colour", enum=["red", "green", "blue"])),
    "a pattern changed": ("code", _property("code", pattern="^[a-z0-9]+$")),
    "a pattern removed": ("code", lambda schema: schema["properties"]["code"].pop("pattern")),
    "a format added": ("note", _property("note", format="date-time")),
    "a lower bound raised": ("count", _property("count", minimum=2)),
    "a lower bound lowered": ("count", _property("count", minimum=0)),
    "an upper bound lowered": ("count", _property("count", maximum=9)),
    "a length bounded": ("code", _property("code", maxLength=5)),
    "a list that may be empty": ("details", lambda schema: schema["properties"]["details"].pop("minItems")),
    "another default": ("note", _property("note", default="some")),
    "the values of a map": ("by_year{}", _property("by_year", additionalProperties={"type": "string"})),
    "the elements of a list": ("details[]", _property("details", items={"type": "string"})),
    "an alternative taken away": ("either", _property("either", anyOf=[{"type": "integer"}])),
    "an alternative added": (
        "either",
        _property("either", anyOf=[{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]),
    ),
    "an object closed": ("", lambda schema: schema.update(additionalProperties=False)),
    "a part's field of another type": ("detail.word", lambda schema: _detail(schema)["properties"].update(word={})),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_may_change(change: Change) -> None:
    current = deepcopy(FROZEN)
    change(current)
    assert breaches(FROZEN, current) == []


@pytest.mark.parametrize(("path", "change"), BROKEN.values(), ids=BROKEN.keys())
def test_what_may_not_change_is_found_where_it_is(path: str, change: Change) -> None:
    current = deepcopy(FROZEN)
    change(current)
    assert path in [breach.path for breach in breaches(FROZEN, current)]


def test_a_closed_object_takes_no_new_fields() -> None:
    closed = deepcopy(FROZEN)
    closed["additionalProperties"] = False
    grown = deepcopy(closed)
    _add(grown, required=False)
    assert [breach.path for breach in breaches(closed, grown)] == ["more"]


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.wire())
def test_a_contract_has_not_changed_incompatibly(event: type[Event]) -> None:
    assert [str(breach) for breach in breaches(frozen_schema(event), schema_of(event))] == []


def test_generating_refuses_a_broken_contract_and_writes_nothing(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = schema_path(Sample.wire())
    frozen = deepcopy(FROZEN)
    frozen["properties"]["gone"] = {"type": "string"}
    (tmp_path / SCHEMAS).mkdir(parents=True)
    (tmp_path / path).write_text(as_json(frozen), encoding="utf-8")
    monkeypatch.setattr(generate, "artefacts", lambda: {path: as_json(FROZEN)})

    assert generate.main([], tmp_path) == 1

    assert (tmp_path / path).read_text(encoding="utf-8") == as_json(frozen)
    said = capsys.readouterr().err
    assert f"{path}: gone: 不得删除字段 / a field may not be removed" in said
    assert "version = 2" in said


def test_a_contract_does_not_vanish_unnoticed(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / SCHEMAS).mkdir(parents=True)
    (tmp_path / schema_path("sample.taken.v1")).write_text(as_json(FROZEN), encoding="utf-8")
    monkeypatch.setattr(generate, "artefacts", dict)
    assert generate.main([], tmp_path) == 1
    assert "sample.taken.v1.json" in capsys.readouterr().err


def test_generating_writes_a_compatible_change_and_then_has_nothing_to_do(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = schema_path(Sample.wire())
    grown = deepcopy(FROZEN)
    _add(grown, required=False)
    (tmp_path / SCHEMAS).mkdir(parents=True)
    (tmp_path / path).write_text(as_json(FROZEN), encoding="utf-8")
    monkeypatch.setattr(generate, "artefacts", lambda: {path: as_json(grown)})

    assert generate.main(["--check"], tmp_path) == 1
    assert str(path) in capsys.readouterr().err
    assert generate.main([], tmp_path) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert (tmp_path / path).read_text(encoding="utf-8") == as_json(grown)
    assert generate.main(["--check"], tmp_path) == 0
