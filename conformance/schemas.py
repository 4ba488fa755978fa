"""The frozen JSON Schemas of the contract, as validators that also look at instants."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

import shared.contracts
from shared.contracts import EVENTS

SCHEMAS = Path(shared.contracts.__file__).parent / "schemas"
_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def _schema(event: str) -> dict[str, Any]:
    if event not in EVENTS:
        raise KeyError(event)
    return dict(json.loads((SCHEMAS / f"{event}.json").read_text(encoding="utf-8")))


@cache
def validator(event: str) -> Draft202012Validator:
    """The validator of an event's body.

    Raises:
        KeyError: the contract has no such event.
    """
    return Draft202012Validator(_schema(event), format_checker=_formats)


def faults(event: str, body: bytes) -> list[str]:
    """What is wrong with a body by its schema, field by field; nothing if it is valid."""
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return [f"(body): {type(error).__name__}"]
    found = validator(event).iter_errors(data)
    return [f"{'.'.join(map(str, one.absolute_path)) or '(body)'}: {one.message[:200]}" for one in found]


def known_fields(event: str) -> frozenset[str]:
    """The fields at the top of an event's body."""
    return frozenset(_schema(event)["properties"])
