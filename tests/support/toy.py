"""A service of two documents, small enough to see through: what the runtime is tried on."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, Field

from shared.contracts.event import Event
from shared.kernel.change import Change, Due, NotYet, Refused
from shared.kernel.problem import problem
from shared.kernel.state import State
from shared.runtime.kinds import Kind


class Ping(Event):
    """Something happened to a counter."""

    name: ClassVar[str] = "toy.ping"
    source: ClassVar[str] = "toy"

    counter: str
    by: int = 1
    notes: dict[str, str] = Field(default={})

    @property
    def subject(self) -> str:
        """The counter."""
        return self.counter


class Pong(Event):
    """A counter was raised."""

    name: ClassVar[str] = "toy.pong"
    source: ClassVar[str] = "toy"
    may_go_unheard: ClassVar[bool] = True

    counter: str
    total: int

    @property
    def subject(self) -> str:
        """The counter."""
        return self.counter


class Counter(State):
    """Adds up; rings once when its deadline passes."""

    total: int = 0
    notes: dict[str, str] = Field(default={})
    rings_at: datetime | None = None
    rang: bool = False

    def due(self) -> datetime | None:
        """When it rings."""
        return None if self.rang else self.rings_at


class Add(BaseModel):
    """The command."""

    by: int
    rings_at: datetime | None = None
    notes: dict[str, str] = Field(default={})


def add(state: Counter | None, message: Ping | Add, now: datetime) -> Change[Counter] | None:
    """Add; 13 is refused, 7 waits until the counter exists, 99 is a bug, 0 changes nothing."""
    del now
    if message.by == 13:
        raise Refused(
            problem("toy.thirteen", "by", rule=("不得为 13", "not 13"), remedy=("换一个数", "another number"))
        )
    if message.by == 7 and state is None:
        raise NotYet("the counter")
    if message.by == 99:
        raise ZeroDivisionError
    if message.by == 0:
        return None
    before = state or Counter()
    rings_at = message.rings_at if isinstance(message, Add) and message.rings_at else before.rings_at
    notes = before.notes | message.notes
    after = before.but(total=before.total + message.by, rings_at=rings_at, notes=notes)
    key = message.counter if isinstance(message, Ping) else "command"
    return Change(after, (Pong(area="35", counter=key, total=after.total),))


def ring(state: Counter | None, message: Due, now: datetime) -> Change[Counter] | None:
    """The deadline; a counter at 50 is stuck and never rings."""
    del message, now
    return Change(state.but(rang=True)) if state and state.total != 50 else None


COUNTERS = Kind("counters", Counter, on_due=ring)


class Echo(State):
    """Remembers which totals it heard of."""

    totals: tuple[int, ...] = ()


def echo(state: Echo | None, message: Pong, now: datetime) -> Change[Echo]:
    """Remember a total."""
    del now
    before = state or Echo()
    return Change(before.but(totals=(*before.totals, message.total)))


ECHOES = Kind("echoes", Echo)
