"""The register of honours 称号: per honour line and chamber, every term it ever held, and where each stands now.

    upcoming ──► valid ───► superseded    by a later term of the same line, once that has begun
                       ├──► expired       at `valid_until` (S:004 “两年一认定”, no honour for life)
                       └──► revoked       by a document, with reasons

Where a term stands follows from the dates of all terms and from now, never from the order in which they became known.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.case import jurisdiction_of
from shared.contracts.area import Area
from shared.contracts.chambers import Chamber
from shared.contracts.event import Instant
from shared.contracts.honours import HonourExpired, HonourGranted, HonourRecorded, HonourRevoked, HonourSuperseded
from shared.contracts.text import Text
from shared.kernel.change import Change, Due
from shared.kernel.command import Command, missing, refused
from shared.kernel.state import State

Standing = Literal["upcoming", "valid", "superseded", "expired", "revoked"]


class Revocation(BaseModel):
    """Why and by what a term was revoked."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    reason: Text
    """Why."""
    document: str
    """Number of the deciding document."""
    at: Instant
    """When it was entered."""


class Term(BaseModel):
    """An honour for one period."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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
    """The case that led to it; None for one recorded from before this register."""
    source: str = ""
    """For a recorded one: where it was taken from."""
    status: Standing = "upcoming"
    """Where it stands."""
    by: str | None = None
    """The term that superseded it."""
    revocation: Revocation | None = None
    """Why it was revoked."""


class Register(State):
    """All terms of one chamber in one honour line."""

    line: str
    """The honour line, e.g. `national-sihao`."""
    code: str
    """The chamber's credit code."""
    within: str | None = None
    """For a distinction: the honour line whose bearers it singles out."""
    terms: tuple[Term, ...] = ()
    """By beginning."""

    def due(self) -> datetime | None:
        """When the next term begins or ends."""
        begins = [term.valid_from for term in self.terms if term.status == "upcoming"]
        ends = [term.valid_until for term in self.terms if term.status == "valid"]
        return min(begins + ends, default=None)


class Record(Command):
    """Enter an honour of an earlier round, from its document.

    It states the past: nothing is granted by it now, so what goes out is `honour.recorded`, for the public register,
    and nobody gets a letter.
    """

    line: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    round: str = Field(pattern=r"^[A-Z0-9-]{3,40}$")
    jurisdiction: Area
    chamber: Chamber
    document: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1, max_length=500)
    valid_from: Instant
    valid_until: Instant


class Revoke(Command):
    """Take an honour back."""

    round: str
    reason: Text
    document: str = Field(min_length=1, max_length=100)


def register_key(line: str, code: str) -> str:
    """The key of a chamber's register in an honour line."""
    return f"{line}:{code}"


def register_of(honour: str) -> str:
    """The key of the register in which an honour stands."""
    return honour.rpartition(":")[0]


def hear_granted(register: Register | None, event: HonourGranted, now: datetime) -> Change[Register] | None:
    """Enter a new term; it supersedes the earlier ones once it has begun."""
    register = register or Register(line=event.line, code=event.chamber.code, within=event.within)
    if any(term.honour == event.honour for term in register.terms):
        return None
    term = Term(
        honour=event.honour,
        round=event.round,
        jurisdiction=jurisdiction_of(event.case),
        chamber=event.chamber,
        document=event.document,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        case=event.case,
    )
    return _settled(register, (*register.terms, term), now)


