"""Where a process may die, fail or hang: before, midway through and after each thing it asks of others."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from pymongo.errors import AutoReconnect

Op = Literal["read", "commit", "clear", "claim", "park", "publish", "ack"]
"""What a process asks of its store (the first five) and of the broker."""
Phase = Literal["before", "midway", "after"]
"""Before it takes effect; between the parts of a bulk; after it took effect, before the answer arrives."""
Fate = Literal["die", "fail", "hang"]
"""The process is killed; an error is answered; no answer comes until released (or the caller's own timeout)."""
_TURNS = 3
"""How many turns of the loop an answer may take, and one less."""


@dataclass(frozen=True)
class Fault:
    """One thing that will go wrong."""

    op: Op
    phase: Phase
    fate: Fate
    skip: int = 0
    """How many times it goes well before."""


class Gates:
    """The gates of one process. Unarmed, everything passes; but now and then others come in between."""

    def __init__(self, die: Callable[[], None], dice: Random) -> None:
        self._die = die
        self._dice = dice
        self._armed: list[Fault] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.closed = False
        """Whether the process is dead: then nothing passes any more."""
        self.struck: list[Fault] = []
        """What went wrong."""

    def arm(self, fault: Fault) -> None:
        """Have this happen."""
        self._armed.append(fault)

    def disarm(self) -> None:
        """Nothing more goes wrong."""
        self._armed.clear()

    @property
    def hanging(self) -> bool:
        """Whether anybody waits for an answer."""
        return any(not waiting.done() for waiting in self._waiting)

    def release(self) -> None:
        """Let the answers that are outstanding arrive."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def passing(self, op: Op, phase: Phase) -> None:
        """Pass, or not."""
        if self.closed:
            raise asyncio.CancelledError
        for _ in range(self._dice.randrange(_TURNS)):
            await asyncio.sleep(0)
        for position, fault in enumerate(self._armed):
            if (fault.op, fault.phase) != (op, phase):
                continue
            if fault.skip:
                self._armed[position] = replace(fault, skip=fault.skip - 1)
                continue
            del self._armed[position]
            self.struck.append(fault)
            await self._suffer(fault)
            return

    async def _suffer(self, fault: Fault) -> None:
        if fault.fate == "fail":
            raise ConnectionError(f"{fault.op}, {fault.phase}") if fault.op in _OF_BROKER else AutoReconnect(fault.op)
        waiting = asyncio.get_running_loop().create_future()
        if fault.fate == "hang":
            self._waiting.append(waiting)
        else:
            self._die()
        await waiting


class NoGates(Gates):
    """Of whoever looks on from outside: everything passes at once."""

    def __init__(self) -> None:
        super().__init__(lambda: None, Random(0))  # noqa: S311 - never thrown

    async def passing(self, op: Op, phase: Phase) -> None:
        """Pass."""


_OF_BROKER = ("publish", "ack")
