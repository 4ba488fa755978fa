"""A contender, running: started, warmed up, fed, watched."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from pymongo import MongoClient

from bench.addresses import Addresses
from bench.contenders import Contender
from bench.fill import Filled, fill
from bench.floor import declare
from bench.machine import Meter, listener
from bench.place import place, put_stock
from bench.stages import STAGES, Document
from bench.telemetry_sink import TelemetrySink
from bench.wire import Wire
from bench.workload import Workload
from dev.backends import Backends
from dev.processes import Child, Processes
from services.notify.store import LETTERS
from shared.runtime.mongo import Database
from shared.runtime.topology import EVENTS

_POLL = 0.01
_WARM_UP = 20
_PATIENCE = 900.0


class StuckError(RuntimeError):
    """A contender did not write all letters in time, or wrote too many."""


class Running:
    """A contender at work on its own virtual host and databases."""

    def __init__(
        self, contender: Contender, workload: Workload, addresses: Addresses, children: Sequence[Child], stock: int
    ) -> None:
        self.contender = contender
        self.workload = workload
        self.addresses = addresses
        self.fed = 0
        self._children = children
        self._stock = stock
        self.store: MongoClient[Document] = MongoClient(addresses.mongo_url)
        self.letters = self.store[addresses.database("notify")][LETTERS.collection]

    def meter(self) -> Meter:
        """A meter for its processes, the broker and the store."""
        sessions = {child.name: child.pid for child in self._children if child.pid is not None}
        ports = {"broker": self.addresses.amqp_url, "mongod": self.addresses.mongo_url}
        return Meter(sessions, {name: listener(urlsplit(url).port or 0) for name, url in ports.items()})

    @contextmanager
    def first_stage_stopped(self) -> Iterator[None]:
        """Inside, the first stage takes nothing, so that a backlog forms."""
        first = next(iter(STAGES))
        leaders = [child.pid for child in self._children if child.pid is not None and child.name.startswith(first)]
        for leader in leaders:
            os.killpg(leader, signal.SIGSTOP)
        try:
            yield
        finally:
            for leader in leaders:
                os.killpg(leader, signal.SIGCONT)

    async def feed(self, count: int, rate: float | None = None) -> Filled:
        """Send the next messages, as fast as possible or at a steady rate per second."""
        first, self.fed = self.fed, self.fed + count
        return await fill(self.contender, self.addresses, self.workload.seed, first=first, count=count, rate=rate)

    async def all_letters(self) -> None:
        """Wait until every message has become a letter.

        Raises:
            StuckError: they have not, or there are too many.
        """
        end = time.monotonic() + _PATIENCE
        while (there := await asyncio.to_thread(self._there)) < self.fed:
            if time.monotonic() > end or not all(child.alive for child in self._children):
                tails = "\n".join(str(child.failure("…", "…")) for child in self._children)
                raise StuckError(f"{self.contender.name}: {there} / {self.fed}\n{tails}")
            await asyncio.sleep(_POLL)

    async def letters_by(self, until: float, enough: int) -> int:
        """How many letters there are at `until` (of `time.perf_counter`), or as soon as there are `enough`."""
        while True:
            there = await asyncio.to_thread(self._there)
            if there >= enough or time.perf_counter() >= until:
                return there
            await asyncio.sleep(_POLL)

    def _there(self) -> int:
        return self.letters.estimated_document_count() - self._stock

    def steps_taken(self) -> dict[str, int]:
        """How often each step has been taken."""
        collections = {name: self.store[self.addresses.database(name)][s.kind.collection] for name, s in STAGES.items()}
        return {name: found.estimated_document_count() - self._stock for name, found in collections.items()}

    def check(self, *, whole: bool = True) -> None:
        """See that every step was taken exactly once for every message; or, unless `whole`, at most once.

        Raises:
            StuckError: it was not.
        """
        for service, there in self.steps_taken().items():
            if there > self.fed or (whole and there != self.fed):
                raise StuckError(f"{self.contender.name} {service}: {there} / {self.fed}")


@asynccontextmanager
async def running(
    contender: Contender,
    backends: Backends,
    workload: Workload,
    *,
    logs: Path,
    people: int,
    copies: int = 1,
    stock: int = 0,
) -> AsyncIterator[Running]:
    """Start it, warm it up, and stop it at the end.

    Every stage runs in `copies` processes, and its store has `stock` documents from the beginning.
    """
    async with (
        place(backends, workload, people + _WARM_UP) as addresses,
        Processes(logs / contender.name, grace=3.0) as processes,
        TelemetrySink() as sink,
    ):
        if contender.is_floor:
            declare(addresses.amqp_url)
        started = [
            replace(one, name=f"{one.name}-{copy}")
            for copy in range(1, copies + 1)
            for one in contender.processes(addresses, workload.seed, sink.url)
        ]
        await asyncio.to_thread(put_stock, addresses, workload, stock)
        children = await asyncio.gather(
            *(processes.start(s.name, s.command, env=s.environment, ready_url=s.ready_url, within=60) for s in started)
        )
        if contender.is_platform:
            _only_our_steps(addresses)
        scraped = [s.ready_url.replace("/startupz", "/metrics") for s in started if s.ready_url]
        it = Running(contender, workload, addresses, children, stock)
        async with sink.scraping(scraped if contender.telemetry == "on" else []):
            await it.feed(_WARM_UP)
            await it.all_letters()
            yield it
        it.store.close()


def _only_our_steps(addresses: Addresses) -> None:
    """Unbind the queues of everything else that the services hear: other letters, other events."""
    with Wire(addresses.amqp_url) as wire:
        for stage in STAGES.values():
            for subscription in stage.table(cast("Database", None)):
                if subscription.event is not stage.event:
                    for key in subscription.bindings:
                        wire.unbind(subscription.queue, EVENTS.name, key)
