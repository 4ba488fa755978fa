"""A turn 轮次: what must not be done by two people at the same instant, since each looks at what the other changes.

A limit that many documents share (how many cases an expert takes, how many are distinguished) is counted, and then
used up by other writes. Whoever does so has a turn meanwhile; nobody else begins before it is over. A turn that was
never given back, because its process died, ends by itself.
"""

from datetime import datetime, timedelta

from shared.contracts.event import Instant
from shared.kernel.actor import Actor
from shared.kernel.change import Change
from shared.kernel.command import Command, refused
from shared.kernel.state import State

LONGEST = timedelta(minutes=10)
"""How long a turn lasts that nobody gives back: far longer than seating a whole round takes. Our default."""


class Turn(State):
    """Whose turn it is."""

    holder: str | None
    """Which request has it; None: nobody."""
    by: Actor
    """Who had it last."""
    until: Instant
    """When it ends by itself."""


class Take(Command):
    """Begin."""

    holder: str


class GiveBack(Command):
    """Let the next begin."""

    holder: str


def take(turn: Turn | None, command: Take, now: datetime) -> Change[Turn]:
    """Begin; the same request may begin again.

    Raises:
        Refused: somebody else is at it.
    """
    if turn and turn.holder not in (None, command.holder) and now < turn.until:
        raise refused(
            "turn.taken",
            "Idempotency-Key",
            rule=("另一位工作人员正在办理同一事项。", "Another officer is doing the same at this moment."),
            remedy=(
                "请稍后重试；对方办完后名额会变，请以届时的结果为准。",
                "Try again shortly; what is left will be other than before.",
            ),
        )
    return Change(Turn(holder=command.holder, by=command.by, until=now + LONGEST))


def give_back(turn: Turn | None, command: GiveBack, _now: datetime) -> Change[Turn] | None:
    """Let the next begin; None if it has gone to another meanwhile."""
    return Change(turn.but(holder=None)) if turn and turn.holder == command.holder else None
