"""What the centre feels when a province comes back: HTTP, and another province's facts, while a backlog comes up.

`python -m bench.returning measure` runs the drain without a limit and with some, in turns, beside an idle centre, and
prints every figure as a ratio to the idle one. The province is a relay over full outboxes, in a process of its own.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import httpx2
import typer
from faststream.rabbit import RabbitBroker
from pymongo import AsyncMongoClient

from bench.figures import percentile
from conformance.bench import OPENED
from conformance.centre import Centre, connected, said
from conformance.ledger import Ledger
from conformance.world import World
from dev.backends import Backends, open_backends
from dev.issuer import Issuer
from dev.ports import LOOPBACK, free_port
from dev.processes import Processes
from dev.runs import run_directory
from services.review.store import CASES
from shared.contracts import ApplicationScored, CaseNominated
from shared.runtime.amqp import Publisher, with_heartbeat
from shared.runtime.mongo import Database
from shared.runtime.pace import Pace
from shared.runtime.relay import Relay
from shared.runtime.work import Fact

AWAY, OTHER = "35", "33"
_REQUEST_EVERY, _FACT_EVERY, _LOOK_EVERY = 0.05, 0.5, 0.2
"""Seconds."""
_OTHERS = 400
"""Facts of the other province that can be told in one run."""
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass
class Felt:
    """What was felt in one stretch of time."""

    what: str
    seconds: float
    http_ms: Sequence[float]
    fact_ms: Sequence[float]

    def figures(self) -> list[float]:
        """HTTP p50, p99; another province's fact p50, worst; in milliseconds."""
        http, facts = sorted(self.http_ms), sorted(self.fact_ms)
        return [median(http), percentile(http, 99), median(facts), facts[-1]]


@dataclass
class Place:
    """The centre and both provinces."""

    url: str
    token: str
    amqp_url: str
    mongo_url: str
    name: str
    centre: Centre
    ledger: Ledger
    away: World
    other: World
    others: list[ApplicationScored]
    """Of the other province: what it nominates next."""

    async def feel(self, what: str, until: asyncio.Task[Any]) -> Felt:
        """Ask and tell all the while."""
        begun = time.monotonic()
        http, facts = asyncio.create_task(self._ask(until)), asyncio.create_task(self._tell(until))
        await until
        seconds = time.monotonic() - begun
        return Felt(what, seconds, await http, await facts)

    async def _ask(self, until: asyncio.Task[Any]) -> list[float]:
        """A list of cases, over and over."""
        took: list[float] = []
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
            while not until.done():
                begun = time.perf_counter()
                (await client.get(f"{self.url}/cases?limit=50", headers=headers)).raise_for_status()
                took.append((time.perf_counter() - begun) * 1000)
                await asyncio.sleep(_REQUEST_EVERY)
        return took

    async def _tell(self, until: asyncio.Task[Any]) -> list[float]:
        """A nomination of the other province, over and over: how long until its case is opened at the centre."""
        took: list[float] = []
        while not until.done():
            card = self.others.pop()
            case = f"{card.application}@CN"
            begun = time.perf_counter()
            await self.centre.say(said(nomination(card, OTHER)))
            await self.ledger.until(partial(self.ledger.about, case, OPENED))
            took.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(_FACT_EVERY)
        return took

    async def drain(self, count: int, rate: float | None, log: Path) -> None:
        """The province comes back with so many nominations; ends when the centre has taken them all."""
        database = f"{self.name}_{AWAY}"
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(self.mongo_url)
        async with client:
            cases = client.get_database(f"{self.name}_CN")["cases"]
            before = await cases.count_documents({})
            await client.get_database(database)["cases"].insert_many(
                [
                    {"_id": fact.id, "version": 1, "heard": [], "history": [], "state": {}, "outbox": [asdict(fact)]}
                    for fact in (_fact(self.away.scored(f"{self.away.run}-R")) for _ in range(count))
                ]
            )
            async with Processes(log, grace=2.0) as processes:
                told = ["relay", self.amqp_url, self.mongo_url, database, str(rate or 0)]
                await processes.start("relay", [sys.executable, "-m", "bench.returning", *told])
                while await cases.count_documents({}) - before < count:  # noqa: ASYNC110 - another process works
                    await asyncio.sleep(_LOOK_EVERY)


def nomination(card: ApplicationScored, area: str) -> CaseNominated:
    """The province recommends what was scored."""
    return CaseNominated(
        area=card.area,
        case=f"{card.application}@{area}",
        application=card.application,
        round=card.round,
        jurisdiction=area,
        chamber=card.chamber,
        rank=1,
        quota=5,
        score=card.score,
        evidence=card.evidence,
    )


