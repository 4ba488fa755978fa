"""A small world: services in replicas, a store each, one broker, one clock, and clients who ask until they are told."""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from typing import Any
from unittest.mock import patch

from pydantic import BaseModel

from shared import runtime
from shared.kernel.actor import Actor
from shared.kernel.change import Decider, NotYet, Refused
from shared.runtime import lane
from shared.runtime.commands import Done
from shared.runtime.consuming import Consumption
from shared.runtime.kinds import Kind
from shared.runtime.problems import Unavailable
from tests.model.broker import Broker, Sent
from tests.model.collections import FromOutside, Shelf
from tests.model.loop import StillLoop
from tests.model.process import PATIENCE, SWEEP_EVERY, Deployed, Process

_TURNS = 80
"""Rounds of healing after which a world that does not come to rest is at fault."""
_RUNTIME = [module for name, module in sorted(sys.modules.items()) if name.startswith(f"{runtime.__name__}.")]
_TELL_TIME = [module for module in _RUNTIME if getattr(module, "datetime", None) is datetime]
_COUNT_SECONDS = [module for module in _RUNTIME if getattr(module, "monotonic", None) is monotonic]
"""Where the runtime looks at the machine's clock."""


@dataclass(frozen=True)
class Request:
    """A command as a client sends it, the same at every attempt."""

    service: str
    kind: Kind[Any]
    key: str
    command: BaseModel
    decide: Decider[Any, Any]
    what: str
    by: Actor
    idempotency_key: str


@dataclass
class Call:
    """A request, and what became of its attempts."""

    request: Request
    attempts: list[asyncio.Task[Done[Any]]] = field(default_factory=list)

    def answers(self) -> list[Done[Any] | Refused | NotYet]:
        """Definite answers, in order; an error or a death says nothing."""
        found: list[Done[Any] | Refused | NotYet] = []
        for task in self.attempts:
            if not task.done() or task.cancelled():
                continue
            error = task.exception()
            if error is None:
                found.append(task.result())
            elif isinstance(error, Refused | NotYet):
                found.append(error)
            elif not isinstance(error, Unavailable):
                raise error
        return found

    @property
    def answered(self) -> bool:
        """Whether the client knows."""
        return bool(self.answers())


