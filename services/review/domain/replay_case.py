"""A case computed again: its settled marks, its vote beside the committee's, its outcome beside who decided it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.review.domain.announcement import Announced
from services.review.domain.case import Case, Seat
from services.review.domain.cohort import Cohort, Frozen, heard_by_cases
from services.review.domain.leadership import Leadership
from services.review.domain.panel import Panel
from services.review.domain.settling import in_all, settle
from services.review.domain.shortlist import Shortlist
from services.review.domain.stages import ExpertPanel
from shared.contracts.cases import Tally
from shared.contracts.text import text
from shared.kernel.difference import Difference, differ

_BY_OTHERS = frozenset({"quota", "vote", "leadership"})
"""Endings that a list, a committee or the leaders' meeting decided."""


@dataclass
class Deciders:
    """What the documents of a round say of its cases, by case."""

    votes: dict[str, Tally] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    """What the last of them came to: `nominated`, `quota`, `elected`, `vote`, `approved`, `leadership`, `honoured`."""
    cohorts: dict[str, Mapping[str, Frozen]] = field(default_factory=dict)
    """By cohort, what each case heard of it."""

    def take(self, document: Shortlist | Cohort | Panel | Leadership | Announced) -> None:
        """Another one, in the order of a procedure: lists, cohorts, committees, leaders, announcements."""
        match document:
            case Shortlist():
                found = {place.case: "nominated" if place.nominated else "quota" for place in document.places}
            case Cohort():
                self.cohorts[document.id] = heard_by_cases(document)
                found = {}
            case Panel():
                self.votes |= {result.case: result.tally for result in document.results}
                found = {r.case: "elected" if r.outcome == "elected" else "vote" for r in document.results}
            case Leadership():
                departed = {departure.case: "leadership" for departure in document.departures}
                found = {**dict.fromkeys(document.approved, "approved"), **departed}
            case Announced():
                found = dict.fromkeys(document.cases, "honoured")
        self.outcomes |= found


def replayed_case(case: Case, known: Deciders) -> Iterator[Difference]:
    """Marks, vote and outcome of a case."""
    where = f"cases/{case.id}"
    yield from _marks(where, case, known)
    if case.vote is not None:
        yield from differ(where, text("表决票数", "the tally"), case.vote, known.votes.get(case.id))
    if case.status in ("honoured", "nominated", "declined"):
        recorded = case.ending.code if case.status == "declined" and case.ending else case.status
        decided = known.outcomes.get(case.id)
        computed = decided if decided in _BY_OTHERS | {"honoured"} or decided == recorded else None
        named = recorded if recorded in _BY_OTHERS | {"honoured", "nominated"} else None
        yield from differ(where, text("结论", "the outcome"), named, computed)


def _marks(where: str, case: Case, known: Deciders) -> Iterator[Difference]:
    stage = case.rules.procedure.first(ExpertPanel) if case.rules else None
    if stage is None or not case.settled:
        return
    seats = [seat for seat in case.seats if seat.counts]
    if unmarked := _unmarked(seats, [mark.item for mark in case.settled]):
        what = text(f"{unmarked[0]} 的评分", f"the mark of {unmarked[0]}")
        yield from differ(where, what, f"{len(unmarked)}", None)
        return
    scales = {mark.item: mark.of for mark in case.settled}
    again = settle(seats, scales, stage.trim_from, case.yardstick)
    for settled, computed in zip(case.settled, again, strict=True):
        what = text(f"{settled.item} 的评分", f"the mark of {settled.item}")
        yield from differ(where, what, settled, computed)
    if case.cohort or stage.normalise:
        heard = known.cohorts.get(case.cohort, {}).get(case.id)
        given = in_all(case.id, seats, scales)
        yield from differ(where, text("截止时的评分", "what was given"), given, heard.given if heard else None)
        yield from differ(where, text("评分基准", "the cohort"), case.yardstick, heard.yardstick if heard else None)


def _unmarked(seats: Sequence[Seat], items: Sequence[str]) -> list[str]:
    """Settled items that somebody who counts has not marked."""
    return [item for item in items if not seats or any(item not in seat.marks for seat in seats)]
