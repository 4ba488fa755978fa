"""Fields of a province's own: read past by everybody, kept with the centre's case, and never anybody else's."""

import json
from typing import Any

import pytest

from services.review.domain import opening
from services.review.domain.case import Case
from services.review.domain.opening import Nominated
from shared.contracts import CATALOGUE, CaseNominated, Event
from shared.contracts.extensions import LIMIT
from tests.contract.golden import frozen_schema
from tests.support.platform import EXAMPLES
from tests.unit.review import given
from tests.unit.review.given import NOW

OWN = {"x-35-file-number": "闽-7", "x-35-town": {"rank": [1, 2]}}


def read(event: type[Event], **more: Any) -> Event:
    body = json.loads((EXAMPLES / f"{event.wire()}.json").read_text("utf-8"))
    return event.model_validate_json(json.dumps({**body, **more}))


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.wire())
def test_nobody_refuses_a_message_for_them(event: type[Event]) -> None:
    plain = read(event).model_dump()
    assert {k: v for k, v in read(event, **OWN).model_dump().items() if k not in OWN} == plain
    assert "additionalProperties" not in frozen_schema(event)


@pytest.mark.parametrize(
    "field", ["note", "x-36-file", "x-35-", "x-35-File", "X-35-file", "x-3502-file", "x-35-a--b", "x-35"]
)
def test_a_field_of_another_name_is_left_behind(field: str) -> None:
    event = read(CaseNominated, **{field: 1}, **OWN)
    assert isinstance(event, CaseNominated)
    assert event.extensions == OWN
    assert field not in event.model_dump()


def test_too_much_of_it_is_left_behind() -> None:
    event = read(CaseNominated, **{"x-35-long": "长" * LIMIT})
    assert isinstance(event, CaseNominated)
    assert event.extensions == {}


def test_the_centre_returns_them_with_every_fact_about_its_case() -> None:
    message = given.nominated()
    body = message.event.model_dump(mode="json") | OWN | {"note": "not carried on"}
    heard = Nominated(
        jurisdiction="CN",
        event=CaseNominated.model_validate_json(json.dumps(body)),
        rules=message.rules,
        quota=message.quota,
    )
    half = opening.hear_nomination(None, heard, NOW)
    assert half
    stored = Case.model_validate_json(half.state.model_dump_json())
    whole = opening.hear_score(stored, given.scored(jurisdiction="CN"), NOW)
    assert whole
    [opened] = whole.facts
    told = json.loads(opened.model_dump_json())
    assert {name: told[name] for name in OWN} == OWN
    assert "note" not in told
    gone = opening.hear_withdrawal(whole.state, given.withdrawn(jurisdiction="CN"), NOW)
    assert gone
    assert json.loads(gone.facts[0].model_dump_json()).items() >= OWN.items()
