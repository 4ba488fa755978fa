"""The append-only record of a document, hash-chained, so that a changed byte is found and located.

An entry holds what happened and the digest of the state after it; the chain therefore covers every state the document
ever had, and the last entry covers the state it has now.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.text import Text, text
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
    """The entry at fault; for a state changed after the last entry, the last entry's number; 0 if there are none."""
    why: Text
    """What does not fit."""


def verify(entries: Sequence[Entry], state: Any) -> Break | None:
    """The first place where the chain or the present state does not hold, or None if all is whole."""
    written = [entry.model_dump(mode="json") for entry in entries]
    return _chain(written) or (_last(written, state) if written else None)


def verify_stored(document: Mapping[str, Any]) -> Break | None:
    """The first place where a document, exactly as it is stored, does not hold together, or None if all is whole.

    Beside the chain and the state that is the version, which counts the entries; what was heard, which never takes
    effect twice because it stands there; and the outbox, which may hold nothing that the document did not announce.
    """
    entries = document.get("history")
    if not isinstance(entries, list) or not entries:
        return Break(n=0, why=text("没有历史记录", "there is no history"))
    return (
        _chain(entries)
        or _version(document.get("version"), entries)
        or _last(entries, document.get("state"))
        or _bookkeeping(document, entries)
    )


def _chain(entries: Sequence[Any]) -> Break | None:
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        try:
            complete = entry.keys() >= Entry.model_fields.keys()
            expected = digest({name: value for name, value in entry.items() if name != "hash"})
        except (AttributeError, TypeError):
            complete = False
        if not complete:
            return Break(n=position, why=text("记录残缺或不可读", "the entry is incomplete or cannot be read"))
        if (n := entry["n"]) != position:
            return Break(
                n=position,
                why=text(
                    f"第 {position} 位是编号 {n} 的记录：有缺失或移动",
                    f"entry numbered {n} stands at position {position}: one is missing or moved",
                ),
            )
        if entry["previous"] != previous:
            return Break(n=position, why=text("未与前一条记录相接", "not chained to the entry before it"))
        if entry["hash"] != expected:
            return Break(n=position, why=text("记录写成后被改动", "the entry was changed after it was written"))
        previous = expected
    return None


def _version(version: Any, entries: Sequence[Any]) -> Break | None:
    if version == len(entries):
        return None
    return Break(
        n=len(entries),
        why=text(
            f"版本为 {version}，而记录有 {len(entries)} 条：末尾有缺失或增加，或版本被改动",
            f"version {version}, but {len(entries)} entries: some are missing or added at the end, or it was changed",
        ),
    )


def _last(entries: Sequence[Any], state: Any) -> Break | None:
    try:
        holds = entries[-1]["state"] == digest(state)
    except TypeError:  # a float or an instant, which no state has
        holds = False
    if holds:
        return None
    return Break(
        n=len(entries),
        why=text("状态在最后一条记录之后被改动", "the state was changed after the last entry"),
    )


def _bookkeeping(document: Mapping[str, Any], entries: Sequence[Any]) -> Break | None:
    try:
        heard = sorted(document["heard"]) == sorted(entry["cause"] for entry in entries)
        strangers = {fact["id"] for fact in document["outbox"]}.difference(*(entry["facts"] for entry in entries))
    except (KeyError, TypeError):
        return Break(
            n=len(entries), why=text("已闻清单或发件箱不可读", "what was heard, or the outbox, cannot be read")
        )
    if not heard:
        return Break(
            n=len(entries),
            why=text("已闻清单与各条记录的起因不符", "what was heard is not what the entries say caused them"),
        )
    if strangers:
        return Break(
            n=len(entries), why=text("发件箱中有未经宣布的事件", "the outbox holds an event that no entry announced")
        )
    return None
