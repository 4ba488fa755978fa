"""The committed documents are those that the code makes now, and they are well formed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import generate
from dev.generate import ROOT
from dev.generated import asyncapi, openapi
from dev.generated.catalogue import PLACE as CATALOGUE_PAGE
from dev.generated.catalogue import listeners
from dev.generated.schemas import ContractSchema
from shared.contracts import CATALOGUE, EVENTS, Event
from shared.contracts.titles import TITLES
from shared.runtime.topology import EVENTS as EXCHANGE
from tests.contract.golden import all_tables, frozen_schema

ASYNCAPI_KEY = re.compile(r"[a-zA-Z0-9.\-_]+")
"""What AsyncAPI 3.0 allows as a key of channels, operations and components."""


@pytest.fixture(scope="module")
def artefacts() -> dict[Path, str]:
    """Everything that is generated."""
    return generate.artefacts()


def test_nothing_has_drifted(artefacts: dict[Path, str]) -> None:
    assert generate.drifted(ROOT, artefacts) == [], "run `make docs`"


def test_two_runs_make_the_same(artefacts: dict[Path, str]) -> None:
    assert generate.artefacts() == artefacts


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.wire())
def test_a_schema_names_itself_and_explains_every_field(event: type[Event]) -> None:
    schema = frozen_schema(event)
    assert schema["$schema"] == ContractSchema.schema_dialect
    assert schema["$id"] == f"urn:sihao:contract:{event.wire()}"
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["title"]
        assert part["description"]
        silent = [name for name, field in part["properties"].items() if not field.get("description")]
        assert silent == []


@pytest.mark.parametrize("path", sorted((ROOT / asyncapi.PLACE).glob("*.yaml")), ids=lambda path: path.stem)
def test_an_asyncapi_document_is_whole(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["asyncapi"] == "3.0.0"
    for reference in _references(document):
        assert _resolve(document, reference), reference
    for section in (document["channels"], document["operations"], *document["components"].values()):
        assert all(ASYNCAPI_KEY.fullmatch(key) for key in section)
    for message in document["components"]["messages"].values():
        assert message["traits"] == [{"$ref": "#/components/messageTraits/cloudevents"}]


def test_asyncapi_shows_what_every_service_hears_and_announces() -> None:
    for name, table in all_tables().items():
        document = yaml.safe_load((ROOT / asyncapi.PLACE / f"{name}.yaml").read_text(encoding="utf-8"))
        announced = {event.wire() for event in CATALOGUE if event.source == table.service or event.by_any_service}
        heard = {subscription.queue for subscription in table}
        assert set(document["channels"]) == announced | heard
        for wire in announced:
            channel = document["channels"][wire]
            assert channel["address"] == f"{wire}.{{area}}"
            assert channel["bindings"]["amqp"]["exchange"]["name"] == EXCHANGE.name
            assert document["operations"][wire]["action"] == "send"
        for subscription in table:
            assert document["channels"][subscription.queue]["address"] == subscription.bindings[0]
            assert document["operations"][subscription.queue]["action"] == "receive"


@pytest.mark.parametrize("service", ["intake", "scoring", "review", "notify"])
def test_an_openapi_document_has_paths_and_whole_references(service: str) -> None:
    document = json.loads((ROOT / openapi.PLACE / f"{service}.json").read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    assert document["paths"]
    for reference in _references(document):
        assert _resolve(document, reference), reference


def test_the_catalogue_shows_every_event_with_its_listeners() -> None:
    page = (ROOT / CATALOGUE_PAGE).read_text(encoding="utf-8")
    tables = all_tables().values()
    for wire, event in EVENTS.items():
        assert f"## {TITLES[event.name]} · `{wire}`" in page
        for queue in listeners(event, tables):
            assert f"`{queue}`" in page


def test_no_link_of_the_catalogue_leads_nowhere() -> None:
    page = (ROOT / CATALOGUE_PAGE).read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="([^"]+)">', page))
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert links
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (ROOT / "docs" / link).exists(), link


def test_the_page_for_foreign_software_shows_the_client_that_is_tested() -> None:
    page = (ROOT / "docs/foreign-client.md").read_text(encoding="utf-8")
    client = (ROOT / "tests/support/foreign_client.py").read_text(encoding="utf-8")
    assert f"```python\n{client}```" in page
    assert "shared" not in re.findall(r"^(?:import|from) (\w+)", client, re.MULTILINE)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _resolve(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document
