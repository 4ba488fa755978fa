"""Accepting: how many applications can be handed in at once, with and without a shared commit.

Directly: `Commands` in this process; `single` gives every caller a `Commands` of its own, so that each commits alone.
Over HTTP: a real intake; `single` sets its batch limit to one. The command, its decider and the documents are real.
"""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from faststream.rabbit import RabbitBroker
from pymongo import AsyncMongoClient

from bench.figures import percentile
from bench.machine import Meter, load
from bench.stages import Document, seeded
from bench.workload import Workload
from dev.backends import Backends
from dev.issuer import Issuer
from dev.ports import LOOPBACK, free_port
from dev.processes import Processes
from dev.unlimited import UNLIMITED
from services.intake.domain.application import Application, ItemEntry
from services.intake.domain.chamber import RegisteredChamber
from services.intake.domain.round import PlannedRound
from services.intake.domain.submitting import Submit, submitting
from services.intake.store import APPLICATIONS, CHAMBERS, KINDS, ROUNDS
from shared.contracts import Chamber
from shared.kernel.actor import Actor
from shared.kernel.canonical import digest
from shared.runtime.amqp import Publisher
from shared.runtime.clock import SystemClock
from shared.runtime.commands import Commands
from shared.runtime.documents import Documents
from shared.runtime.mongo import Database
from shared.runtime.relay import Relay

_PAGE = 1000
HandIn = Callable[[int], Awaitable[None]]
"""Hands in the n-th application; durable when it returns."""


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    callers: Sequence[int]
    count: int
    """Applications per measurement."""
    rounds: int
    http: bool
    seed: int = 1


class Applicants:
    """Chambers whose applications are filled in and not handed in."""

    def __init__(self, workload: Workload) -> None:
        now = datetime.now(UTC)
        day = timedelta(days=1)
        calendar = workload.round.calendar.model_copy(update={"apply_from": now - day, "apply_until": now + day})
        round_ = workload.round.model_copy(update={"calendar": calendar})
        stamp = digest(round_.model_dump(mode="json"))
        self.planned = PlannedRound(round=round_, status="open", digest=stamp, drafted_at=now)
        self._workload = workload
        self._now = now

    def chamber(self, n: int) -> Chamber:
        """The n-th chamber."""
        sample = self._workload.samples[n % len(self._workload.samples)]
        return sample.submitted.chamber.model_copy(update={"code": self._workload.code(n)})

    def id(self, n: int) -> str:
        """The id of its application."""
        return f"{self.planned.round.code}-{self._workload.code(n)}"

    def application(self, n: int) -> Application:
        """Its draft."""
        sample = self._workload.samples[n % len(self._workload.samples)].submitted
        items = {item: ItemEntry(version=1, facts=dict(facts)) for item, facts in sample.facts.items()}
        return Application(round=sample.round, chamber=self.chamber(n), started_at=self._now, items=items)

    async def write(self, url: str, name: str, count: int) -> None:
        """Put everything into an intake's store."""
        async with AsyncMongoClient[Document](url) as client:
            database = client[name]
            await database[ROUNDS.collection].insert_one(seeded(self.planned.round.code, self.planned))
            for start in range(0, count, _PAGE):
                numbers = range(start, min(start + _PAGE, count))
                chambers = [
                    RegisteredChamber(chamber=self.chamber(n), source="bench", as_of=self._now) for n in numbers
                ]
                await database[CHAMBERS.collection].insert_many([seeded(c.chamber.code, c) for c in chambers])
                drafts = [self.application(n) for n in numbers]
                await database[APPLICATIONS.collection].insert_many([seeded(a.id, a) for a in drafts])


async def measure(plan: Plan, backends: Backends, logs: Path) -> list[dict[str, Any]]:
    """All rounds; one record per way, number of callers and round."""
    applicants = Applicants(Workload(plan.seed))
    ways = [("direct", "group"), ("direct", "single")]
    ways += [("http", "group"), ("http", "single")] if plan.http else []
    records: list[dict[str, Any]] = []
    for number in range(plan.rounds):
        for road, way in ways if number % 2 == 0 else ways[::-1]:
            opened = _direct if road == "direct" else _over_http
            count = plan.count * len(plan.callers)
            async with opened(backends, applicants, count, logs, single=way == "single") as (hand_in, meter):
                for place, callers in enumerate(plan.callers):
                    numbers = range(place * plan.count, (place + 1) * plan.count)
                    record = {"road": road, "way": way, "callers": callers, "round": number, "load": load()}
                    record |= await _measure(hand_in, numbers, callers, meter)
                    records.append(record)
                    print(
                        f"{road:7} {way:7} {callers:4} callers {record['rate']:7.0f}/s  "
                        f"p50 {record['p50_ms']:.1f} p99 {record['p99_ms']:.1f} ms  load {record['load']:.1f}",
                        flush=True,
                    )
    return records


