"""A rubric version that scoring has published: what a round must fill in before it can be frozen."""

from datetime import datetime

from shared.contracts import RubricPublished, Sha256, Text
from shared.kernel.change import Change, Refused
from shared.kernel.problem import problem
from shared.kernel.state import State


class KnownRubric(State):
    """A rubric version, as far as intake needs it."""

    id: str
    """Its id, e.g. `sihao-2019@1`."""
    title: Text
    """Its name."""
    digest: Sha256
    """SHA-256 of its canonical content."""
    items: int
    """How many items it has."""
    parameters: tuple[str, ...]
    """The names a round has to fill in."""


def hear(state: KnownRubric | None, event: RubricPublished, now: datetime) -> Change[KnownRubric] | None:
    """Keep a published version; the same again changes nothing.

    Raises:
        Refused: the same id came with other content; a published version never changes.
    """
    del now
    known = KnownRubric(
        id=event.rubric,
        title=event.title,
        digest=event.digest,
        items=event.items,
        parameters=event.parameters,
    )
    if state is None:
        return Change(known)
    if state.digest != known.digest:
        raise Refused(
            problem(
                "rubric.changed",
                "digest",
                rule=(
                    f"标准 {event.rubric} 已发布，摘要为 {state.digest[:12]}…；同一版本不得改动",
                    f"rubric {event.rubric} is published with digest {state.digest[:12]}…; a version never changes",
                ),
                remedy=("请以新的版本号发布", "Publish the change under a new version."),
            )
        )
    return None
