"""Review's documents, in memory or in a store, with the histories that its runtime writes, and a desk over them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from random import Random
from typing import Any, cast

from services.review import sanctions
from services.review.api.decided import frozen
from services.review.api.desk import Desk
from services.review.domain.announcement import announce
from services.review.domain.case import Case
from services.review.printing import Printer
from services.review.store import ANNOUNCEMENTS, CASES, KINDS, ROUNDS, ReviewStore
from shared.kernel.actor import CLOCK
from shared.kernel.change import Change
from shared.kernel.state import State
from shared.runtime.commands import Commands
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay
from shared.runtime.work import Work
from tests.model.collections import MemoryDatabase, Shelf
from tests.unit.review import given
from tests.unit.review.world import World, play


class Office:
    """A deployment's store, and who writes to it."""

    def __init__(self, database: Database | None = None) -> None:
        self.shelves: dict[str, Shelf] = {}
        """In memory: documents as they are stored, by collection and key."""
        self.database = database or MemoryDatabase(self.shelves)
        self._documents = Documents(self.database, self)
        relay = Relay(self.database, cast("Any", None), KINDS, sweep_every=1, sweep_age=1, may_go_unheard=())
        self.commands = Commands(self.database, self._documents, relay, batch_limit=200)
        self.store = ReviewStore(self.database)
        self.desk = Desk(
            self.store,
            self.commands,
            self,
            given.LIBRARY,
            sanctions.load(),
            ("CN", "35"),
            issuer=None,
            printer=Printer(),
            bulletin="https://sihao.example",
        )

    def now(self) -> datetime:
        """Always the same."""
        return given.NOW

    async def keep(self, kind: Kind[Any], key: str, *states: State) -> None:
        """A document that has been in these states, one after the other."""
        for n, state in enumerate(states, start=1):
            work = Work(kind, key, None, _become(state), "test", CLOCK, f"{kind.collection} {key} {n}", "0" * 64)
            await self._documents.apply([work])

    async def announced(self) -> None:
        """A round that was played and announced; the honoured case has two entries."""
        await self.keep(ROUNDS, "CN-2020", given.TERMS)
        world = play(Random(1))  # noqa: S311 - a test's shuffling
        honoured = world.case(1, "CN")
        before = honoured.but(status="open", document="")
        world.documents[honoured.id] = before
        await self.take_over(world)
        centre = given.officer("CN")
        named = await frozen(self.desk, centre, "CN-2020", "CN", (honoured.id,))
        command = given.announce(centre, (honoured.id,)).model_copy(update={"decisions": named})
        made = announce(None, command, given.NOW).state
        await self.keep(ANNOUNCEMENTS, made.id, made)
        await self.keep(CASES, honoured.id, before, honoured)

    async def take_over(self, world: World) -> None:
        """Every case of a round that was played."""
        for key, state in world.documents.items():
            if isinstance(state, Case):
                await self.keep(CASES, key, state)


@asynccontextmanager
async def open_office(database: Database | None = None) -> AsyncIterator[Office]:
    """An office whose commands are carried out; in memory, unless there is a store."""
    office = Office(database)
    running = asyncio.create_task(office.commands.run())
    try:
        yield office
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _become(state: State) -> Any:
    return lambda _before, _message, _now: Change(state)
