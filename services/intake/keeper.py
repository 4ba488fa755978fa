"""The keeper: what time and a crash leave to be done. Rounds close by the clock; cut-off lists are finished.

Everything here may be repeated, and done by several processes at once, without harm.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.intake.domain.chamber import Register, Registration, register
from services.intake.domain.lists import ChamberList, FinishList, finish
from services.intake.domain.round import CloseRound, close
from services.intake.store import CHAMBERS, LISTS, ROUNDS, IntakeStore
from shared.kernel.actor import CLOCK, Actor
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands

INTAKE = Actor(id="intake", role="service")
"""The service itself; on whose behalf stands in the history of the list."""

_AT_ONCE = 200
"""Rows registered together."""
_SETTLING = timedelta(seconds=10)
"""What was accepted in the last moment stands in the store by then, and is counted."""


class Keeper:
    """Finishes lists and closes rounds."""

    def __init__(self, store: IntakeStore, commands: Commands, clock: Clock, *, every: float) -> None:
        self._store = store
        self._commands = commands
        self._clock = clock
        self._every = every

    async def run(self) -> None:
        """For ever: look, do, sleep."""
        while True:
            await self.finish_lists()
            await self.close_rounds()
            await asyncio.sleep(self._every)

    async def finish_lists(self) -> None:
        """Register what cut-off lists left unregistered, oldest list first."""
        for id_, chambers in await self._store.unfinished_lists():
            await self.register(id_, chambers)

    async def register(self, id_: str, chambers: ChamberList) -> None:
        """Bring every row of an accepted list into the register, and mark the list as done."""
        for rows in _batches(chambers.rows, _AT_ONCE):
            await asyncio.gather(
                *(
                    self._commands.do(
                        CHAMBERS,
                        row.chamber.code,
                        Register(registration=row, source=id_, as_of=chambers.accepted_at),
                        register,
                        what="register",
                        by=INTAKE,
                    )
                    for row in rows
                )
            )
        done = FinishList(accepted_at=chambers.accepted_at)
        await self._commands.do(LISTS, id_, done, finish, what="finish-list", by=INTAKE)

    async def close_rounds(self) -> None:
        """Close the rounds whose time to apply is over."""
        settled = self._clock.now() - _SETTLING
        for planned in await self._store.open_rounds():
            code = planned.round.code
            if settled >= planned.round.calendar.apply_until:
                count = CloseRound(applications=await self._store.standing(code))
                await self._commands.do(ROUNDS, code, count, close, what="close-round", by=CLOCK)


def _batches(rows: Sequence[Registration], size: int) -> Iterator[Sequence[Registration]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
