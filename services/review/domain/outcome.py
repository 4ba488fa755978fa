"""What a sealed list, a vote, a closed notice and an announcement mean for each case they name.

Such an event can overtake what comes before it. A case that is not there yet makes it wait (`NotYet`); a case that is
past it, or has ended, lets it go by.
"""

from datetime import datetime
from typing import Literal

from services.review.domain import moves
from services.review.domain.case import Case
from services.review.domain.officer import NEXT_ROUND
from shared.contracts.cases import LeadershipDecided, PanelDecided, ShortlistSealed
from shared.contracts.honours import HonourGranted
from shared.contracts.notices import AnnouncementMade, Distinction, NoticeClosed
from shared.contracts.text import text
from shared.kernel.change import Change, NotYet

Passing = Literal["shortlist", "expert_panel", "leadership_decision", "public_notice", "announcement"]


def hear_shortlist(case: Case | None, event: ShortlistSealed, now: datetime) -> Change[Case] | None:
    """Within the quota: recommended upward (or on, where the procedure goes on). Outside: the end."""
    here = _at(case, "shortlist")
    if here is None:
        return None
    entry = next(entry for entry in event.entries if entry.case == here.id)
    if entry.nominated:
        following = moves.rules_of(here).procedure.after(here.stage, direct=here.direct)
        return moves.advance(here, now) if following else moves.nominate(here, entry.rank, event.quota)
    return moves.decline(
        here,
        "quota",
        entry.why
        or text(
            f"得分 {entry.points}，列第 {entry.rank} 名，本地区名额 {event.quota} 个，未列入推荐。",
            f"{entry.points} points, place {entry.rank}; the quota of this area is {event.quota}: not nominated.",
        ),
        NEXT_ROUND,
    )


def hear_panel(case: Case | None, event: PanelDecided, now: datetime) -> Change[Case] | None:
    """Elected: on to the next stage. Not elected: the end."""
    here = _at(case, "expert_panel")
    if here is None:
        return None
    result = next(result for result in event.results if result.case == here.id)
    tally, voted = result.tally, here.but(vote=result.tally)
    if result.outcome == "elected":
        return moves.advance(voted, now)
    return moves.decline(
        voted,
        "vote",
        text(
            f"得分 {result.points}。全体委员 {tally.members} 人，到会 {tally.present} 人，回避 {tally.recused} 人；"
            f"赞成 {tally.yes}，反对 {tally.no}，弃权 {tally.abstain}，须 {tally.majority} 票赞成，未通过。",
            f"{result.points} points. Of {tally.members} members {tally.present} present, {tally.recused} recused; "
            f"{tally.yes} for, {tally.no} against, {tally.abstain} abstained; {tally.majority} needed: not elected.",
        ),
        NEXT_ROUND,
    )


def hear_leadership(case: Case | None, event: LeadershipDecided, now: datetime) -> Change[Case] | None:
    """Approved: on to the next stage. Not approved: the end, with the leaders' reason."""
    here = _at(case, "leadership_decision")
    if here is None:
        return None
    if here.id in event.approved:
        return moves.advance(here, now)
    reason = next(departure.reason for departure in event.departures if departure.case == here.id)
    return moves.decline(
        here,
        "leadership",
        text(f"{event.document} 审议未通过：{reason.zh}", f"Not approved by {event.document}: {reason.en}"),
        NEXT_ROUND,
    )


def hear_notice(case: Case | None, event: NoticeClosed, now: datetime) -> Change[Case] | None:
    """Cleared: on to the announcement. Excluded by an upheld objection: the end, and the honour is withheld."""
    here = _at(case, "public_notice")
    if here is None:
        return None
    if here.id in event.cleared:
        return moves.advance(here, now)
    reason = text("公示期间的异议经裁定成立。", "An objection during the public notice was upheld.")
    remedy = text(
        "裁定理由见公示页面；请整改后在下一认定周期重新申报。",
        "See the ruling on the notice; mend it and apply in the next round.",
    )
    return moves.decline(here, "objection", reason, remedy)


def hear_announcement(case: Case | None, event: AnnouncementMade, _now: datetime) -> Change[Case] | None:
    """The honour is granted, valid as the round's calendar says; with it the distinction, to whom it was given."""
    here = _at(case, "announcement")
    if here is None:
        return None
    facts = [_granted(here, event)]
    further = event.distinction
    if further and any(entry.case == here.id and entry.distinguished for entry in further.entries):
        facts.append(_granted(here, event, further))
    honoured = here.but(status="honoured", document=event.document, deadline=None, overdue=False)
    return Change(honoured, tuple(facts))


def _granted(case: Case, event: AnnouncementMade, further: Distinction | None = None) -> HonourGranted:
    rules = moves.rules_of(case)
    line = further.line if further else rules.honour
    return HonourGranted(
        area=case.chamber.area,
        honour=moves.honour_id(case, line),
        line=line,
        round=case.round,
        chamber=case.chamber,
        within=rules.honour if further else None,
        case=case.id,
        document=event.document,
        valid_from=rules.calendar.valid_from,
        valid_until=rules.calendar.valid_until,
        called=further.title if further else None,
        jurisdiction=case.jurisdiction,
    )


def _at(case: Case | None, kind: Passing) -> Case | None:
    """The case, if it stands in a stage of this kind; None if it is past it or has ended.

    Raises:
        NotYet: it has not come there yet.
    """
    if case is None:
        raise NotYet("case")
    if case.status in ("nominated", "declined", "withdrawn", "honoured"):
        return None
    stage = case.current
    if stage is None:
        raise NotYet(f"{case.id}: {case.status}")
    if stage.kind == kind:
        return case
    stages = moves.rules_of(case).procedure.stages
    if any(later.kind == kind for later in stages[stages.index(stage) :]):
        raise NotYet(f"{case.id}: {kind}")
    return None
