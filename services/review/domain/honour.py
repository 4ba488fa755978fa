"""The register of honours 称号: per honour line and chamber, every term it ever held, and where each stands now.

What is decided about a term: `sanction` (suspended, reinstated, revoked), `plaque`, `merger`.
"""

from collections.abc import Callable
from datetime import datetime

from pydantic import Field

from services.review.domain.case import jurisdiction_of
from services.review.domain.term import IN_FORCE, Term, stand
from shared.contracts.area import Area
from shared.contracts.chambers import Chamber
from shared.contracts.event import Event, Instant
from shared.contracts.honours import (
    HonourCarried,
    HonourEvent,
    HonourExpired,
    HonourGranted,
    HonourRecorded,
    HonourSuperseded,
)
from shared.kernel.change import Change, Due
from shared.kernel.command import Command, missing, refused
from shared.kernel.state import State


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
        ends = [term.valid_until for term in self.terms if term.status in ("valid", "suspended")]
        return min(begins + ends, default=None)

    def term(self, honour: str) -> Term | None:
        """The term with this id."""
        return next((term for term in self.terms if term.honour == honour), None)

    def of_round(self, round_: str) -> Term:
        """The term of a round.

        Raises:
            NotFound: there is none.
        """
        found = self.term(honour_id(self.line, self.code, round_))
        if found is None:
            raise missing("honours", honour_id(self.line, self.code, round_), "称号", "honour")
        return found


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


def register_key(line: str, code: str) -> str:
    """The key of a chamber's register in an honour line."""
    return f"{line}:{code}"


def honour_id(line: str, code: str, round_: str) -> str:
    """The id of the honour of a chamber in a round."""
    return f"{line}:{code}:{round_}"


def register_of(honour: str) -> str:
    """The key of the register in which an honour stands."""
    return honour.rpartition(":")[0]


def register_for(event: HonourEvent) -> Register:
    """An empty register of the chamber of a fact, in its line."""
    return Register(line=event.line, code=event.chamber.code, within=event.within)


def term_of(event: HonourGranted | HonourCarried | HonourRecorded, jurisdiction: str, **more: str) -> Term:
    """The term that a fact tells of; `more` is what only facts of its kind say."""
    return Term(
        honour=event.honour,
        round=event.round,
        jurisdiction=jurisdiction,
        chamber=event.chamber,
        document=event.document,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        **more,
    )


def hear_granted(register: Register | None, event: HonourGranted, now: datetime) -> Change[Register] | None:
    """Enter a new term; it supersedes the earlier ones once it has begun."""
    register = register or register_for(event)
    if register.term(event.honour):
        return None
    term = term_of(event, jurisdiction_of(event.case), case=event.case)
    return settled(register, (*register.terms, term), now)


def record(register: Register | None, command: Record, now: datetime) -> Change[Register]:
    """Enter a term of the past.

    Raises:
        Refused: it is there already, or ends before it begins.
    """
    register = register or Register(line=command.line, code=command.chamber.code)
    honour = honour_id(command.line, command.chamber.code, command.round)
    if register.term(honour):
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
    change = settled(register, (*register.terms, term), now, quiet=honour)
    entered = next(t for t in change.state.terms if t.honour == honour)
    fact = HonourRecorded(
        **about(change.state, entered),
        document=entered.document,
        origin=command.source,
        valid_from=entered.valid_from,
        valid_until=entered.valid_until,
        superseded_by=entered.by,
    )
    return Change(change.state, (fact, *change.facts))


def with_term(
    register: Register, term: Term, now: datetime, announce: Callable[..., Event], **said: object
) -> Change[Register]:
    """The register after a decision about one of its terms, and first the fact of that decision."""
    change = settled(register, tuple(term if t.honour == term.honour else t for t in register.terms), now)
    return Change(change.state, (announce(**about(register, term), **said), *change.facts))


def on_due(register: Register | None, _due: Due, now: datetime) -> Change[Register] | None:
    """A term begins, or lapses."""
    return settled(register, register.terms, now) if register else None


def settled(register: Register, terms: tuple[Term, ...], now: datetime, quiet: str = "") -> Change[Register]:
    """Where every term stands now, and a fact for each (but `quiet`) that was in force or new and that time ended."""
    before = {term.honour: term.status for term in register.terms}
    standing = stand(terms, now)
    facts: list[HonourSuperseded | HonourExpired] = []
    for term in standing:
        if term.honour == quiet or before.get(term.honour, "upcoming") not in IN_FORCE:
            continue
        if term.status == "superseded" and term.by:
            facts.append(HonourSuperseded(**about(register, term), by=term.by))
        elif term.status == "expired":
            facts.append(HonourExpired(**about(register, term)))
    return Change(register.but(terms=standing), tuple(facts))


def about(register: Register, term: Term) -> dict[str, object]:
    """What every fact about an honour says."""
    return {
        "area": term.chamber.area,
        "honour": term.honour,
        "line": register.line,
        "round": term.round,
        "chamber": term.chamber,
        "within": register.within,
        "jurisdiction": term.jurisdiction,
    }
