"""A procedure as a picture: a Mermaid flowchart, with every way a case can take."""

from collections.abc import Iterator

from services.review.domain.procedure import Procedure
from services.review.domain.stages import Announcement, OfficersTurn, PublicNotice, Stage
from shared.contracts.text import Text

_ROADS = {"direct": "直接申报 / applied here", "nominated": "省级推荐 / nominated"}

_ENDS = {
    "shortlist": "名额之外 / outside the quota",
    "expert_panel": "表决未过 / not elected",
    "leadership_decision": "审议未过 / not approved",
    "public_notice": "异议成立 / objection upheld",
}
"""Why a case may end in a stage that no single officer decides."""


def flowchart(procedure: Procedure) -> str:
    """The text of the chart."""
    lines = ["flowchart TB", f'  BEGIN(["{procedure.id} {_words(procedure.title)}"])']
    lines += [f'  {_node(s)}["{_words(s.title)}"]' for s in procedure.stages]
    lines += ['  DECLINED(["不通过 / declined"])', f'  DONE(["{_end(procedure)}"])']
    for road in ("direct", "nominated"):
        lines += [line for line in _road(procedure, road) if line not in lines]
    lines += [line for stage in procedure.stages for line in _aside(stage)]
    return "\n".join(lines)


def _road(procedure: Procedure, road: str) -> Iterator[str]:
    """From stage to stage, as such a case goes; said beside the arrow where only such a case goes there."""
    here, stage = None, procedure.after(None, direct=road == "direct")
    while stage is not None:
        only = f'|"{_ROADS[road]}"|' if stage.applies_to != "all" or _skips(procedure, here, stage) else ""
        yield f"  {_node(here)} -->{only} {_node(stage)}"
        here, stage = stage, procedure.after(stage.id, direct=road == "direct")
    yield f"  {_node(here)} --> DONE"


def _node(stage: Stage | None) -> str:
    """The node of a stage, or where cases begin. Neither is a word of Mermaid's own, as a bare `end` would be."""
    return f"stage_{stage.id}" if stage else "BEGIN"


def _words(title: Text) -> str:
    """Both languages; a quotation mark would end the label."""
    return f"{title.zh}<br/>{title.en}".replace('"', "#quot;")


def _skips(procedure: Procedure, here: Stage | None, stage: Stage) -> bool:
    """Whether there is a stage between the two that such a case does not pass."""
    start = procedure.stages.index(here) + 1 if here else 0
    return procedure.stages.index(stage) > start


def _aside(stage: Stage) -> Iterator[str]:
    """Where a case can go from a stage other than on."""
    node = _node(stage)
    if isinstance(stage, OfficersTurn) and "return" in stage.outcomes:
        yield f'  {node} -.->|"退回补正 / returned"| {node}'
    if isinstance(stage, OfficersTurn) and "decline" in stage.outcomes:
        yield f"  {node} --> DECLINED"
    if why := _ENDS.get(stage.kind):
        yield f'  {node} -->|"{why}"| DECLINED'
    if isinstance(stage, PublicNotice | Announcement) and stage.gates_again:
        yield f'  {node} -->|"资格条件已变 / a gate turned"| DECLINED'


def _end(procedure: Procedure) -> str:
    granted = isinstance(procedure.stages[-1], Announcement)
    return "授予称号 / honour granted" if granted else "推荐上报 / nominated upward"
