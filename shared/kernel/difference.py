"""What is recorded otherwise than it is computed again."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.text import Text


class Difference(BaseModel):
    """Something that is recorded otherwise than it is computed."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    where: str
    """The document: `draws/CN-2020@CN-1`."""
    what: Text
    """What of it."""
    recorded: str
    """As it is recorded."""
    computed: str
    """As it is computed now."""


def differ(where: str, what: Text, recorded: Any, computed: Any) -> Iterator[Difference]:
    """The difference between the two, if there is any."""
    if recorded != computed:
        yield Difference(where=where, what=what, recorded=_plain(recorded), computed=_plain(computed))


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return value.model_dump_json() if isinstance(value, BaseModel) else str(value)
