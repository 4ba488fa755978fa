"""An imported list of chambers: all of it or nothing.

A list whose every row is right becomes one document in one write. From that write on the import is decided: the rows
are then registered one by one, and whoever finds the list unfinished after a crash (a repeat of the request, or the
keeper) finishes it. A list with any wrong row never becomes a document.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.intake.domain.chamber import Registration
from shared.contracts import Instant, Sha256
from shared.kernel.change import Change
from shared.kernel.state import State


class ChamberList(State):
    """A list that was accepted."""

    file: Sha256
    """SHA-256 of the file it came in."""
    rows: tuple[Registration, ...]
    """Every row, checked."""
    accepted_at: Instant
    """When it was accepted; the rows count as of then."""
    registered_at: Instant | None = None
    """When the last of its rows stood in the register; None while some may not."""


class AcceptList(BaseModel):
    """The command: take over this list."""

    model_config = ConfigDict(frozen=True)

    file: Sha256
    """SHA-256 of the file."""
    rows: tuple[Registration, ...]
    """Every row, checked."""


class FinishList(BaseModel):
    """The command: every row of the list, as accepted at that instant, stands in the register."""

    model_config = ConfigDict(frozen=True)

    accepted_at: Instant
    """Which acceptance."""


def accept(state: ChamberList | None, command: AcceptList, now: datetime) -> Change[ChamberList]:
    """Accept a list; the same list again counts anew, as of now."""
    del state
    return Change(ChamberList(file=command.file, rows=command.rows, accepted_at=now))


def finish(state: ChamberList | None, command: FinishList, now: datetime) -> Change[ChamberList] | None:
    """Mark a list as registered, unless it was accepted anew meanwhile."""
    if state is None or state.registered_at or state.accepted_at != command.accepted_at:
        return None
    return Change(state.but(registered_at=now))
