"""A term 任期 of an honour: one round's honour of one chamber, and where it stands.

    upcoming ──► valid ◄──► suspended      暂停、恢复
                   └──────────┴──► superseded   by a later term once that has begun, or by whoever carries it on
                   └──────────┴──► expired      at `valid_until` (S:004 “两年一认定”, no honour for life)
                   └──────────┴──► revoked      by a document, with cause
                   └──────────┴──► ended        with its chamber, which was merged into another

Where a term stands follows from what was decided, from the dates of all terms and from now, never from the order in
which they became known. Time goes on while a term is suspended: it expires or is superseded as it would have.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.area import Area
from shared.contracts.chambers import Chamber
from shared.contracts.event import Instant
from shared.contracts.text import Text

Standing = Literal["upcoming", "valid", "suspended", "superseded", "expired", "revoked", "ended"]
IN_FORCE: frozenset[Standing] = frozenset({"upcoming", "valid", "suspended"})
"""Announced and not over."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Resolution(_Part):
    """A decision about a term."""

    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""
    at: Instant
    """When it was entered."""


class Suspension(Resolution):
    """A time during which a term does not hold."""

    number: int
    """Which suspension of this term it is, from 1."""
    cause: str
    """Code of the cause."""
    lifted: Resolution | None = None
    """How it ended, if it was lifted."""


class Revocation(Resolution):
    """Why and by what a term was revoked."""

    cause: str | None = None
    """Code of the cause; None for one from before there were codes."""
    follows: str | None = None
    """For a distinction that went with the honour it singles out: the id of that honour."""


class Closing(Resolution):
    """What became of a term when its chamber was merged into another."""

    to: str | None
    """The honour that carries it on; None if it ended."""


class Returned(_Part):
    """The plaque is back."""

    on: str
    """The day, `YYYY-MM-DD`."""
    received_by: str
    """Who took it in, by name; stays in this document."""
    note: str = ""
    """In what state, or how it was replaced."""
    at: Instant
    """When it was entered."""


class Plaque(_Part):
    """The plaque 牌匾 of a term that was taken back."""

    due: Instant
    """Until when it is to be returned."""
    returned: Returned | None = None
    """Its return."""


class Term(_Part):
    """An honour for one period."""

    honour: str
    """Id: `<line>:<credit code>:<round>`."""
    round: str
    """Code of the round."""
    jurisdiction: Area
    """Which federation granted it."""
    chamber: Chamber
    """The chamber, named as of then."""
    document: str
    """Number of the announcing document."""
    valid_from: Instant
    """Valid from."""
    valid_until: Instant
    """Valid until."""
    case: str | None = None
    """The case that led to it; None for one recorded from before this register, or carried on."""
    source: str = ""
    """For a recorded one: where it was taken from."""
    origin: str | None = None
    """For one that is carried on: the honour of the chamber that was merged into this one."""
    status: Standing = "upcoming"
    """Where it stands."""
    by: str | None = None
    """The term that superseded it."""
    suspensions: tuple[Suspension, ...] = ()
    """Its suspensions, oldest first."""
    revocation: Revocation | None = None
    """Why it was revoked."""
    closing: Closing | None = None
    """What became of it when its chamber was merged into another."""
    plaque: Plaque | None = None
    """The plaque to be returned, if any."""

    @property
    def open_suspension(self) -> Suspension | None:
        """The suspension that was not lifted. One is left open where the term's time ended first."""
        last = self.suspensions[-1] if self.suspensions else None
        return last if last and last.lifted is None else None

    @property
    def took_effect(self) -> bool:
        """Whether it begins at all: one taken back before its beginning supersedes nothing."""
        stopped = self.revocation or self.closing
        return stopped is None or stopped.at >= self.valid_from


def stand(terms: Sequence[Term], now: datetime) -> tuple[Term, ...]:
    """Each term with its status at `now`, by beginning."""
    ordered = sorted(terms, key=_begins)
    standing = []
    for position, term in enumerate(ordered):
        later = next((other for other in ordered[position + 1 :] if other.took_effect), None)
        standing.append(term.model_copy(update=_standing(term, later, now)))
    return tuple(standing)


def _standing(term: Term, later: Term | None, now: datetime) -> dict[str, object]:
    if term.revocation is not None:
        return {"status": "revoked"}
    if term.closing is not None:
        return {"status": "superseded", "by": term.closing.to} if term.closing.to else {"status": "ended"}
    if now < term.valid_from:
        return {"status": "upcoming"}
    if later is not None and later.valid_from < term.valid_until and later.valid_from <= now:
        return {"status": "superseded", "by": later.honour}
    if now >= term.valid_until:
        return {"status": "expired"}
    return {"status": "suspended" if term.open_suspension else "valid"}


def _begins(term: Term) -> tuple[datetime, str]:
    return term.valid_from, term.honour
