"""The named points at which a service can be made to die: around commit, publish, acknowledgement and clearing.

A point is armed from outside by a file of its name in the process's directory, and disarmed by the death. Nothing in
the services knows of this: the launcher wraps what is public in the runtime.
"""

import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from shared.runtime.amqp import Publisher
from shared.runtime.consuming import Consumption
from shared.runtime.dead import DeadLetters
from shared.runtime.mongo import Database

Step = Callable[..., Awaitable[Any]]

_STEPS: dict[str, tuple[type, str]] = {
    "commit": (Database, "commit"),
    "publish": (Publisher, "publish"),
    "acknowledge": (Consumption, "ack"),
    "clear": (Database, "clear"),
    "park": (DeadLetters, "park"),
    "sweep": (Database, "claim_unsent"),
}
_IN_HALVES = ("commit", "publish")
"""Steps that take a sequence, and can be interrupted after half of it."""

COMMON: tuple[str, ...] = (
    "before-commit",
    "half-commit",
    "after-commit",
    "before-publish",
    "half-publish",
    "after-publish",
    "before-acknowledge",
    "after-acknowledge",
    "before-clear",
    "after-clear",
)
"""Points that every service passes all the time."""
RARE: tuple[str, ...] = ("before-park", "after-park", "after-sweep")
"""Points that are passed only after a poison or a crash."""


class Points:
    """The points of this process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def pass_by(self, point: str) -> None:
        """Die here, at once and without a word, if the point is armed."""
        if self._armed(point):
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self) -> None:
        """Put the points around the runtime's steps."""
        for step, (owner, name) in _STEPS.items():
            setattr(owner, name, self._around(step, getattr(owner, name)))

    def _around(self, step: str, original: Step) -> Step:
        async def pointed(this: Any, *given: Any, **named: Any) -> Any:
            nothing = bool(given) and isinstance(given[0], Sequence) and not given[0]
            if nothing:
                return await original(this, *given, **named)
            self.pass_by(f"before-{step}")
            if step in _IN_HALVES and self._armed(f"half-{step}"):
                await original(this, given[0][: (len(given[0]) + 1) // 2], *given[1:], **named)
                os.kill(os.getpid(), signal.SIGKILL)
            result = await original(this, *given, **named)
            if step != "sweep" or result:
                self.pass_by(f"after-{step}")
            return result

        return pointed

    def _armed(self, point: str) -> bool:
        try:
            (self._directory / point).unlink()
        except FileNotFoundError:
            return False
        return True


def arm(directory: Path, point: str) -> None:
    """Have the process that was given this directory die when it next comes to the point."""
    (directory / point).touch()


def disarm(directory: Path, point: str = "") -> list[str]:
    """Take back this point, or all, if they were not reached; answers them."""
    waiting = sorted(path.name for path in directory.iterdir() if point in ("", path.name))
    for name in waiting:
        (directory / name).unlink(missing_ok=True)
    return waiting
