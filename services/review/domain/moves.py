"""The elementary steps of a case, and what each makes known."""

from datetime import datetime
from typing import Any

from services.review.domain.case import Case, Ending, Nomination
from services.review.domain.stages import Stage
from services.review.domain.terms import Rules
from shared.contracts.cases import CaseAdvanced, CaseDeclined, CaseNominated, CaseOpened
from shared.contracts.event import Event
from shared.contracts.honours import HonourWithheld
from shared.contracts.text import Text
from shared.kernel.calendar import end_of
from shared.kernel.change import Change

BEFORE_THE_PUBLIC = frozenset({"public_notice", "announcement"})
"""Kinds of stages of which the public knows who stands in them: who ends there has the honour withheld."""


def about(case: Case) -> dict[str, Any]:
    """What every fact about a case says."""
    return {
        **case.extensions,
        **travelling(case),
        "area": case.chamber.area,
        "case": case.id,
        "application": case.application,
        "round": case.round,
        "jurisdiction": case.jurisdiction,
        "chamber": case.chamber,
        "revision": case.revision or None,
        "sequence": case.sequence or None,
    }


def travelling(case: Case) -> dict[str, Any]:
    """Of the jurisdiction's own fields those that travel and are filled in."""
    fields = case.rules.procedure.fields if case.rules and case.own else {}
    return {name: case.own[name].value for name, field in fields.items() if field.travels and name in case.own}


def honour_id(case: Case, line: str | None = None) -> str:
    """The id of the honour this case may lead to: of the round's line, or of this one."""
    return f"{line or rules_of(case).honour}:{case.chamber.code}:{case.round}"


def rules_of(case: Case) -> Rules:
    """The rules of a case that has been opened."""
    if case.rules is None:
        raise ValueError(f"{case.id} is not opened")
    return case.rules


def enter(case: Case, stage: Stage, now: datetime) -> Case:
    """The case in a stage, from now."""
    return case.but(
        status="open",
        stage=stage.id,
        entered=now,
        deadline=end_of(now, stage.days) if stage.days else None,
        overdue=False,
        ending=None,
    )


def take_up(case: Case, stage: Stage, now: datetime) -> Change[Case]:
    """Take the case under review in a stage: its first one, or, after a correction, the one that sent it back."""
    entered = enter(case, stage, now)
    opened = CaseOpened(
        **about(entered), procedure=rules_of(entered).procedure.id, stage=stage.id, stage_title=stage.title
    )
    return Change(entered, (opened,))


def advance(case: Case, now: datetime) -> Change[Case]:
    """On to the next stage."""
    procedure = rules_of(case).procedure
    following = procedure.after(case.stage, direct=case.direct)
    if following is None:
        raise ValueError(f"{procedure.id}: no stage after {case.stage}")
    entered = enter(case, following, now)
    fact = CaseAdvanced(**about(case), passed=case.stage, stage=following.id, stage_title=following.title)
    return Change(entered, (fact,))


def decline(case: Case, code: str, reason: Text, remedy: Text) -> Change[Case]:
    """The end without the honour; of a case that has been on public notice the honour is said to be withheld."""
    ending = Ending(code=code, stage=case.stage, reason=reason, remedy=remedy)
    facts: list[Event] = [CaseDeclined(**about(case), stage=case.stage, code=code, reason=reason, remedy=remedy)]
    if case.current is not None and case.current.kind in BEFORE_THE_PUBLIC:
        facts.append(_withheld(case, reason))
    return Change(case.but(status="declined", ending=ending, deadline=None, overdue=False), tuple(facts))


def _withheld(case: Case, reason: Text) -> HonourWithheld:
    return HonourWithheld(
        area=case.chamber.area,
        honour=honour_id(case),
        line=rules_of(case).honour,
        round=case.round,
        chamber=case.chamber,
        jurisdiction=case.jurisdiction,
        case=case.id,
        reason=reason,
    )


def nominate(case: Case, rank: int, quota: int) -> Change[Case]:
    """Recommended upward; what follows happens in the centre's case."""
    score = case.score
    if score is None:
        raise ValueError(f"{case.id} has no score")
    opinion = case.opinion.marks if case.opinion else {}
    nomination = Nomination(rank=rank, quota=quota, points=score.total, digest=score.digest, opinion=opinion)
    fact = CaseNominated(
        **about(case),
        **_own_points(case),
        rank=rank,
        quota=quota,
        score=score,
        evidence=case.evidence,
        opinion=opinion or None,
    )
    return Change(case.but(status="nominated", nomination=nomination, deadline=None, overdue=False), (fact,))


def _own_points(case: Case) -> dict[str, Any]:
    """The points of its own criteria, as the centre is told of them: apart from the score."""
    own = case.own_score
    if own is None:
        return {}
    told = {"points": str(own.points), "of": str(own.of), "digest": own.digest}
    return {rules_of(case).procedure.own_points: told}
