"""The kinds of documents a service has: one aggregate type in one collection each."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.kernel.change import Decider, Due
from shared.kernel.state import State

S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class Index:
    """An index of a kind's collection: field paths as stored, e.g. `state.round`."""

    fields: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One aggregate type in one collection."""

    collection: str
    """Name of the collection."""
    state: type[S]
    """The aggregate's state."""
    on_due: Decider[S, Due] | None = None
    """What time does to it: called when `State.due()` has passed."""
    indexes: tuple[Index, ...] = ()
    """Indexes beyond those of the runtime (outbox, deadline)."""
    answerable: bool = False
    """Whether a message may answer a deadline of it: then time waits while the service is catching up."""