def _fact(card: ApplicationScored) -> Fact:
    """The nomination as it waits in an outbox since an hour ago."""
    event, then = nomination(card, AWAY), datetime.fromtimestamp(time.time() - 3600, UTC)
    return Fact(
        id=secrets.token_hex(16),
        type=event.wire(),
        routing_key=event.routing_key,
        source="review",
        subject=event.case,
        time=then.isoformat(),
        body=event.model_dump_json(),
        trace={},
        entered=then,
        at=then,
    )


@asynccontextmanager
async def _placed(backends: Backends, logs: Path) -> AsyncIterator[Place]:
    """The centre's review runs, and has heard of the other province's applications."""
    name, url = f"bench_{secrets.token_hex(4)}", f"http://{LOOPBACK}:{free_port()}"
    async with backends.fresh_vhost() as amqp_url, Processes(logs / "centre", grace=5.0) as processes:
        with Issuer() as issuer:
            settings = {
                "SIHAO_AREAS": "CN",
                "SIHAO_AMQP_URL": amqp_url,
                "SIHAO_MONGO_URL": backends.mongo_url,
                "SIHAO_DATABASE": f"{name}_CN",
                "SIHAO_OIDC_ISSUER": issuer.url,
                "SIHAO_OIDC_JWKS_URL": issuer.jwks_url,
                "SIHAO_PORT": url.rpartition(":")[2],
                "SIHAO_RATE_READ": "1000000/minute",
                "SIHAO_ARCHIVE": "false",
            }
            command = [sys.executable, "-m", "services.review"]
            await processes.start("review", command, env=settings, ready_url=f"{url}/startupz", within=120)
            ledger = Ledger(120)
            async with connected(amqp_url) as centre:
                await centre.listen(ledger.add)
                away, other = (World(area, f"B{area}", "province@1") for area in (AWAY, OTHER))
                for world in (away, other):
                    await centre.say(said(world.round("R")))
                cards = [other.scored(f"{other.run}-R") for _ in range(_OTHERS)]
                await centre.say(*(said(card) for card in cards))
                token = issuer.token("officer", roles=["officer"], area="CN")
                yield Place(url, token, amqp_url, backends.mongo_url, name, centre, ledger, away, other, cards)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(backends.mongo_url)
        async with client:
            for area in (AWAY, "CN"):
                await client.drop_database(f"{name}_{area}")


@app.command()
def measure(
    count: Annotated[int, typer.Option(help="积压的事实 / facts that come up")] = 10_000,
    rates: Annotated[str, typer.Option(help="每秒上限，0 为不限 / limits per second; 0: none")] = "0,400,200",
    rounds: Annotated[int, typer.Option(help="轮数，逐轮交替 / rounds, in turns")] = 1,
    idle: Annotated[float, typer.Option(help="空闲时测量的秒数 / seconds of the idle centre")] = 15,
) -> None:
    """Measure, and print the table."""

    async def run() -> list[Felt]:
        found: list[Felt] = []
        with run_directory("returning") as directory:
            async with open_backends(directory) as backends, _placed(backends, directory / "logs") as place:
                for number in range(rounds):
                    found.append(await place.feel("idle", asyncio.create_task(asyncio.sleep(idle))))
                    for rate in map(float, rates.split(",")):
                        log = directory / "logs" / f"{number}-{rate:g}"
                        drain = asyncio.create_task(place.drain(count, rate or None, log))
                        found.append(await place.feel(f"{rate:g}/s" if rate else "no limit", drain))
        return found

    _print(asyncio.run(run()), count)


def _print(found: Sequence[Felt], count: int) -> None:
    idle = found[0].figures()
    typer.echo(
        f"{'':10} {'seconds':>8} {'facts/s':>8}  HTTP p50, p99 ms (× idle)      another's fact p50, worst ms (× idle)"
    )
    for felt in found:
        if felt.what == "idle":
            idle = felt.figures()
        cells = "  ".join(f"{ms:8.1f} (×{ms / base:5.1f})" for ms, base in zip(felt.figures(), idle, strict=True))
        rate = "" if felt.what == "idle" else f"{count / felt.seconds:.0f}"
        typer.echo(f"{felt.what:10} {felt.seconds:8.1f} {rate:>8}  {cells}")


@app.command(hidden=True)
def relay(amqp_url: str, mongo_url: str, database: str, rate: float) -> None:
    """The province's relay, for ever."""

    async def run() -> None:
        store, broker = Database(mongo_url, database), RabbitBroker(with_heartbeat(amqp_url))
        publisher = Publisher(broker, timeout=10)
        await publisher.connect()
        publisher.ready.set()
        made = Relay(
            store, publisher, [CASES], sweep_every=0.5, sweep_age=5, may_go_unheard=(), pace=Pace(rate or None)
        )
        async with asyncio.TaskGroup() as tasks:
            for forever in (made.sweep, made.clear, made.probe):
                tasks.create_task(forever())

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


if __name__ == "__main__":
    app()
