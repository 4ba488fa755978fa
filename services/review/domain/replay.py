"""A round computed again from what was recorded: draws, assignments, lists, cohorts, votes; what differs is named.

What of it concerns a single case is in `replay_case`. It uses the very deciders that decided. What people decided by
themselves (a pass, a ruling, the leaders' list) is not computed by anybody and is not replayed; that it was not changed
afterwards is what `verify` tells.
"""

from collections.abc import Iterator

from services.review.domain import draw as draws
from services.review.domain import panel as panels
from services.review.domain.announcement import Announced
from services.review.domain.assignment import assign
from services.review.domain.cohort import Cohort
from services.review.domain.demand import Assignment
from services.review.domain.distinction import placed
from services.review.domain.draw import Draw
from services.review.domain.drawing import commitment, pool_hash
from services.review.domain.normalising import measured
from services.review.domain.panel import Panel
from services.review.domain.proposal import Proposal
from services.review.domain.ranking import order, places
from services.review.domain.shortlist import Shortlist
from shared.contracts.text import text
from shared.kernel.actor import Actor
from shared.kernel.difference import Difference, differ

_NOBODY = Actor(id="replay", role="service")


def replayed_draw(draw: Draw) -> Iterator[Difference]:
    """The promise, the pool and the result of a draw whose seed was told."""
    yield from differ(f"draws/{draw.id}", text("名单摘要", "digest of the pool"), draw.pool_hash, pool_hash(draw.pool))
    if not draw.seeds:
        return
    promised = tuple(commitment(seed) for seed in draw.seeds)
    yield from differ(f"draws/{draw.id}", text("承诺值", "promises"), draw.commitments, promised)
    if promised == draw.commitments and draw.revealed is not None:
        untold = draw.but(seeds=(), drawn=(), order=(), revealed=None)
        again = draws.told(untold, draw.seeds, draw.revealed)
        for name, what in (("drawn", text("抽中", "who is drawn")), ("order", text("次序", "the order"))):
            yield from differ(f"draws/{draw.id}", what, getattr(draw, name), getattr(again, name))


def replayed_shortlist(shortlist: Shortlist) -> Iterator[Difference]:
    """The order and every place of a sealed list; one that kept nothing to compute from is passed over."""
    if shortlist.bounds is None:
        return
    where = f"shortlists/{shortlist.id}"
    ruled = order(shortlist.contenders, shortlist.ties)
    by_case = {contender.case: contender for contender in ruled}
    kept = tuple(place.case for place in shortlist.places)
    if shortlist.reason is None:
        yield from differ(where, text("次序", "the order"), kept, tuple(one.case for one in ruled))
    if set(kept) != by_case.keys():
        yield from differ(where, text("参加排序的案件", "who was ranked"), sorted(kept), sorted(by_case))
        return
    again = places([by_case[case] for case in kept], shortlist.ties, shortlist.bounds)
    for recorded, computed in zip(shortlist.places, again, strict=True):
        yield from differ(f"{where}/{recorded.case}", text("名次", "the place"), recorded, computed)


def replayed_announcement(announced: Announced) -> Iterator[Difference]:
    """Who of those announced was distinguished, and why; passed over where nothing was kept to compute from."""
    ranked = announced.distinction
    if ranked is None or not ranked.contenders:
        return
    where = f"announcements/{announced.id}"
    ranked_cases = sorted(contender.case for contender in ranked.contenders)
    yield from differ(where, text("参加排序的案件", "who was ranked"), ranked_cases, sorted(announced.cases))
    again = placed(order(ranked.contenders, ranked.ties), ranked.ties, ranked.bounds, ranked.title)
    yield from differ(where, text(f"“{ranked.title.zh}”名次", "the distinction"), ranked.places, tuple(again))


def replayed_panel(panel: Panel) -> Iterator[Difference]:
    """The count of a closed meeting, from its votes; one of which only the result is known is passed over."""
    if panel.closed is None or not panel.members:
        return
    open_ = panel.but(status="open", closed=None, results=(), undecided=())
    again = panels.close(open_, panels.Close(by=_NOBODY), panel.closed).state
    results = {result.case: result for result in again.results}
    for recorded in panel.results:
        yield from differ(
            f"panels/{panel.id}/{recorded.case}",
            text("表决结果", "the result"),
            recorded,
            results.pop(recorded.case, None),
        )
    for case, computed in results.items():
        yield from differ(f"panels/{panel.id}/{case}", text("表决结果", "the result"), None, computed)
    yield from differ(f"panels/{panel.id}", text("未决案件", "what was undecided"), panel.undecided, again.undecided)


def replayed_proposal(proposal: Proposal) -> Iterator[Difference]:
    """The assignment, from its task and seed."""
    where = f"proposals/{proposal.id}"
    yield from differ(where, text("输入的摘要", "digest of the inputs"), proposal.inputs, proposal.task.digest)
    again = assign(proposal.task)
    seats = again.seats if isinstance(again, Assignment) else {}
    for case, recorded in proposal.assignment.seats.items():
        what = text(f"{case} 的专家", f"the experts of {case}")
        yield from differ(where, what, recorded, seats.get(case))
    if isinstance(again, Assignment) and proposal.assignment.seats == again.seats:
        yield from differ(where, text("分配方案", "the assignment"), proposal.assignment, again)


def replayed_cohort(cohort: Cohort) -> Iterator[Difference]:
    """The means and deviations of a frozen cohort, from what each expert gave each case."""
    where = f"cohorts/{cohort.id}"
    again = measured(cohort.given, cohort.yardstick.min_cases)
    for name, what in (("mean", text("总均值", "the common mean")), ("deviation", text("总标准差", "the deviation"))):
        yield from differ(where, what, getattr(cohort.yardstick, name), getattr(again, name))
    computed = {one.expert: one for one in again.experts}
    for recorded in cohort.yardstick.experts:
        what = text(f"专家 {recorded.expert} 的均值与标准差", f"mean and deviation of expert {recorded.expert}")
        yield from differ(where, what, recorded, computed.pop(recorded.expert, None))
    for expert, standing in computed.items():
        yield from differ(where, text(f"专家 {expert}", f"expert {expert}"), None, standing)