class World:
    """Everything, under control. It begins at `begins`; `turned` is what the platform's clock is ahead by."""

    def __init__(self, services: Sequence[Deployed], *, begins: datetime, replicas: int) -> None:
        self.services = {service.name: service for service in services}
        self.loop = StillLoop()
        self.turned = timedelta()
        self.dice = Random(0)  # noqa: S311 - an order of events, not a secret
        """Decides who comes first where several could."""
        self._begins = begins
        self.acked: list[tuple[str, Sent]] = []
        self._wrong: list[str] = []
        self.broker = Broker(self._acknowledged)
        self.shelves: dict[str, dict[str, Shelf]] = {name: {} for name in self.services}
        self.calls: list[Call] = []
        self.processes: dict[str, Process] = {}
        self.on_ack: Callable[[str, Sent], str | None] = lambda _queue, _message: None
        self._slots = [(service, number) for service in services for number in range(replicas)]
        self._world = ExitStack()
        self._enter()

    def close(self) -> None:
        """End every process and the loop."""
        for process in self.processes.values():
            self.loop.act(process.die)
        for call in self.calls:
            for task in call.attempts:
                if task.done() and not task.cancelled():
                    task.exception()
        self.loop.settle()
        self.loop.close()
        self._world.close()

    @property
    def wrong(self) -> list[str]:
        """What was seen to go wrong in the middle of a step."""
        return [*self._wrong, *(bug for process in self.processes.values() for bug in process.bugs)]

    # --- time ------------------------------------------------------------------------------------------------------

    def instant(self) -> datetime:
        """The machines' clock."""
        return self._begins + timedelta(seconds=self.loop.time())

    def now(self) -> datetime:
        """The platform's clock, to the millisecond."""
        instant = self.instant() + self.turned
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    # --- processes -------------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """Every process that there is to be."""
        return [f"{service.name}#{number}" for service, number in self._slots]

    def start(self, name: str) -> None:
        """Start one that does not run."""
        running = self.processes.get(name)
        if running is not None and running.alive:
            return
        service, number = next(slot for slot in self._slots if f"{slot[0].name}#{slot[1]}" == name)
        process = Process(
            service, number, shelves=self.shelves[service.name], broker=self.broker, clock=self, dice=self.dice
        )
        self.processes[name] = process
        self.loop.act(process.start)

    def kill(self, name: str) -> None:
        """As by SIGKILL."""
        if self.running(name):
            self.loop.act(self.processes[name].die)

    def running(self, name: str) -> Process | None:
        """The process of that name, if it runs."""
        process = self.processes.get(name)
        return process if process is not None and process.alive else None

    def alive(self, service: str) -> list[Process]:
        """Replicas that run."""
        return [p for p in self.processes.values() if p.alive and p.service.name == service]

    # --- clients ---------------------------------------------------------------------------------------------------

    def send(self, request: Request, process: Process) -> Call:
        """A client asks, for the first time."""
        call = Call(request)
        self.calls.append(call)
        self.ask(call, process)
        return call

    def ask(self, call: Call, process: Process) -> None:
        """The client asks, once more perhaps."""
        asked = call.request

        def begin() -> None:
            task = self.loop.create_task(
                process.commands.do(
                    asked.kind,
                    asked.key,
                    asked.command,
                    asked.decide,
                    what=asked.what,
                    by=asked.by,
                    idempotency_key=asked.idempotency_key,
                )
            )
            call.attempts.append(task)
            process.serve(task)

        self.loop.act(begin)

    # --- the end ---------------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """Nothing fails any more, everybody runs, whoever was not answered asks again; run until all is quiet."""
        for process in self.processes.values():
            process.gates.disarm()
        for name in self.names:
            self.start(name)
        for process in self.processes.values():
            self.loop.act(process.gates.release)
        self.loop.advance(SWEEP_EVERY)
        self.persist()
        self.quiet()

    def persist(self) -> None:
        """Clients ask until they know."""
        for call in self.calls:
            if not call.answered:
                self.ask(call, self.alive(call.request.service)[0])
                self.loop.advance(1)
            if not call.answered:
                raise AssertionError(f"no answer: {call.request.what} {call.request.key}")

    def quiet(self, *, patiently: bool = True) -> None:
        """Deliver everything until nothing waits, no outbox is full and, `patiently`, nothing is held any more."""
        for turn in range(_TURNS):
            moved = [
                self.broker.deliver(queue, self.broker.consumers(queue)[0], 200)
                for queue, waiting in sorted(self.broker.queues.items())
                if waiting and self.broker.consumers(queue)
            ]
            self.loop.settle()
            if any(moved):
                continue
            if not any(self.outboxes()) and (self.broker.idle() or not (patiently or any(self.broker.queues.values()))):
                return
            self.loop.advance(PATIENCE if turn == _TURNS // 2 else SWEEP_EVERY)
        raise AssertionError(f"no rest: {self.broker.queues}, {list(self.outboxes())}")

    def outboxes(self) -> list[str]:
        """Documents whose outbox is not empty."""
        return [place for place, document in self.documents() if document["outbox"]]

    def documents(self) -> list[tuple[str, dict[str, Any]]]:
        """Every document of every service as (place, document)."""
        return [
            (f"{service.name}/{kind.collection}/{key}", document)
            for service in self.services.values()
            for kind in service.kinds
            for key, document in self.shelves[service.name].get(kind.collection, {}).items()
        ]

    def database(self, service: str) -> FromOutside:
        """A service's store, looked at from outside: nothing goes wrong here."""
        return FromOutside(self.shelves[service])

    # --- inside ----------------------------------------------------------------------------------------------------

    def _acknowledged(self, queue: str, sent: Sent) -> None:
        self.acked.append((queue, sent))
        if (why := self.on_ack(queue, sent)) is not None:
            self._wrong.append(f"acknowledged, but {why}: {queue} {sent.id}")

    def _enter(self) -> None:
        """Have the runtime see this world's time and broker."""
        world = self

        class Instant(datetime):
            """`datetime.now` of this world."""

            @classmethod
            def now(cls, tz: Any = UTC) -> Any:
                return world.instant().astimezone(tz)

        def consume(url: str, *given: Any, introduction: Any) -> AbstractAsyncContextManager[Consumption]:
            del introduction  # nobody here looks at connections
            return world.processes[url].consume(*given)

        logging.disable(logging.CRITICAL)
        self._world.callback(logging.disable, logging.NOTSET)
        for module in _TELL_TIME:
            self._world.enter_context(patch.object(module, "datetime", Instant))
        for module in _COUNT_SECONDS:
            self._world.enter_context(patch.object(module, "monotonic", self.loop.time))
        self._world.enter_context(patch.object(lane, "consume", consume))
