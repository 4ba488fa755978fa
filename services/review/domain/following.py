"""What follows from a revocation 随之撤销: a distinction such as 十佳 is for who bears an honour, and goes with it.

Whoever bore the honour wrongly was not one of its best. The distinction is revoked by the same document, for the same
cause, and says what it follows; its plaque is due with the other. What has ended already stays as it ended.
"""

from datetime import datetime

from services.review.domain.honour import Register, honour_id, with_term
from services.review.domain.sanction import may
from services.review.domain.term import Plaque, Revocation, stand
from shared.contracts.honours import HonourRevoked
from shared.kernel.change import Change


def hear_revoked(register: Register | None, event: HonourRevoked, now: datetime) -> Change[Register] | None:
    """An honour was revoked; this is a distinction's register. None if nothing of it hangs on that honour any more."""
    if register is None or register.within != event.line:
        return None
    here = register.but(terms=stand(register.terms, now))
    term = here.term(honour_id(here.line, here.code, event.round))
    if term is None or not may("revoke", term):
        return None
    revocation = Revocation(
        reason=event.reason, document=event.document, cause=event.cause, at=now, follows=event.honour
    )
    plaque = Plaque(due=event.plaque_due) if event.plaque_due else None
    return with_term(
        here,
        term.model_copy(update={"revocation": revocation, "plaque": plaque}),
        now,
        HonourRevoked,
        reason=event.reason,
        document=event.document,
        cause=event.cause,
        plaque_due=event.plaque_due,
        follows=event.honour,
    )
