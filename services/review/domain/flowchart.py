"""A procedure as a picture: a Mermaid flowchart, with every way a case can take."""

from collections.abc import Iterator

from services.review.domain.procedure import Procedure
from services.review.domain.stages import (
    Announcement,
    ExpertPanel,
    LeadershipDecision,
    OfficersTurn,
    PublicNotice,
    Shortlist,
    Stage,
)

_ROADS = {"direct": "直接申报 / applied here", "nominated": "省级推荐 / nominated"}


def flowchart(procedure: Procedure) -> str:
    """The text of the chart."""
    lines = ["flowchart TB", f'  begin(["{procedure.id} {procedure.title.zh}<br/>{procedure.title.en}"])']
    lines += [f'  {s.id}["{s.title.zh}<br/>{s.title.en}"]' for s in procedure.stages]
    lines += ['  declined(["不通过 / declined"])', f'  done(["{_end(procedure)}"])']
    for road in ("direct", "nominated"):
        lines += [line for line in _road(procedure, road) if line not in lines]
    lines += [line for stage in procedure.stages for line in _aside(stage)]
    return "\n".join(lines)


def _road(procedure: Procedure, road: str) -> Iterator[str]:
    """From stage to stage, as such a case goes; said beside the arrow where only such a case goes there."""
    here, stage = "begin", procedure.after(None, direct=road == "direct")
    while stage is not None:
        only = f'|"{_ROADS[road]}"|' if stage.applies_to != "all" or _skips(procedure, here, stage) else ""
        yield f"  {here} -->{only} {stage.id}"
        here, stage = stage.id, procedure.after(stage.id, direct=road == "direct")
    yield f"  {here} --> done"


def _skips(procedure: Procedure, here: str, stage: Stage) -> bool:
    """Whether there is a stage between the two that such a case does not pass."""
    start = 0 if here == "begin" else procedure.stages.index(procedure.stage(here)) + 1
    return procedure.stages.index(stage) > start


def _aside(stage: Stage) -> Iterator[str]:
    """Where a case can go from a stage other than on."""
    if isinstance(stage, OfficersTurn):
        if "return" in stage.outcomes:
            yield f'  {stage.id} -.->|"退回补正 / returned"| {stage.id}'
        if "decline" in stage.outcomes:
            yield f"  {stage.id} --> declined"
    if isinstance(stage, Shortlist):
        yield f'  {stage.id} -->|"名额之外 / outside the quota"| declined'
    if isinstance(stage, ExpertPanel):
        yield f'  {stage.id} -->|"表决未过 / not elected"| declined'
    if isinstance(stage, LeadershipDecision):
        yield f'  {stage.id} -->|"审议未过 / not approved"| declined'
    if isinstance(stage, PublicNotice):
        yield f'  {stage.id} -->|"异议成立 / objection upheld"| declined'


def _end(procedure: Procedure) -> str:
    granted = isinstance(procedure.stages[-1], Announcement)
    return "授予称号 / honour granted" if granted else "推荐上报 / nominated upward"
