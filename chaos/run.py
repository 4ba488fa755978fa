"""One run: everything is started, loaded, broken, healed; when it is quiet, the evidence is collected and checked."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic

from chaos.checker import check
from chaos.evidence import LETTERS, Raw, Violation, announced, collect, raw_document, unsettled
from chaos.faults import ALL, Scene
from chaos.faults.messages import service_queues
from chaos.faults.processes import KilledAtPoint
from chaos.front import Front
from chaos.ledger import Ledger
from chaos.load import Load, submit
from chaos.mutants import MUTANTS
from chaos.officers import Officers
from chaos.opening import register
from chaos.schedule import Planned, Schedule, Struck, dice_of, drawn
from chaos.stage import Stage, raised
from chaos.tap import Tap
from chaos.waiting import end, until
from demo.data import Scenario
from dev.packages import Say

_SETTLED_WITHIN = 90.0
_ASKED_AGAIN = 200
"""Submissions that are sent once more at the end: the same key, the same receipt."""
_STATISTICS = 6.0
"""Seconds after which the broker's statistics are new for certain."""
_HEARD_WITHIN = 20.0
_LOOKS = 12
"""Times that a desk is looked at before its list is sealed all the same."""
_LEASE_OVER = timedelta(minutes=30)
"""Longer than a postman keeps a letter, and than the first pauses after a mail that could not be sent."""
_SHOWN = 5
"""Violations whose documents are fetched for the report."""


@dataclass(frozen=True)
class Plan:
    """What a run shall do."""

    seed: int
    seconds: float
    """Length of the load; the whole run is about a minute longer."""
    rate: float = 8.0
    """Applications a second; each is three requests, seven messages and more."""
    every: float = 3.0
    """Seconds between two faults, on the average."""
    wave: int = 150
    """Applications in one round, a fourth of them (40 at most) in a burst."""
    kinds: tuple[str, ...] = tuple(fault.kind for fault in ALL)
    mutant: str | None = None
    nodes: int = 3
    """Of the broker, and of the store."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Kinds that cannot be given on this machine, and why."""


@dataclass
class Result:
    """What came of it."""

    plan: Plan
    ledger: Ledger
    struck: list[Struck] = field(default_factory=list)
    deaths: list[float] = field(default_factory=list)
    """When processes died; monotonic seconds."""
    scene: Scene | None = None
    settled_after: float | None = None
    """Seconds from the end of all work until outboxes and queues were empty; None if they did not become so."""
    outbox_after: float | None = None
    """The same, of the outboxes alone."""
    left: dict[str, int] = field(default_factory=dict)
    """What was not settled."""
    documents: int = 0
    mails: int = 0
    mailed_again: int = 0
    """Transmissions of a mail beyond its first."""
    dead: int = 0
    copies: int = 0
    events: int = 0
    rounds: int = 0
    violations: list[Violation] = field(default_factory=list)
    exhibits: dict[str, Raw | None] = field(default_factory=dict)
    """The documents of the first violations."""
    took: float = 0.0


async def run(plan: Plan, directory: Path, *, say: Say) -> Result:
    """Carry out the plan. The directory is the run's own; its `logs` stay."""
    scenario, ledger = Scenario(), Ledger()
    planned = _faults(plan)
    disks = {one.fault.fills for one in planned} - {""}
    result = Result(plan, ledger)
    began = monotonic()
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            raised(directory, scenario, say=say, nodes=plan.nodes, disks=disks, mutant=plan.mutant)
        )
        tap = Tap(stage.amqp_url)
        await tap.open()
        before_tap = await announced(stage)
        listening = asyncio.create_task(tap.run())
        stack.push_async_callback(end, listening)
        urls = {service: [replica.url for replica in pair] for service, pair in stage.replicas.items()}
        front = Front(urls, stage.issuer)
        stack.push_async_callback(front.close)
        await register(front, scenario, ledger)
        say(f"{monotonic() - began:.0f} s：开始 / begin, seed {plan.seed}")

        scene = result.scene = Scene(stage, tap, ledger, await service_queues(stage))
        officers = Officers(front, ledger, dice_of(plan.seed, "officers"))
        load = Load(front, stage, scenario, ledger, dice_of(plan.seed, "load"))
        schedule = Schedule(planned, seconds=plan.seconds)
        deciding = asyncio.create_task(officers.work(load.rounds))
        stack.push_async_callback(end, deciding)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run(rate=plan.rate, seconds=plan.seconds, wave=plan.wave))
            group.create_task(schedule.run(scene))
        result.struck, result.rounds = schedule.struck, len(load.rounds)
        say(f"{monotonic() - began:.0f} s：{len(schedule.struck)} 次故障，等待平静 / faults given; healing")

        await end(deciding)
        await _heal(stage)
        result.outbox_after, result.settled_after, _ = await _settle(stage, but=LETTERS)
        await _finish(officers, load.rounds, stage)
        await _ask_again(front, ledger, dice_of(plan.seed, "again"))
        _, _, result.left = await _settle(stage)
        await _heard_all(stage, tap, before_tap)
        ledger.unexpected = front.unexpected
        evidence = await collect(stage, ledger, tap, before_tap)
        evidence.recomputed = await _computed_again(front, ledger, dice_of(plan.seed, "computed"))
        result.violations = check(evidence)
        result.documents, result.mails = len(evidence.every()), len({mail.id for mail in evidence.mails})
        result.mailed_again = len(evidence.mails) - result.mails
        result.dead, result.events, result.copies = len(evidence.dead), len(tap.heard), tap.copies
        result.deaths = sorted(at for replica in stage.all() for at in replica.deaths)
        for violation in result.violations[:_SHOWN]:
            for path in violation.documents:
                result.exhibits[path] = await raw_document(stage, path)
    result.took = monotonic() - began
    return result


