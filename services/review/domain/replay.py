"""A round computed again from what was recorded: draws, lists, marks, votes; whatever differs is named.

It uses the very deciders that decided. What people decided by themselves (a pass, a ruling, the leaders' list) is not
computed by anybody and is not replayed; that it was not changed afterwards is what `verify` tells.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.review.domain import draw as draws
from services.review.domain import panel as panels
from services.review.domain.announcement import Announced
from services.review.domain.case import Case
from services.review.domain.distinction import placed
from services.review.domain.draw import Draw
from services.review.domain.drawing import commitment, pool_hash
from services.review.domain.panel import Panel
from services.review.domain.ranking import order, places
from services.review.domain.shortlist import Shortlist
from services.review.domain.stages import ExpertPanel
from services.review.domain.trimmed import settle_item
from shared.contracts.cases import Tally
from shared.contracts.text import Text, text
from shared.kernel.actor import Actor

_NOBODY = Actor(id="replay", role="service")


class Difference(BaseModel):
    """Something that is recorded otherwise than it is computed."""

    model_config = ConfigDict(frozen=True)

    where: str
    """The document: `draws/CN-2020@CN-1`."""
    what: Text
    """What of it."""
    recorded: str
    """As it is recorded."""
    computed: str
    """As it is computed now."""


def replayed_draw(draw: Draw) -> Iterator[Difference]:
    """The promise, the pool and the result of a draw whose seed was told."""
    yield from _differ(f"draws/{draw.id}", text("名单摘要", "digest of the pool"), draw.pool_hash, pool_hash(draw.pool))
    if not draw.seeds:
        return
    promised = tuple(commitment(seed) for seed in draw.seeds)
    yield from _differ(f"draws/{draw.id}", text("承诺值", "promises"), draw.commitments, promised)
    if promised == draw.commitments and draw.revealed is not None:
        untold = draw.but(seeds=(), drawn=(), order=(), revealed=None)
        again = draws.reveal(untold, draws.Reveal(by=_NOBODY, seeds=draw.seeds), draw.revealed)
        for name, what in (("drawn", text("抽中", "who is drawn")), ("order", text("次序", "the order"))):
            computed = getattr(again.state, name) if again else ()
            yield from _differ(f"draws/{draw.id}", what, getattr(draw, name), computed)


def replayed_shortlist(shortlist: Shortlist) -> Iterator[Difference]:
    """The order and every place of a sealed list; one that kept nothing to compute from is passed over."""
    if shortlist.bounds is None:
        return
    where = f"shortlists/{shortlist.id}"
    ruled = order(shortlist.contenders, shortlist.ties)
    by_case = {contender.case: contender for contender in ruled}
    kept = tuple(place.case for place in shortlist.places)
    if shortlist.reason is None:
        yield from _differ(where, text("次序", "the order"), kept, tuple(one.case for one in ruled))
    if set(kept) != by_case.keys():
        yield from _differ(where, text("参加排序的案件", "who was ranked"), sorted(kept), sorted(by_case))
        return
    again = places([by_case[case] for case in kept], shortlist.ties, shortlist.bounds)
    for recorded, computed in zip(shortlist.places, again, strict=True):
        yield from _differ(f"{where}/{recorded.case}", text("名次", "the place"), recorded, computed)


def replayed_announcement(announced: Announced) -> Iterator[Difference]:
    """Who of those announced was distinguished, and why."""
    ranked = announced.distinction
    if ranked is None:
        return
    where = f"announcements/{announced.id}"
    ranked_cases = sorted(contender.case for contender in ranked.contenders)
    yield from _differ(where, text("参加排序的案件", "who was ranked"), ranked_cases, sorted(announced.cases))
    again = placed(order(ranked.contenders, ranked.ties), ranked.ties, ranked.bounds, ranked.title)
    yield from _differ(where, text(f"“{ranked.title.zh}”名次", "the distinction"), ranked.places, tuple(again))


def replayed_panel(panel: Panel) -> Iterator[Difference]:
    """The count of a closed meeting, from its votes."""
    if panel.closed is None:
        return
    open_ = panel.but(status="open", closed=None, results=(), undecided=())
    again = panels.close(open_, panels.Close(by=_NOBODY), panel.closed).state
    results = {result.case: result for result in again.results}
    for recorded in panel.results:
        yield from _differ(
            f"panels/{panel.id}/{recorded.case}",
            text("表决结果", "the result"),
            recorded,
            results.pop(recorded.case, None),
        )
    for case, computed in results.items():
        yield from _differ(f"panels/{panel.id}/{case}", text("表决结果", "the result"), None, computed)
    yield from _differ(f"panels/{panel.id}", text("未决案件", "what was undecided"), panel.undecided, again.undecided)


def replayed_case(case: Case, votes: Mapping[str, Tally]) -> Iterator[Difference]:
    """The settled marks of a case, from the experts' marks; its vote, beside the committee's (`votes`, by case)."""
    stages = case.rules.procedure.stages if case.rules else ()
    stage = next((one for one in stages if isinstance(one, ExpertPanel)), None)
    seats = [seat for seat in case.seats if seat.counts]
    for settled in case.settled if stage else ():
        marks = [seat.marks[settled.item] for seat in seats if settled.item in seat.marks]
        again = settle_item(settled.item, settled.of, marks, stage.trim_from) if stage and marks else None
        yield from _differ(
            f"cases/{case.id}", text(f"{settled.item} 的评分", f"the mark of {settled.item}"), settled, again
        )
    if case.vote is not None:
        yield from _differ(f"cases/{case.id}", text("表决票数", "the tally"), case.vote, votes.get(case.id))


def _differ(where: str, what: Text, recorded: Any, computed: Any) -> Iterator[Difference]:
    if recorded != computed:
        yield Difference(where=where, what=what, recorded=_plain(recorded), computed=_plain(computed))


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return value.model_dump_json() if isinstance(value, BaseModel) else str(value)
