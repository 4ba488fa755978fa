"""A register of honours, brought to what its own facts say about a term.

A term that has ended stays as it ended, whatever comes late.
"""

from datetime import datetime

from services.review.domain.honour import Register, register_for, term_of
from services.review.domain.term import (
    IN_FORCE,
    Closing,
    Plaque,
    Resolution,
    Revocation,
    Suspension,
    Term,
    stand,
)
from shared.contracts.event import Instant
from shared.contracts.honours import (
    HonourCarried,
    HonourEnded,
    HonourEvent,
    HonourExpired,
    HonourRecorded,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
)
from shared.kernel.change import Change, NotYet


def recorded(register: Register | None, event: HonourRecorded, now: datetime) -> Change[Register] | None:
    """The term of the past, where the fact says whose it is."""
    here = register or register_for(event)
    if event.jurisdiction is None or here.term(event.honour):
        return None
    term = term_of(event, event.jurisdiction, source=event.origin)
    others = {one.honour: one for one in here.terms}
    standing = stand((*here.terms, term), now)
    return Change(here.but(terms=tuple(others.get(one.honour, one) for one in standing)))


def suspended(register: Register | None, event: HonourSuspended, now: datetime) -> Change[Register] | None:
    """Suspended."""
    here, term = _found(register, event)
    if len(term.suspensions) >= event.number:
        return None
    if len(term.suspensions) < event.number - 1:
        raise NotYet(f"{event.honour}: {event.number - 1}")
    suspension = Suspension(
        number=event.number, cause=event.cause, reason=event.reason, document=event.document, at=now
    )
    return _with(here, term, status="suspended", suspensions=(*term.suspensions, suspension))


def reinstated(register: Register | None, event: HonourReinstated, now: datetime) -> Change[Register] | None:
    """The suspension was lifted."""
    here, term = _found(register, event)
    if len(term.suspensions) < event.number:
        raise NotYet(f"{event.honour}: {event.number}")
    if term.suspensions[event.number - 1].lifted:
        return None
    lifted = Resolution(reason=event.reason, document=event.document, at=now)
    suspensions = tuple(
        one.model_copy(update={"lifted": lifted}) if one.number == event.number else one for one in term.suspensions
    )
    return _with(here, term, status="valid", suspensions=suspensions)


def revoked(register: Register | None, event: HonourRevoked, now: datetime) -> Change[Register] | None:
    """Revoked; that it had ended while it was suspended did not save it."""
    here, term = _found(register, event)
    if term.revocation:
        return None
    revocation = Revocation(
        reason=event.reason, document=event.document, cause=event.cause, at=now, follows=event.follows
    )
    after = term.model_copy(
        update={"status": "revoked", "by": None, "revocation": revocation, "plaque": _plaque(event.plaque_due)}
    )
    return Change(_replaced(here, after))


def ended(register: Register | None, event: HonourEnded, now: datetime) -> Change[Register] | None:
    """Ended with its chamber."""
    here, term = _found(register, event)
    if term.closing:
        return None
    closing = Closing(reason=event.reason, document=event.document, at=now, to=None)
    return _with(here, term, status="ended", closing=closing, plaque=_plaque(event.plaque_due))


def carried(register: Register | None, event: HonourCarried, now: datetime) -> Change[Register] | None:
    """Carried on by another chamber; this is the register of the honour that gave way. That it did is a fact itself."""
    if register is None or (term := register.term(event.origin)) is None:
        raise NotYet(event.origin)
    if term.closing:
        return None
    closing = Closing(reason=event.reason, document=event.document, at=now, to=event.honour)
    return Change(_replaced(register, term.model_copy(update={"closing": closing})))


def superseded(register: Register | None, event: HonourSuperseded, _: datetime) -> Change[Register] | None:
    """Gave way to another."""
    here, term = _found(register, event)
    return _with(here, term, status="superseded", by=event.by) if term.status in IN_FORCE else None


def expired(register: Register | None, event: HonourExpired, _: datetime) -> Change[Register] | None:
    """Its time was over."""
    here, term = _found(register, event)
    return _with(here, term, status="expired") if term.status in IN_FORCE else None


def _found(register: Register | None, event: HonourEvent) -> tuple[Register, Term]:
    """The term that a fact names.

    Raises:
        NotYet: it is not here yet.
    """
    if register is None or (term := register.term(event.honour)) is None:
        raise NotYet(event.honour)
    return register, term


def _with(register: Register, term: Term, **changes: object) -> Change[Register]:
    """The term with these changes; where it stands only if it has not ended."""
    if term.status not in IN_FORCE:
        changes.pop("status", None)
    return Change(_replaced(register, term.model_copy(update=changes)))


def _replaced(register: Register, term: Term) -> Register:
    return register.but(terms=tuple(term if one.honour == term.honour else one for one in register.terms))


def _plaque(due: Instant | None) -> Plaque | None:
    return Plaque(due=due) if due else None