def _faults(plan: Plan) -> list[Planned]:
    """What the seed draws; for a mutant only what brings it to light."""
    mutant = MUTANTS[plan.mutant] if plan.mutant else None
    kinds = mutant.faults if mutant else plan.kinds
    planned = drawn(plan.seed, kinds=kinds, seconds=plan.seconds, every=plan.every)
    if mutant and mutant.points:
        dice = dice_of(plan.seed, "points")
        for one in planned:
            if isinstance(one.fault, KilledAtPoint):
                one.fault.point = dice.choice(mutant.points)
    return planned


async def _heal(stage: Stage) -> None:
    """Whatever is still wrong is mended, and everybody is ready."""
    for replica in stage.all():
        replica.child.resume()
        replica.disarm()
        for wire in replica.wires:
            wire.mend()
    await stage.until_ready()


async def _settle(stage: Stage, *, but: str = "") -> tuple[float | None, float | None, dict[str, int]]:
    """Wait until nothing is on its way, `but` what is named: letters whose postman died wait for the clock.

    Answers the seconds until the outboxes, and until all was empty; and what was left.
    """
    began = monotonic()
    outbox: float | None = None
    left: dict[str, int] = {}
    while monotonic() - began < _SETTLED_WITHIN:
        left = await unsettled(stage, but=but)
        if outbox is None and not any(name.startswith("outbox") for name in left):
            outbox = monotonic() - began
        if not left:
            settled = monotonic() - began
            await asyncio.sleep(_STATISTICS)
            if not (left := await unsettled(stage, but=but)):
                return outbox, settled, {}
        await asyncio.sleep(0.25)
    return outbox, None, left


async def _finish(officers: Officers, rounds: Sequence[str], stage: Stage) -> None:
    """Mails in transmission when their postman died are taken up again; every desk is cleared, every list sealed."""
    for clock in stage.clocks.values():
        clock.turn_by(_LEASE_OVER)
    for code in rounds:
        for _ in range(_LOOKS):
            if not await officers.clear_desks(code):
                break
            await asyncio.sleep(0.5)
        await officers.seal(code)


async def _ask_again(front: Front, ledger: Ledger, dice: Random) -> None:
    """The same key, long after: the same receipt."""
    receipts = sorted(ledger.accepted.values())
    for one in dice.sample(receipts, min(_ASKED_AGAIN, len(receipts))):
        if one.revision == 1:
            await submit(front, ledger, one.application, one.subject, revision=1)


async def _computed_again(front: Front, ledger: Ledger, dice: Random) -> dict[str, tuple[str, str]]:
    """Digests of some scorecards, as announced and as scoring computes them anew, by application."""
    applications = sorted({one.application for one in ledger.accepted.values()})
    found = {}
    for id_ in dice.sample(applications, min(_ASKED_AGAIN, len(applications))):
        response = await front.ask("GET", "scoring", f"/scorecards/{id_}/verification", front.operator())
        if response.is_success:  # what was withdrawn before it was scored has no scorecard
            body = response.json()
            found[id_] = (body["announced"], body["recomputed"])
    return found


async def _heard_all(stage: Stage, tap: Tap, before_tap: frozenset[str]) -> None:
    """Give the tap the time to hear what was announced."""

    async def complete() -> bool:
        return await announced(stage) - before_tap <= tap.heard.keys()

    await until(complete, within=_HEARD_WITHIN, every=0.5)
