"""Every golden example is valid by its schema and by its model, and all together tell one story."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from stdnum.cn import uscc

from dev.generate import ROOT
from dev.generated.schemas import EXAMPLES
from services.intake.domain.receipt import content
from shared.contracts import EVENTS, ApplicationSubmitted, Event
from shared.kernel.canonical import digest
from tests.contract.golden import ALL, COMPLETE, MINIMAL, ROUND_OF_STORY, Example, example, frozen_schema

NEGATIVE = (
    *("case.declined", "case.returned", "objection", "chamber.merged"),
    *(f"honour.{what}" for what in ("withheld", "suspended", "reinstated", "ended", "expired", "revoked")),
)


@pytest.mark.parametrize("golden", ALL, ids=str)
def test_an_example_is_valid_by_its_frozen_schema(golden: Example) -> None:
    schema = frozen_schema(golden.event)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(golden.data)


@pytest.mark.parametrize("golden", ALL, ids=str)
def test_an_example_comes_back_as_it_went(golden: Example) -> None:
    event = golden.event.model_validate_json(golden.body)
    again = golden.event.model_validate_json(event.model_dump_json())
    assert again == event
    Draft202012Validator(frozen_schema(golden.event)).validate(json.loads(event.model_dump_json()))
    assert event.model_dump(mode="json", exclude_unset=True) == golden.data


@pytest.mark.parametrize("golden", ALL, ids=str)
def test_a_listener_ignores_what_it_does_not_know_at_any_depth(golden: Example) -> None:
    grown = _with_unknown_fields(golden.data)
    assert grown != golden.data
    known = golden.event.model_validate_json(golden.body)
    assert golden.event.model_validate(grown) == known


@pytest.mark.parametrize("golden", MINIMAL, ids=str)
def test_a_minimal_example_says_only_what_is_required(golden: Example) -> None:
    schema = frozen_schema(golden.event)
    assert set(golden.data) == set(schema["required"])
    for name in schema["required"]:
        without = {key: value for key, value in golden.data.items() if key != name}
        assert not Draft202012Validator(schema).is_valid(without)


def test_every_event_has_a_complete_and_a_minimal_example_and_nothing_else_lies_there() -> None:
    expected = {golden.path.name for golden in ALL}
    assert {path.name for path in (ROOT / EXAMPLES).glob("*.json")} == expected
    assert len(expected) == 2 * len(EVENTS)


@pytest.mark.parametrize("golden", COMPLETE, ids=str)
def test_a_complete_example_leaves_no_field_of_its_event_out(golden: Example) -> None:
    optional_and_exceptional = {"ignored", "distinction", "within", "called", "follows"}
    assert set(golden.event.model_fields) - set(golden.data) <= optional_and_exceptional


@pytest.mark.parametrize("golden", ALL, ids=str)
def test_credit_codes_have_their_check_character_and_belong_to_social_organisations(golden: Example) -> None:
    for chamber in _chambers(golden.data):
        assert uscc.is_valid(chamber["code"])
        assert chamber["code"].startswith("51")
        assert chamber["code"][2:8].startswith(chamber["area"])


@pytest.mark.parametrize("golden", [g for g in ALL if g.event.name.startswith(NEGATIVE)], ids=str)
def test_nothing_bad_is_said_of_a_real_organisation(golden: Example) -> None:
    names = [chamber["name"] for chamber in _chambers(golden.data)]
    assert names
    assert all(name.endswith("（虚构）") for name in names)


@pytest.mark.parametrize("variant", ["", "minimal"])
def test_the_receipt_proves_the_content(variant: str) -> None:
    event = ApplicationSubmitted.model_validate_json(example("application.submitted.v1", variant).body)
    proof = digest(content(event.chamber, event.round, event.facts, event.evidence))
    assert event.receipt.digest == proof


def test_the_examples_tell_one_story() -> None:
    """One chamber goes all the way under one application id, and every id in it is made of the same parts."""
    said = {golden.event.name: golden.data for golden in COMPLETE}
    application = said["application.submitted"]["application"]
    honour = f"national-sihao:{said['application.submitted']['chamber']['code']}:{ROUND_OF_STORY}"

    assert said["application.scored"]["application"] == application
    for name in ("case.opened", "case.advanced", "case.nominated"):
        assert said[name]["case"] == f"{application}@35"
    assert said["marks.settled"]["case"] == f"{application}@CN"
    assert said["case.nominated"]["score"] == said["application.scored"]["score"]
    assert said["shortlist.sealed"]["entries"][0]["case"] == f"{application}@35"
    assert said["announcement.made"]["cases"] == said["notice.closed"]["cleared"] == [f"{application}@CN"]
    assert said["objection.ruled"]["case"] in said["notice.closed"]["excluded"]
    assert said["honour.withheld"]["case"] == said["objection.filed"]["case"] == said["objection.ruled"]["case"]
    assert said["honour.granted"]["honour"] == said["honour.superseded"]["by"] == honour
    assert said["honour.granted"]["document"] == said["announcement.made"]["document"]
    assert said["letter.delivered"]["about"] == said["letter.failed"]["about"] == honour
    assert said["bulletin.published"]["entry"] == said["announcement.made"]["announcement"]
    assert said["round.opened"]["round"]["code"] == ROUND_OF_STORY


@pytest.mark.parametrize("golden", ALL, ids=str)
def test_subject_and_routing_key_are_never_empty(golden: Example) -> None:
    event: Event = golden.event.model_validate_json(golden.body)
    assert event.subject
    assert event.routing_key.startswith(f"{event.wire()}.")
    assert "" not in event.routing_key.split(".")


def _chambers(value: Any) -> Iterator[dict[str, Any]]:
    """Every chamber in a body, at any depth."""
    if isinstance(value, dict):
        if {"code", "name", "level", "area"} <= value.keys():
            yield value
        for inner in value.values():
            yield from _chambers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _chambers(inner)


_MAPS = frozenset({"facts", "parameters", "procedures", "quotas", "dimensions", "opinion"})


def _with_unknown_fields(value: Any) -> Any:
    """The same with a field that nobody knows in every object; maps, whose keys are data, stay as they are."""
    if isinstance(value, dict):
        inner = {key: item if key in _MAPS else _with_unknown_fields(item) for key, item in value.items()}
        return {**inner, "since_a_later_release": {"any": "thing"}}
    if isinstance(value, list):
        return [_with_unknown_fields(item) for item in value]
    return value
