"""A message that was refused, as whoever refused it tells of it, and as whoever sent it hears of it."""

from datetime import datetime

from shared.contracts.area import Area
from shared.contracts.text import Text
from shared.contracts.trust import MessageRefused
from shared.kernel.change import Change
from shared.kernel.state import State


class Refusal(State):
    """One refused message; nothing of its content."""

    area: Area
    """Whose message it was, or in whose name it came."""
    letter: str
    """The dead letter in which the service that refused it keeps it."""
    by: str
    """That service."""
    message_id: str
    """The id the message gave itself, or its beginning."""
    event: str
    """Wire name of the queue in which it came."""
    kid: str | None
    """The key its signature names."""
    code: str
    """Why, for programs."""
    rule: Text
    """Why, for people."""
    remedy: Text
    """What its sender can do."""


def tell(state: Refusal | None, event: MessageRefused, _: datetime) -> Change[Refusal] | None:
    """Announce it, once."""
    return Change(_noted(event), (event,)) if state is None else None


def hear(state: Refusal | None, event: MessageRefused, _: datetime) -> Change[Refusal] | None:
    """Note what somebody else refused."""
    return Change(_noted(event)) if state is None else None


def _noted(event: MessageRefused) -> Refusal:
    return Refusal(**{name: getattr(event, name) for name in Refusal.model_fields})
