"""A case, brought to what a fact of its own says.

A fact that does not fit yet waits; one that the case is past already changes nothing.
"""

from datetime import datetime, timedelta

from services.review.domain import moves
from services.review.domain.case import Case, Correction, Decision, Nomination
from services.review.domain.recall.unknown import UNKNOWN
from services.review.domain.stages import OfficersTurn, Stage
from shared.contracts.cases import (
    CaseAdvanced,
    CaseDeclined,
    CaseEvent,
    CaseNominated,
    CaseReturned,
    MarksSettled,
)
from shared.contracts.text import Text
from shared.kernel.change import Change, NotYet

_ENDED = ("nominated", "declined", "withdrawn", "honoured")


def advanced(case: Case | None, event: CaseAdvanced, now: datetime) -> Change[Case] | None:
    """On to the stage that was announced."""
    here = _reached(case, event)
    if here is None:
        return None
    stages = moves.rules_of(here).procedure.stages
    order = [stage.id for stage in stages]
    if event.stage not in order or event.passed not in order:
        return None
    if order.index(here.stage) >= order.index(event.stage):
        return None
    if here.status != "open" or here.stage != event.passed:
        raise NotYet(f"{here.id}: {event.passed}")
    stage = moves.rules_of(here).procedure.stage(event.stage)
    return Change(moves.enter(_decided(here, "pass", now), stage, now))


def returned(case: Case | None, event: CaseReturned, now: datetime) -> Change[Case] | None:
    """Back at the chamber for correction."""
    here = _reached(case, event)
    if here is None or here.revision != (event.revision or here.revision):
        return None
    if here.correction and here.correction.revision >= here.revision:
        return None
    stage = here.current
    if not isinstance(stage, OfficersTurn) or "return" not in stage.outcomes:
        raise NotYet(f"{here.id}: {here.stage}")
    correction = Correction(
        stage=stage.id,
        items=event.items,
        revision=here.revision,
        deadline=event.deadline,
        closes=event.deadline + timedelta(minutes=stage.allowance_minutes),
    )
    sent_back = _decided(here, "return", now)
    return Change(sent_back.but(status="returned", correction=correction, deadline=None, overdue=False))


def declined(case: Case | None, event: CaseDeclined, now: datetime) -> Change[Case] | None:
    """Ended, as it was announced."""
    here = _reached(case, event)
    if here is None:
        return None
    if here.stage != event.stage:
        raise NotYet(f"{here.id}: {event.stage}")
    known = _decided(here, "decline", now, event.reason) if event.code == "officer" else here
    return Change(moves.decline(known, event.code, event.reason, event.remedy).state)


def nominated(case: Case | None, event: CaseNominated, _: datetime) -> Change[Case] | None:
    """Recommended upward, where the list that said so is not known any more."""
    here = _reached(case, event)
    if here is None:
        return None
    if here.current is None or here.current.kind != "shortlist":
        raise NotYet(f"{here.id}: shortlist")
    return Change(here.but(status="nominated", nomination=Nomination.of(event), deadline=None, overdue=False))


def settled(case: Case | None, event: MarksSettled, _: datetime) -> Change[Case] | None:
    """The experts' marks as they were settled; the single ones are not known any more."""
    here = _reached(case, event)
    if here is None or here.settled:
        return None
    if here.current is None or here.current.kind != "expert_panel":
        raise NotYet(f"{here.id}: expert_panel")
    return Change(here.but(settled=event.marks, cohort=event.cohort or ""))


def _reached(case: Case | None, event: CaseEvent) -> Case | None:
    """The case; None if it has ended, so that nothing is left to be said.

    Raises:
        NotYet: what the fact rests on is not here yet.
    """
    if case is None or case.rules is None or case.revision < (event.revision or 0):
        raise NotYet(event.case)
    return None if case.status in _ENDED else case


def _decided(case: Case, outcome: str, now: datetime, reason: Text | None = None) -> Case:
    """The case with an officer's decision of which only the outcome is known, where one decides."""
    stage: Stage = moves.rules_of(case).procedure.stage(case.stage)
    if not isinstance(stage, OfficersTurn) and outcome != "decline":
        return case
    decision = Decision.model_validate(
        {
            "stage": stage.id,
            "outcome": outcome,
            "by": UNKNOWN,
            "on_behalf": False,
            "at": now,
            "revision": case.revision,
            "reason": reason,
        }
    )
    return case.but(decisions=(*case.decisions, decision))