async def _measure(hand_in: HandIn, numbers: Sequence[int], callers: int, meter: Meter) -> dict[str, Any]:
    waiting = iter(numbers)
    times: list[float] = []

    async def call() -> None:
        for n in waiting:
            began = time.perf_counter()
            await hand_in(n)
            times.append((time.perf_counter() - began) * 1000)

    meter.start()
    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(call())
    cost = meter.stop()
    times.sort()
    cpu = {name: seconds / len(numbers) * 1e6 for name, seconds in cost.cpu.items()}
    rate = len(numbers) / cost.wall
    return {"rate": rate, "p50_ms": percentile(times, 50), "p99_ms": percentile(times, 99), "cpu_us": cpu}


@asynccontextmanager
async def _direct(
    backends: Backends, applicants: Applicants, count: int, logs: Path, *, single: bool
) -> AsyncIterator[tuple[HandIn, Meter]]:
    del logs
    name = f"bench_{secrets.token_hex(4)}"
    database = Database(backends.mongo_url, name)
    publisher = Publisher(RabbitBroker(backends.amqp_url), timeout=1)  # never connected: publishing is not measured
    relay = Relay(database, publisher, KINDS, sweep_every=60, sweep_age=60, may_go_unheard=())
    documents = Documents(database, SystemClock())
    await database.prepare(KINDS)
    await applicants.write(backends.mongo_url, name, count)
    async with asyncio.TaskGroup() as group:
        running: list[asyncio.Task[None]] = []

        def commands() -> Commands:
            opened = Commands(database, documents, relay, batch_limit=200)
            running.append(group.create_task(opened.run()))
            return opened

        shared = None if single else commands()
        spare: list[Commands] = []

        async def hand_in(n: int) -> None:
            desk = shared or (spare.pop() if spare else commands())
            chamber = applicants.chamber(n)
            by = Actor(id=f"secretary-{chamber.code}", role="secretary", chamber=chamber.code)
            decide = submitting(applicants.planned, chamber)
            key = applicants.id(n)
            command = Submit(undertaking=True)
            await desk.do(APPLICATIONS, key, command, decide, what="submit", by=by, idempotency_key=f"submit-{n}")
            if shared is None:
                spare.append(desk)

        yield hand_in, Meter({}, {"client": os.getpid()})
        for task in running:
            task.cancel()
    database.close()
    await _drop(backends.mongo_url, name)


@asynccontextmanager
async def _over_http(
    backends: Backends, applicants: Applicants, count: int, logs: Path, *, single: bool
) -> AsyncIterator[tuple[HandIn, Meter]]:
    name = f"bench_{secrets.token_hex(4)}"
    await applicants.write(backends.mongo_url, name, count)
    url = f"http://{LOOPBACK}:{free_port()}"
    async with backends.fresh_vhost() as amqp_url, Processes(logs / "accept") as processes:
        with Issuer() as issuer:
            environment = {
                "SIHAO_AMQP_URL": amqp_url,
                "SIHAO_MONGO_URL": backends.mongo_url,
                "SIHAO_DATABASE": name,
                "SIHAO_RABBIT_API_URL": "",
                "SIHAO_OIDC_ISSUER": issuer.url,
                "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
                **UNLIMITED,
                "SIHAO_PORT": url.rpartition(":")[2],
                "SIHAO_LOG_LEVEL": "WARNING",
                "SIHAO_BATCH_LIMIT": "1" if single else "200",
            }
            intake = await processes.start(
                "intake",
                [sys.executable, "-m", "services.intake"],
                env=environment,
                ready_url=f"{url}/startupz",
                within=60,
            )
            tokens: dict[int, str] = {}
            for n in range(count):
                chamber = applicants.chamber(n)
                tokens[n] = issuer.token(f"secretary-{chamber.code}", roles=["secretary"], chamber=chamber.code)
            limits = httpx2.Limits(max_connections=None)
            async with httpx2.AsyncClient(trust_env=False, base_url=url, limits=limits, timeout=60) as client:

                async def hand_in(n: int) -> None:
                    answer = await client.post(
                        f"/applications/{applicants.id(n)}/submit",
                        json={"undertaking": True},
                        headers={"Authorization": f"Bearer {tokens[n]}", "Idempotency-Key": f"submit-{n}"},
                    )
                    answer.raise_for_status()

                yield hand_in, Meter({"intake": intake.pid or 0}, {"client": os.getpid()})
    await _drop(backends.mongo_url, name)


async def _drop(url: str, name: str) -> None:
    async with AsyncMongoClient[Document](url) as client:
        await client.drop_database(name)
