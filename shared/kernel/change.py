"""What a decider may answer.

A decider is a pure function `decide(state | None, message, now) → Change | None`: no clock, no store, no network.

    Decision
    ├── Change    a new state, and the facts to announce
    ├── None      nothing changes (the message does not concern this state)
    ├── NotYet    (raised) what the message needs is not known here yet: the runtime holds it and tries again
    └── Refused   (raised) a domain "no": HTTP answers it, a message is parked in the dead letters with it
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.contracts.event import Event
from shared.kernel.problem import Problem
from shared.kernel.state import State

S = TypeVar("S", bound=State)
M = TypeVar("M")


@dataclass(frozen=True)
class Change(Generic[S]):
    """A decision: the state after it, and the facts it makes known, in order."""

    state: S
    facts: tuple[Event, ...] = ()


Decider = Callable[[S | None, M, datetime], Change[S] | None]
"""`decide(state before or None, message, now)`; `now` is the platform's clock, UTC, to the millisecond."""


class Due(BaseModel):
    """The message of a deadline that has passed: time acting on an aggregate."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    """The deadline (`State.due()`) that passed; the tick may come later than this, never earlier."""


class Refused(Exception):  # noqa: N818 - it reads as what happened: the act was refused
    """The domain says no, for good: the same act on the same state will be refused again."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.field}: {p.rule}" for p in problems))
        self.problems = problems


class NotFound(Refused):
    """The act names something that does not exist here."""


class NotYet(Exception):  # noqa: N818 - not an error: the message came before what it needs
    """What the message needs has not arrived here yet (another order of events is legal); try again soon."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing
