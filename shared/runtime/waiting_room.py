"""The waiting room: messages that outlasted the lane's patience are tried again until what they need is here.

A neighbour may be away for days. What waits for it must neither fill the queue nor ask a person to bring it back: it
lies with the dead letters as `waited-too-long`, and goes through by itself as soon as it can. A message is left alone
for as long as it has waited already, an hour at the most.

Any dead letter goes the same way when somebody asks for its replay (`sihao dead replay`): at once, and one time.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.runtime.dead import DeadLetters
from shared.runtime.lane import Lane
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_LONGEST_PAUSE = timedelta(hours=1)
_LEASE = timedelta(minutes=1)
"""How long a process has for a replay before another takes it up."""


class WaitingRoom:
    """Tries again, for ever, what waits in one service's store."""

    def __init__(self, letters: DeadLetters, lane: Lane, *, patience: float, every: float, limit: int) -> None:
        """Seconds: `patience` is the shortest pause, `every` that between two looks. `limit`: letters in a batch."""
        self._letters = letters
        self._lane = lane
        self._shortest = timedelta(seconds=patience)
        self._every = every
        self._limit = limit

    async def run(self) -> None:
        """For ever: try what is due, pause."""
        while True:
            while await self._try_some():
                pass
            await asyncio.sleep(self._every)

    async def _try_some(self) -> bool:
        """Try one batch again of what is asked for, and one of what waits; answers whether there was any."""
        return await self._replay() | await self._try_waiting()

    async def _replay(self) -> bool:
        """Handle once more what somebody asks for; a queue that is no longer heard changes nothing."""
        asked = await self._letters.claim_asked(datetime.now(UTC), lease=_LEASE, limit=self._limit)
        heard = [letter for letter in asked if letter.queue in self._lane.queues]
        if heard:
            await self._letters.went_through(await self._lane.try_again(heard))
        if asked:
            await self._letters.answer(asked)
            log.info("dead letters were replayed", count=len(asked))
        return bool(asked)

    async def _try_waiting(self) -> bool:
        due = await self._letters.claim_waiting(
            self._lane.queues, datetime.now(UTC), shortest=self._shortest, longest=_LONGEST_PAUSE, limit=self._limit
        )
        if not due:
            return False
        through = await self._lane.try_again(due)
        await self._letters.went_through(through)
        if through:
            log.info("messages that waited went through", count=len(through))
        return True
