"""Experts are assigned to many cases at once 分配: nobody in conflict, nobody over capacity, loads as even as can be.

The answer follows from the task alone. Between experts who would all do the seed decides, by SHA-256 over seed, case
and seat; the order in which cases and experts are given plays no part. Why the search is our own and no library's:
`docs/adr/0021-assignment.md`.
"""

from services.review.domain.cures import cures
from services.review.domain.demand import Assignment, Task
from services.review.domain.obstacles import Infeasible, binding, short
from services.review.domain.roster import Roster
from services.review.domain.seating import Seating


def assign(task: Task) -> Assignment | Infeasible:
    """An expert for every seat; or why there is none, and what would cure it."""
    roster = Roster(task)
    seating = roster.start()
    seating.fill_evenly(roster.ceilings)
    if not seating.missing:
        return roster.assignment(seating)
    return _infeasible(roster, seating)


def _infeasible(roster: Roster, seating: Seating) -> Infeasible:
    seating.fill(roster.ceilings)  # no more can be filled; what is closed is so even under the full capacity
    return Infeasible(
        missing=len(seating.missing),
        short=short(roster, seating),
        binding=binding(roster, seating),
        cures=cures(roster, seating),
    )
