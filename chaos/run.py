"""One run: everything is started, loaded, broken, healed; when it is quiet, the evidence is collected and checked."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic, process_time

from chaos import progress
from chaos.applicants import Registry, applicants
from chaos.balance import books
from chaos.checker import Checker
from chaos.collecting import LETTERS, announced, collect, parts, raw_document
from chaos.faults import Scene
from chaos.faults.messages import service_queues
from chaos.front import Front, GaveUpError
from chaos.ledger import Ledger
from chaos.load import Load, submit
from chaos.mutants import MUTANTS
from chaos.officers import Officers
from chaos.opening import register
from chaos.plan import Plan, Result
from chaos.points import COMMON, RARE
from chaos.recovery import Recovery
from chaos.schedule import Planned, Schedule, dice_of, drawn
from chaos.settling import heal, settle
from chaos.stage import Stage, raised
from chaos.tap import BrokerAway, Tap
from chaos.waiting import end
from demo.data import Scenario
from dev.packages import Say

_ASKED_AGAIN = 200
"""Submissions that are sent once more at the end, the same key and the same receipt; and events that are said again."""
_LOOKS = 8
"""Times that the latest desks are looked at before the lists are sealed all the same."""
_LATEST = 2
_DECIDED = 0.1
"""Share of the applications that officers decide by hand."""
_LEASE_OVER = timedelta(minutes=30)
"""Longer than a postman keeps a letter, and than the first pauses after a mail that could not be sent."""
_SHOWN = 5
"""Violations whose documents are fetched for the report."""


@dataclass(frozen=True)
class Cast:
    """Who takes part."""

    stage: Stage
    tap: Tap
    front: Front
    officers: Officers
    load: Load
    recovery: Recovery
    ledger: Ledger
    before_tap: frozenset[str]
    """Facts that were announced before the tap listened."""


async def run(plan: Plan, directory: Path, *, say: Say) -> Result:
    """Carry out the plan. The directory is the run's own; its `logs` stay."""
    result = Result(plan, Ledger())
    began = monotonic()

    def tell(what: str) -> None:
        say(f"{monotonic() - began:.0f} s：{what}")

    async with AsyncExitStack() as stack:
        planned = _faults(plan)
        disks = {one.fault.fills for one in planned} - {""}
        stage = await stack.enter_async_context(
            raised(directory, Scenario(), say=say, nodes=plan.nodes, disks=disks, mutant=plan.mutant)
        )
        cast = await _assembled(stack, plan, stage, result.ledger)
        tell(f"开始 / begin, seed {plan.seed}")
        await _under_load(cast, planned, plan, result, say)
        tell(f"{len(result.struck)} 次故障，等待平静 / faults given; healing")
        await _wound_up(cast, plan, result)
        tell("收集并核对 / collecting and checking")
        await _checked(cast, plan, result)
    result.took = monotonic() - began
    return result


async def _assembled(stack: AsyncExitStack, plan: Plan, stage: Stage, ledger: Ledger) -> Cast:
    """The tap listens, chambers are registered, everybody is in their place."""
    scenario, tap = Scenario(), Tap(stage.amqp_url)
    await tap.open()
    before_tap = await announced(stage)
    stack.push_async_callback(end, asyncio.create_task(tap.run()))
    urls = {service: [replica.url for replica in pair] for service, pair in stage.replicas.items()}
    front, registry = Front(urls, stage.issuer), Registry(stage)
    stack.push_async_callback(front.close)
    stack.callback(registry.close)
    chambers = applicants(scenario, plan.wave)
    await register(front, registry, scenario, chambers, ledger)
    officers = Officers(front, ledger, dice_of(plan.seed, "officers"), per_second=_DECIDED * plan.rate)
    load = Load(
        front,
        stage,
        registry=registry,
        scenario=scenario,
        chambers=chambers,
        ledger=ledger,
        dice=dice_of(plan.seed, "load"),
        withdrawn=plan.withdrawn,
    )
    recovery = Recovery(stage)
    stack.push_async_callback(end, asyncio.create_task(recovery.watch()))
    return Cast(stage, tap, front, officers, load, recovery, ledger, before_tap)


