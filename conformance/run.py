"""One run, from the first round to the report: side by side what can be, then the clock, the outage, the poison."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from joserfc.jwk import KeySet

from conformance import centre as centre_
from conformance.bench import Bench, Say, shown
from conformance.centre import Sign, said
from conformance.checks.forged import forged
from conformance.checks.histories import histories
from conformance.checks.messages import messages
from conformance.checks.officer import officers
from conformance.checks.opening import opening
from conformance.checks.order import before_its_round, newest_counts
from conformance.checks.outage import outage
from conformance.checks.poison import poison
from conformance.checks.repeats import repeats
from conformance.checks.returns import corrected, overdue
from conformance.checks.signatures import signatures
from conformance.checks.versions import versions
from conformance.checks.withdrawal import withdrawal
from conformance.clauses import Need
from conformance.driver import Driver
from conformance.hands import Hands
from conformance.ledger import Ledger
from conformance.verdicts import Broken, Result, Verdicts
from conformance.world import World
from shared.contracts import Text, text

Check = Callable[[Bench], Awaitable[None]]
BESIDE: Sequence[Check] = (
    opening,
    officers,
    corrected,
    withdrawal,
    repeats,
    newest_counts,
    before_its_round,
    versions,
)
"""They do not disturb each other."""
ALONE: Sequence[Check] = (overdue, outage, forged, poison)
"""One after the other, the worst last."""
_AGAIN_AFTER = 0.2
_DRIVER_PATIENCE = 60.0
"""Seconds a driver may take at the least: the software may be starting."""


@dataclass(frozen=True)
class Plan:
    """What a run is told."""

    amqp_url: str
    """A broker, or a virtual host, with the software under test on it and nobody else."""
    area: str
    """The province."""
    run: str
    """What the codes of its rounds begin with; no run before may have had it."""
    driver: str | None = None
    """Address of the driver."""
    keys: KeySet | None = None
    """The province's public keys."""
    hands: Hands | None = None
    """How it is stopped and started."""
    sign: Sign | None = None
    """Signs what the centre says."""
    procedure: str = "province@1"
    """The procedure that rounds name for provinces."""
    patience: float = 30.0
    """Seconds of silence after which what has not come does not come."""
    settle: float = 5.0
    """Seconds of silence before what must not come is taken as not come."""
    burst: int = 200
    """Scorecards in the burst that is cut off."""
    flood: int = 10_000
    """Scorecards that pile up."""


@dataclass(frozen=True)
class Report:
    """What came out of a run."""

    area: str
    run: str
    at: datetime
    seconds: float
    messages: int
    """Messages that were judged."""
    results: Sequence[Result] = field(default_factory=tuple)

    def of(self, status: str) -> list[Result]:
        """The clauses that came out so."""
        return [one for one in self.results if one.status == status]


async def run(plan: Plan, say: Say) -> Report:
    """Judge the software; raises nothing for what it does wrong.

    Raises:
        aio_pika.exceptions.AMQPError, ConnectionError, OSError: the broker cannot be used.
        CommandFailedError: the software could not be stopped or started.
    """
    at, begun = datetime.now(UTC), monotonic()
    verdicts = Verdicts(missing=_missing(plan))
    ledger = Ledger(plan.patience)
    driver = Driver(plan.driver, patience=max(plan.patience, _DRIVER_PATIENCE)) if plan.driver else None
    world = World(plan.area, plan.run, plan.procedure)
    try:
        async with centre_.connected(plan.amqp_url, sign=plan.sign) as centre:
            bench = Bench(world, centre, ledger, verdicts, driver, plan.hands, say, plan.settle, plan.burst, plan.flood)
            if await _is_there(bench):
                await centre.listen(ledger.add)
                await _all(bench)
                _judge(bench, plan.keys)
    finally:
        if driver is not None:
            await driver.close()
    return Report(plan.area, plan.run, at, monotonic() - begun, len(ledger.heard), verdicts.results())


def _missing(plan: Plan) -> set[Need]:
    has: dict[Need, object] = {
        "driver": plan.driver,
        "clock": plan.driver,
        "operator": plan.hands,
        "keys": plan.keys,
        "centre": plan.sign,
    }
    return {need for need, there in has.items() if not there}


async def _is_there(bench: Bench) -> bool:
    """Whether the software hears every kind of event; it may still be starting.

    The application is taken back before its score comes, so that nothing follows from either.
    """
    world, end = bench.world, monotonic() + bench.ledger.patience
    round_ = world.round("CON")
    scored = world.scored(round_.round.code)
    unheard = [said(event) for event in (round_, world.withdrawn(scored), scored)]
    while unheard:
        if await bench.centre.is_heard(unheard[0]):
            del unheard[0]
        elif monotonic() < end:
            await asyncio.sleep(_AGAIN_AFTER)
        else:
            break
    keys = [one.routing_key for one in unheard]
    return bench.verdicts.hold(
        "C-CON-1",
        not keys,
        f"没有队列接收 {shown(keys)}；请先启动软件",
        f"no queue takes {shown(keys)}; start the software first",
    )


async def _all(bench: Bench) -> None:
    bench.say(
        text(
            "受理、决定、退回、撤回、重复、次序、版本",
            "opening, decisions, returns, withdrawal, repeats, order, versions",
        )
    )
    await asyncio.gather(*(_guarded(check, bench) for check in BESIDE))
    for check in ALONE:
        bench.say(_TITLES[check])
        await _guarded(check, bench)
    bench.say(text("等待安静，然后核对", "waiting for silence, then judging"))
    await bench.rest()


async def _guarded(check: Check, bench: Bench) -> None:
    try:
        await check(bench)
    except Broken:
        return  # the clause has failed; what follows in this check cannot be looked at


def _judge(bench: Bench, keys: KeySet | None) -> None:
    messages(bench)
    histories(bench)
    if keys is not None:
        signatures(bench, keys)


_TITLES: Mapping[Check, Text] = {
    overdue: text("补正逾期（拨动时钟）", "an overdue correction (turning the clock)"),
    outage: text("中断、重启与积压", "outage, restart and flood"),
    forged: text("伪造的消息", "forged messages"),
    poison: text("不可处理的消息", "poison"),
}
