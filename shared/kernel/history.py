"""The append-only record of a document, hash-chained, so that a changed byte is found and located.

An entry holds what happened and the digest of the state after it; the chain therefore covers every state the document
ever had, and the last entry covers the state it has now.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.kernel.actor import Actor
from shared.kernel.canonical import digest

GENESIS = "0" * 64
"""What the first entry is chained to."""


class Entry(BaseModel):
    """One step in a document's life."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    n: int
    """Position, from 1; equals the document's version after this step."""
    at: str
    """When, by the platform's clock: ISO 8601, UTC."""
    what: str
    """The event, command or deadline that caused it (`application.scored.v1`, `submit`, `due`)."""
    by: Actor
    """Who."""
    cause: str
    """Id of the message or command; never applied twice."""
    content: str
    """SHA-256 of the message: a repeat under the same id with other content is a conflict."""
    facts: tuple[str, ...]
    """Ids of the events announced by this step."""
    state: str
    """SHA-256 of the canonical state after this step."""
    previous: str
    """Hash of the entry before, or 64 zeros."""
    hash: str
    """SHA-256 over everything above."""


def append(
    previous: str,
    *,
    n: int,
    at: str,
    what: str,
    by: Actor,
    cause: str,
    content: str,
    facts: tuple[str, ...],
    state: Any,
) -> Entry:
    """The next entry of a chain whose last hash is `previous` (`GENESIS` for the first)."""
    body = {
        "n": n,
        "at": at,
        "what": what,
        "by": by.model_dump(mode="json"),
        "cause": cause,
        "content": content,
        "facts": list(facts),
        "state": digest(state),
        "previous": previous,
    }
    return Entry.model_validate({**body, "hash": digest(body)})


class Break(BaseModel):
    """Where a chain does not hold, and why."""

    model_config = ConfigDict(frozen=True)

    n: int
    """The entry at fault; for a state changed after the last entry, the last entry's number."""
    why: str


def verify(entries: Sequence[Entry], state: Any) -> Break | None:
    """The first place where the chain or the present state does not hold, or None if all is whole."""
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        if entry.n != position:
            return Break(
                n=position, why=f"entry numbered {entry.n} stands at position {position}: one is missing or moved"
            )
        if entry.previous != previous:
            return Break(n=position, why="not chained to the entry before it")
        if digest(entry.model_dump(mode="json", exclude={"hash"})) != entry.hash:
            return Break(n=position, why="the entry was changed after it was written")
        previous = entry.hash
    if entries and entries[-1].state != digest(state):
        return Break(n=len(entries), why="the state was changed after the last entry")
    return None
