"""A fact that the centre gave back, and what became of it."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.area import Area
from shared.contracts.ledgers import ReturnedFact
from shared.kernel.change import Change
from shared.kernel.state import State

Fate = Literal["decided", "recovered", "handed on", "lost", "refused"]
"""`decided`     what was heard then was decided again, or is known already
`recovered`   an own act that no message caused: the document came to what the own, signed fact says
`handed on`   it goes its way like any message
`lost`        an own fact whose act cannot come back; it is named
`refused`     its signature does not hold; it lies among the dead letters"""


class Given(BaseModel):
    """A fact, from one day between an area and the centre."""

    model_config = ConfigDict(frozen=True)

    area: Area
    day: date
    fact: ReturnedFact


class Returned(State):
    """One fact that was given back."""

    area: Area
    """The province."""
    day: date
    """Its day, in China."""
    fact: ReturnedFact
    """The fact, exactly as it was announced."""
    subject: str = ""
    """What it is about, once it has been read."""
    fate: Fate | None = None
    """What became of it; None: it has yet to be looked at."""


class Settle(BaseModel):
    """What became of it."""

    model_config = ConfigDict(frozen=True)

    fate: Fate
    subject: str


def keep(state: Returned | None, message: Given, _: datetime) -> Change[Returned] | None:
    """Keep it until it has been looked at."""
    if state is not None:
        return None
    return Change(Returned(area=message.area, day=message.day, fact=message.fact))


def settle(state: Returned | None, command: Settle, _: datetime) -> Change[Returned] | None:
    """It has been looked at."""
    if state is None or state.fate is not None:
        return None
    return Change(state.but(fate=command.fate, subject=command.subject))
