"""C-ORD: older scorecards after newer ones, scorecards before their round."""

import asyncio

from conformance.bench import NOMINATED, Bench
from conformance.centre import said
from conformance.checks.officer import rests_on


async def newest_counts(bench: Bench) -> None:
    """Sequence 2 comes before sequence 1; what is nominated is 2."""
    if not bench.drivable:
        return
    world = bench.world
    round_ = await bench.open_round("ORD")
    older = world.scored(round_, total="55.00")
    newer = world.again(older, total="88.00", corrected=False)
    [case] = await bench.opens(newer)
    await bench.score(older)
    await bench.opens(world.scored(round_))  # what comes after it has opened: it was handled
    await bench.passes(case, clause="C-ORD-1")
    await bench.seals(round_, clause="C-ORD-1")
    nominated = await bench.comes(case, NOMINATED)
    bench.verdicts.need("C-ORD-1", nominated, f"{case} 没有 {NOMINATED}", f"no {NOMINATED} for {case}")
    rests_on(bench, "C-ORD-1", nominated[0], newer)


async def before_its_round(bench: Bench) -> None:
    """The scorecard comes first."""
    world = bench.world
    there = await bench.open_round("NOW")
    to_come = world.round("LATE")
    early = world.scored(to_come.round.code)
    await bench.score(early)
    await bench.opens(world.scored(there))
    await asyncio.sleep(bench.settle)
    await bench.centre.say(said(to_come))
    case = world.case(early)
    bench.verdicts.hold(
        "C-ORD-2",
        not await bench.missing([case]),
        f"{case}：周期到达后未受理",
        f"{case} did not open once its round had come",
    )
