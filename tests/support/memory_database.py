"""A database in memory, for whoever reads through a service's store: the few queries that handlers make."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.kernel.state import State
from shared.runtime.kinds import Kind
from tests.support.memory_store import MemoryStore

_OPERATORS = {
    "$in": lambda value, wanted: value in wanted,
    "$ne": lambda value, wanted: value != wanted,
    "$regex": lambda value, wanted: isinstance(value, str) and re.search(wanted, value) is not None,
}


class MemoryDatabase(MemoryStore):
    """Reads like `shared.runtime.mongo.Database`; an operator it does not know is an error, never a silent match."""

    async def get(self, kind: Kind[Any], key: str) -> State | None:
        """One document's state."""
        return self.state(kind, key)

    async def get_many(self, kind: Kind[Any], keys: Sequence[str]) -> dict[str, State]:
        """The states of those that exist."""
        return {key: stored.state for key, stored in (await self.load(kind, keys)).items()}

    async def find(
        self, kind: Kind[Any], where: Mapping[str, Any], *, limit: int = 0, after: str | None = None
    ) -> list[tuple[str, State]]:
        """The documents that match, by key."""
        keys = [key for key in self.keys(kind) if after is None or key > after]
        found = [key for key in keys if _matches(self.stored(kind, key), where)]
        return [(key, kind.state.model_validate(self.stored(kind, key)["state"])) for key in found[: limit or None]]

    async def find_by(self, kind: Kind[Any], field: str, values: Collection[str]) -> list[tuple[str, State]]:
        """The documents in whose field stands one of these values, by key."""
        return await self.find(kind, {field: {"$in": list(values)}})


def _matches(document: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    joined = {"$or": any, "$and": all}
    return all(
        joined[path](_matches(document, one) for one in wanted)
        if path in joined
        else _fits(_at(document, path), wanted)
        for path, wanted in where.items()
    )


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(_fits(one, wanted) for one in value)
    if isinstance(wanted, Mapping):
        return all(_OPERATORS[operator](value, operand) for operator, operand in wanted.items())
    return bool(value == wanted)


def _at(document: Any, path: str) -> Any:
    part, _, rest = path.partition(".")
    if isinstance(document, list):
        return [_at(one, path) for one in document]
    found = document.get(part) if isinstance(document, Mapping) else None
    return _at(found, rest) if rest else found
