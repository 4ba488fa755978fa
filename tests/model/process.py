"""One replica of a service: the runtime wired as `Service` wires it, over the two doubles."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from aiormq.abc import DeliveredMessage

from shared.contracts import CATALOGUE
from shared.runtime.amqp import Publisher
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.consuming import Consumption
from shared.runtime.dead import DeadLetters
from shared.runtime.deadlines import Deadlines
from shared.runtime.documents import Documents
from shared.runtime.handlers import HandlerTable
from shared.runtime.health import Health
from shared.runtime.kinds import Kind
from shared.runtime.lane import Lane
from shared.runtime.mongo import Database, StoreError
from shared.runtime.relay import Relay
from shared.runtime.tasks import Tasks
from tests.model.broker import Broker, Publishing
from tests.model.collections import MemoryDatabase, Shelf
from tests.model.gates import Gates

SWEEP_EVERY, SWEEP_AGE = 4.0, 5.0
PATIENCE = 600.0
"""Longer than any story before its end."""
PUBLISH_TIMEOUT = 3.0


@dataclass(frozen=True)
class Deployed:
    """A service as it is deployed: what it owns, and what it hears."""

    name: str
    kinds: Sequence[Kind[Any]]
    table: Callable[[Database], HandlerTable]
    may_go_unheard: Sequence[str] = tuple(event.wire() for event in CATALOGUE if event.may_go_unheard)


class Process:
    """From its start to its death; a restart is a new one."""

    def __init__(
        self,
        service: Deployed,
        number: int,
        *,
        shelves: dict[str, Shelf],
        broker: Broker,
        clock: Clock,
        dice: Random,
    ) -> None:
        self.bugs: list[str] = []
        """Failures of its tasks that no fault explains."""
        self._clients: list[asyncio.Task[Any]] = []
        self.service = service
        self.name = f"{service.name}#{number}"
        self._broker = broker
        self.gates = Gates(self.die, dice)
        database = MemoryDatabase(shelves, self.gates)
        self.database = database
        self.table = service.table(database)
        self._publisher = Publisher(cast("Any", Publishing(broker, self.gates, self.serve)), timeout=PUBLISH_TIMEOUT)
        self._publisher.ready.set()
        documents = Documents(database, clock)
        self.relay = Relay(
            database,
            self._publisher,
            service.kinds,
            sweep_every=SWEEP_EVERY,
            sweep_age=SWEEP_AGE,
            may_go_unheard=service.may_go_unheard,
        )
        self.commands = Commands(database, documents, self.relay, batch_limit=200)
        lane = Lane(
            self.table,
            url=self.name,
            clock=clock,
            documents=documents,
            dead_letters=DeadLetters(database),
            relay=self.relay,
            publisher=self._publisher,
            batch_limit=200,
            prefetch=400,
            patience=PATIENCE,
        )
        deadlines = Deadlines(database, documents, self.relay, clock=clock, kinds=service.kinds, every=SWEEP_EVERY)
        self._tasks = Tasks(Health())
        for name, forever in (
            ("commands", self.commands.run),
            ("post", self.relay.post),
            ("clear", self.relay.clear),
            ("sweep", self.relay.sweep),
            ("probe", self.relay.probe),
            ("deadlines", deadlines.run),
            ("lane", lane.run),
        ):
            self._tasks.add(name, self._watched(name, forever))

    def _watched(self, name: str, forever: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Its supervisor would begin it again, whatever it was; here only faults that were meant may end it."""

        async def watched() -> None:
            try:
                await forever()
            except (StoreError, ConnectionError):
                raise
            except Exception as bug:
                self.bugs.append(f"{self.name} {name}: {bug!r}")
                raise

        return watched

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self.gates.closed

    def start(self) -> None:
        """Begin; inside the loop."""
        self._broker.declare(self.table)
        self._tasks.start()

    def die(self) -> None:
        """As by SIGKILL: from now on nothing it does takes effect."""
        self.gates.closed = True
        self._broker.cut(self.name)
        for task in (*self._tasks._running, *self._clients):
            task.cancel()

    def serve(self, task: asyncio.Task[Any]) -> None:
        """A request, or a wave on its way, that dies with the process."""
        self._clients.append(task)

    def consume(
        self, queues: Sequence[str], prefetch: int, deliver: Callable[[str, DeliveredMessage], None]
    ) -> AbstractAsyncContextManager[Consumption]:
        """Its consuming connection."""
        return self._broker.consume(self.name, self.gates, queues, prefetch, deliver)
