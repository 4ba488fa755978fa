"""Services made wrong on purpose, one promise at a time: the suite must notice every one of them.

A mutant is applied by the launcher before the service starts; no production code knows of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaos import wrong


@dataclass(frozen=True)
class Mutant:
    """One broken promise."""

    what: str
    """What it does wrong."""
    apply: Callable[[], None]
    """Makes it so, in this process."""
    faults: tuple[str, ...]
    """Faults that bring it to light."""
    by: frozenset[str]
    """Invariants by which it may be noticed."""
    points: tuple[str, ...] = ()
    """Where processes are to die, if they are."""
    seconds: float = 25.0
    """Length of the load that is enough."""
    withdrawn: float = 0.05
    """Share of applications that are taken back at once."""


def _mutant(apply: Callable[[], None], faults: str, by: str, *, points: str = "", **more: float) -> tuple[str, Mutant]:
    what = (apply.__doc__ or "").strip().rstrip(".")
    name = apply.__name__.replace("_", "-")
    return name, Mutant(what, apply, tuple(faults.split()), frozenset(by.split()), tuple(points.split()), **more)


MUTANTS: Mapping[str, Mutant] = dict(
    (
        # the eight of the test plan
        _mutant(wrong.reject_on_error, "F4 F9", "I1 I6"),
        _mutant(wrong.give_back_on_error, "F4 F9", "I1 I6"),
        _mutant(wrong.publish_without_outbox, "F2", "I1 I5", points="after-commit before-publish"),
        _mutant(wrong.acknowledge_before_commit, "F2", "I1", points="before-commit"),
        _mutant(wrong.empty_the_outbox, "F6", "I1 I5", withdrawn=0.5),
        _mutant(wrong.remember_five_seconds, "F9", "I7", seconds=10),
        _mutant(wrong.transient_messages, "F8 F3", "I1", seconds=40),
        _mutant(wrong.without_mandatory, "F9", "I1", seconds=5),
        # and some more
        _mutant(wrong.skip_heard, "F9", "I7", seconds=10),
        _mutant(wrong.clear_before_confirm, "F2", "I1 I5", points="before-publish"),
        _mutant(wrong.write_in_two_steps, "F2", "I1 I5", points="after-commit"),
        _mutant(wrong.forget_poison, "F11", "I6", seconds=10),
        _mutant(wrong.never_acknowledge, "F9", "I6", seconds=10),
    )
)
"""By name."""