def record(register: Register | None, command: Record, now: datetime) -> Change[Register]:
    """Enter a term of the past.

    Raises:
        Refused: it is there already, or ends before it begins.
    """
    register = register or Register(line=command.line, code=command.chamber.code)
    honour = f"{command.line}:{command.chamber.code}:{command.round}"
    if any(term.honour == honour for term in register.terms):
        raise refused(
            "honour.known",
            "round",
            rule=(f"称号 {honour} 已在登记册中。", f"{honour} is in the register."),
            remedy=("无需重复登记。", "No need to record it again."),
        )
    if command.valid_from >= command.valid_until:
        raise refused(
            "honour.dates",
            "valid_until",
            rule=("有效期的截止须晚于起始。", "The honour must end after it begins."),
            remedy=("请核对有效期。", "Check the dates."),
        )
    term = Term(honour=honour, **{k: v for k, v in dict(command).items() if k not in ("by", "line")})
    change = _settled(register, (*register.terms, term), now, quiet=honour)
    entered = next(t for t in change.state.terms if t.honour == honour)
    fact = HonourRecorded(
        **_about(change.state, entered),
        document=entered.document,
        origin=command.source,
        valid_from=entered.valid_from,
        valid_until=entered.valid_until,
        superseded_by=entered.by,
    )
    return Change(change.state, (fact, *change.facts))


def revoke(register: Register | None, command: Revoke, now: datetime) -> Change[Register]:
    """Revoke a term that is in force or about to be.

    Raises:
        Refused: it has ended already.
    """
    found = next((t for t in register.terms if t.round == command.round), None) if register else None
    if register is None or found is None:
        raise missing("honour", command.round, "称号", "honour of round")
    if found.status not in ("valid", "upcoming"):
        raise refused(
            "honour.ended",
            "round",
            rule=(f"该称号的状态为 {found.status}，不在有效期内。", f"The honour is {found.status}, not in force."),
            remedy=("只能撤销有效的称号。", "Only an honour in force can be revoked."),
        )
    revocation = Revocation(reason=command.reason, document=command.document, at=now)
    revoked = found.model_copy(update={"status": "revoked", "revocation": revocation})
    fact = HonourRevoked(**_about(register, found), reason=command.reason, document=command.document)
    others = _settled(register, tuple(revoked if t.honour == found.honour else t for t in register.terms), now)
    return Change(others.state, (fact, *others.facts))


def on_due(register: Register | None, _due: Due, now: datetime) -> Change[Register] | None:
    """A term begins, or lapses."""
    return _settled(register, register.terms, now) if register else None


def _settled(register: Register, terms: tuple[Term, ...], now: datetime, quiet: str = "") -> Change[Register]:
    """Where every term stands now, and a fact for each (but `quiet`) that was in force or new and no longer is."""
    before = {term.honour: term.status for term in register.terms}
    standing = _stand(tuple(sorted(terms, key=_begins)), now)
    facts: list[HonourSuperseded | HonourExpired] = []
    for term in standing:
        if term.honour == quiet or before.get(term.honour, "upcoming") not in ("upcoming", "valid"):
            continue
        if term.status == "superseded" and term.by:
            facts.append(HonourSuperseded(**_about(register, term), by=term.by))
        elif term.status == "expired":
            facts.append(HonourExpired(**_about(register, term)))
    return Change(register.but(terms=standing), tuple(facts))


def _stand(terms: tuple[Term, ...], now: datetime) -> tuple[Term, ...]:
    """Each term of a sorted list with its status at `now`."""
    standing = []
    for position, term in enumerate(terms):
        later = next((other for other in terms[position + 1 :] if _took_effect(other)), None)
        standing.append(term.model_copy(update=_standing(term, later, now)))
    return tuple(standing)


def _took_effect(term: Term) -> bool:
    """Whether a term begins at all: one revoked before its beginning supersedes nothing."""
    return term.revocation is None or term.revocation.at >= term.valid_from


def _standing(term: Term, later: Term | None, now: datetime) -> dict[str, object]:
    if term.revocation is not None:
        return {"status": "revoked"}
    if now < term.valid_from:
        return {"status": "upcoming"}
    if later is not None and later.valid_from < term.valid_until and later.valid_from <= now:
        return {"status": "superseded", "by": later.honour}
    return {"status": "expired" if now >= term.valid_until else "valid"}


def _begins(term: Term) -> tuple[datetime, str]:
    return term.valid_from, term.honour


def _about(register: Register, term: Term) -> dict[str, object]:
    return {
        "area": term.chamber.area,
        "honour": term.honour,
        "line": register.line,
        "round": term.round,
        "chamber": term.chamber,
        "within": register.within,
    }