async def _under_load(cast: Cast, planned: Sequence[Planned], plan: Plan, result: Result, say: Say) -> None:
    """Applications, decisions and faults, until the time is over and the last fault is undone."""
    stage, ledger = cast.stage, cast.ledger
    scene = result.scene = Scene(stage, cast.tap, ledger, await service_queues(stage))
    schedule = Schedule(planned, seconds=plan.seconds)
    beside = [
        asyncio.create_task(cast.officers.work(cast.load.rounds)),
        asyncio.create_task(progress.tell(stage, ledger, schedule, seconds=plan.seconds, say=say)),
    ]
    cpu = process_time()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(cast.load.run(rate=plan.rate, seconds=plan.seconds))
            group.create_task(schedule.run(scene))
    except* (TimeoutError, GaveUpError) as gone:
        ledger.contradictions += [f"the load could not go on: {why!r}" for why in gone.exceptions]
    finally:
        for task in beside:
            await end(task)
    result.driver_cpu = process_time() - cpu
    result.struck, result.left_out, result.rounds = schedule.struck, schedule.left_out, len(cast.load.rounds)


async def _wound_up(cast: Cast, plan: Plan, result: Result) -> None:
    """Healed and quiet; then one more stretch in which nothing is broken, for what must come out even."""
    stage, tap, ledger = cast.stage, cast.tap, cast.ledger
    await heal(stage)
    result.deaths, result.arrivals = await cast.recovery.finished(), tap.arrivals
    result.quiet = await settle(stage, but=LETTERS)  # a letter whose postman died waits for the clock
    before = await books(stage, tap)
    await _finish(cast)
    await _again(cast, dice_of(plan.seed, "again"))
    result.left = (await settle(stage)).left
    result.balance = (await books(stage, tap)).since(before)
    ledger.unexpected = cast.front.unexpected


async def _finish(cast: Cast) -> None:
    """Mails in transmission when their postman died are taken up again; desks are cleared, every list sealed."""
    for clock in cast.stage.clocks.values():
        clock.turn_by(_LEASE_OVER)
    for _ in range(_LOOKS):
        if not sum([await cast.officers.clear_desks(code) for code in cast.load.rounds[-_LATEST:]]):
            break
        await asyncio.sleep(0.5)
    for code in cast.load.rounds:
        await cast.officers.seal(code)


async def _again(cast: Cast, dice: Random) -> None:
    """The same keys, long after: the same receipts. The same events, long after: no effect."""
    receipts = sorted(cast.ledger.accepted.values())
    for one in dice.sample(receipts, min(_ASKED_AGAIN, len(receipts))):
        if one.revision == 1:
            await submit(cast.front, cast.ledger, one.application, one.subject, revision=1)
    messages = list(cast.tap.recent)[:_ASKED_AGAIN]
    with suppress(*BrokerAway):
        await cast.tap.again(messages)
        cast.ledger.duplicates += len(messages)


async def _checked(cast: Cast, plan: Plan, result: Result) -> None:
    """The evidence, round by round, and the verdict."""
    stage, tap, ledger = cast.stage, cast.tap, cast.ledger
    checking, checker = monotonic(), Checker(ledger)
    async for part in parts(stage, cast.load.rounds):
        checker.look(part)
    evidence = await collect(stage, ledger, tap, cast.before_tap)
    evidence.recomputed = await _computed_again(cast, dice_of(plan.seed, "computed"))
    evidence.balance = result.balance
    result.violations = checker.conclude(evidence)
    result.checking = monotonic() - checking
    result.documents, result.mails = checker.documents, len({mail.id for mail in evidence.mails})
    result.mailed_again = len(evidence.mails) - result.mails
    result.dead, result.events, result.copies = len(evidence.dead), len(tap.heard), tap.copies
    for violation in result.violations[:_SHOWN]:
        for path in violation.documents:
            result.exhibits[path] = await raw_document(stage, path)


async def _computed_again(cast: Cast, dice: Random) -> dict[str, tuple[str, str]]:
    """Digests of some scorecards, as announced and as scoring computes them anew, by application."""
    applications = sorted({one.application for one in cast.ledger.accepted.values()})
    found = {}
    for id_ in dice.sample(applications, min(_ASKED_AGAIN, len(applications))):
        path = f"/scorecards/{id_}/verification"
        response = await cast.front.ask("GET", "scoring", path, cast.front.operator())
        if response.is_success:  # what was withdrawn before it was scored has no scorecard
            body = response.json()
            found[id_] = (body["announced"], body["recomputed"])
    return found


def _faults(plan: Plan) -> list[Planned]:
    """What the seed draws; for a mutant only what brings it to light."""
    mutant = MUTANTS[plan.mutant] if plan.mutant else None
    points = mutant.points if mutant and mutant.points else (*COMMON, *RARE)
    return drawn(plan.seed, kinds=plan.kinds, seconds=plan.seconds, every=plan.every, points=points)
