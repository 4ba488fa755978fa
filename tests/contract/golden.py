"""The golden examples, as the tests take them up: every event, complete and minimal."""

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

from dev.generate import ROOT
from dev.generated.schemas import example_path, schema_path
from dev.generated.services import TABLES
from shared.contracts import CATALOGUE, EVENTS, Event
from shared.runtime.handlers import HandlerTable
from shared.runtime.mongo import Database
from tests.support.memory_database import MemoryDatabase

ROUND_OF_STORY = "CN-2020"


class Example(NamedTuple):
    """One golden file."""

    event: type[Event]
    variant: str
    path: Path

    def __str__(self) -> str:
        return self.path.stem

    @property
    def body(self) -> bytes:
        """As it travels."""
        return self.path.read_bytes()

    @property
    def data(self) -> dict[str, Any]:
        """As JSON."""
        data: dict[str, Any] = json.loads(self.body)
        return data


def example(wire: str, variant: str = "") -> Example:
    """One example of an event."""
    return Example(EVENTS[wire], variant, ROOT / example_path(wire, variant))


COMPLETE = [example(event.wire()) for event in CATALOGUE]
"""In the order of a round."""
MINIMAL = [example(event.wire(), "minimal") for event in CATALOGUE]
SERVICES = tuple(TABLES)
"""Every service that hears, by the name of its documents: `review` is the centre's, `review.35` a province's own."""
ALL = [*COMPLETE, *MINIMAL]


def frozen_schema(event: type[Event]) -> dict[str, Any]:
    """The committed schema of an event."""
    schema: dict[str, Any] = json.loads((ROOT / schema_path(event.wire())).read_text(encoding="utf-8"))
    return schema


def all_tables() -> dict[str, HandlerTable]:
    """The handler tables of all services, each over an empty store; review's for the centre and for a province."""
    return {name: table_of(name, MemoryDatabase()) for name in TABLES}


def table_of(service: str, database: MemoryDatabase) -> HandlerTable:
    """The handler table of one service over this store."""
    return TABLES[service](cast("Database", database))


def covers_key(binding: str, key: str) -> bool:
    """Whether a topic binding takes a routing key: `*` is one word, a closing `#` any number."""
    words, wanted = binding.split("."), key.split(".")
    if words[-1] == "#":
        words = words[:-1]
        wanted = wanted[: len(words)]
    return len(words) == len(wanted) and all(b in ("*", w) for b, w in zip(words, wanted, strict=True))


def key_in_memory(event: Event) -> str:
    """The routing key for FastStream's broker in memory, which wants a word for `#` where RabbitMQ wants none.

    `35` and `35.00` are the same area (GB/T 2260).
    """
    return f"{event.routing_key}.00"
