"""Which step of an application's road caused which, and how long each waited. Pure.

A history names what caused each entry and which facts it announced. An entry that was caused by a fact of another is
its child, wherever it stands; what nobody announced (a person's act, a deadline) begins a branch of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.contracts.text import Text


@dataclass(frozen=True)
class Step:
    """One entry in the history of one document."""

    service: str
    """As it was named: `review-35`."""
    document: str
    """Collection and key."""
    n: int
    at: datetime
    """By the platform's clock."""
    what: str
    """Event, command or `due`."""
    role: str
    """Whose act it was: a role, never a person."""
    cause: str
    facts: tuple[str, ...]
    unsent: frozenset[str] = frozenset()
    """Of its facts those that still stand in the outbox."""
    note: Text | None = None
    """What else there is to say: how a letter fared."""


@dataclass(frozen=True)
class PutAside:
    """A message of this application that a service put aside."""

    service: str
    id: str
    message: str
    """Id of the message: which fact it was."""
    event: str
    code: str
    reason: Text
    at: datetime
    replayed: datetime | None


@dataclass
class Branch:
    """A step, what came of it, and what was put aside on the way."""

    step: Step
    waited: timedelta | None = None
    """From its cause to this step; None where it begins."""
    children: "list[Branch | PutAside]" = field(default_factory=list)


@dataclass(frozen=True)
class Road:
    """All of it."""

    application: str
    branches: Sequence[Branch]
    """What was begun by people, deadlines, or from outside, earliest first."""
    astray: Sequence[PutAside]
    """What was put aside and whose sender is not known."""

    def __iter__(self) -> Iterator[Branch]:
        """Every step with what came of it."""
        open_ = list(self.branches)
        while open_:
            branch = open_.pop(0)
            yield branch
            open_ += [one for one in branch.children if isinstance(one, Branch)]

    @property
    def waits(self) -> bool:
        """Whether something waits for a person or for the broker now."""
        put_aside = [*self.astray, *(one for branch in self for one in branch.children if isinstance(one, PutAside))]
        return any(one.replayed is None for one in put_aside) or any(branch.step.unsent for branch in self)


def road(application: str, steps: Iterable[Step], put_aside: Iterable[PutAside] = ()) -> Road:
    """Put the steps together."""
    branches = [Branch(step) for step in sorted(steps, key=lambda one: (one.at, one.document, one.n))]
    announced = {fact: branch for branch in branches for fact in branch.step.facts}
    roots: list[Branch] = []
    for branch in branches:
        parent = announced.get(branch.step.cause)
        if parent is None or parent is branch:
            roots.append(branch)
        else:
            branch.waited = branch.step.at - parent.step.at
            parent.children.append(branch)
    astray = []
    for one in put_aside:
        if sender := announced.get(one.message):
            sender.children.append(one)
        else:
            astray.append(one)
    return Road(application, roots, astray)
