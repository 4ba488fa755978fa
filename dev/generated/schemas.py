"""The JSON Schema of every event, as it is frozen beside its golden examples."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from shared.contracts.event import Event

SCHEMAS = Path("shared/contracts/schemas")
EXAMPLES = Path("shared/contracts/examples")
PLAIN_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
"""A decimal as it travels: a string in plain notation, so that no binary float and no exponent comes between."""


class ContractSchema(GenerateJsonSchema):
    """Draft 2020-12, describing what travels: decimals as strings; titles on types only."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A decimal is a string in plain notation, whoever sends it."""
        del schema
        return {"type": "string", "pattern": PLAIN_DECIMAL}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Whether unknown fields are carried on is the reader's business, and not said."""
        made = super().model_schema(schema)
        if made.get("additionalProperties") is True:
            del made["additionalProperties"]
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No titles on fields: they would repeat the names."""
        del schema
        return False


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The schema of one event's body."""
    schema = event.model_json_schema(mode="validation", schema_generator=ContractSchema)
    return {"$schema": ContractSchema.schema_dialect, "$id": f"urn:sihao:contract:{event.wire()}", **schema}


def components(events: Iterable[type[Event]], ref_template: str) -> dict[str, Any]:
    """The schemas of several events and all their parts, by name."""
    _, together = models_json_schema(
        [(event, "validation") for event in events], schema_generator=ContractSchema, ref_template=ref_template
    )
    parts: dict[str, Any] = together.get("$defs", {})
    return parts


def documents(catalogue: Iterable[type[Event]]) -> dict[Path, str]:
    """One file per event."""
    return {schema_path(event.wire()): as_json(schema_of(event)) for event in catalogue}


def schema_path(wire: str) -> Path:
    """Where the frozen schema of an event stands."""
    return SCHEMAS / f"{wire}.json"


def example_path(wire: str, variant: str = "") -> Path:
    """Where a golden example of an event stands; `variant` may be `minimal`."""
    return EXAMPLES / f"{wire}{'.' if variant else ''}{variant}.json"


def as_json(document: Any) -> str:
    """The one way in which generated JSON is written."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
