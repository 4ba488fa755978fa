"""C-RST, C-DUP-2, C-LOA: stopped in mid-flight, spoken to while it is off, started into a flood."""

from conformance.bench import NOMINATED, OPENED, Bench, shown
from conformance.hands import Hands
from shared.contracts import text

_STEPS = 10
"""So often the progress of a flood is told."""


async def outage(bench: Bench) -> None:
    """The whole interruption; without a way to stop it, the flood alone."""
    if bench.hands is None:
        await flood(bench)
        return
    world, hands = bench.world, bench.hands
    round_ = await bench.open_round("RST", quota=5)
    [decided] = await bench.opens(world.scored(round_))
    if bench.drivable:
        await bench.passes(decided, clause="C-RST-3")
    await bench.rest()
    before = {subject: bench.ledger.about(subject) for subject in {one.about for one in bench.ledger.facts()}}
    earlier = list(bench.centre.told)

    burst = await _cut_off(bench, hands, round_)
    await bench.centre.repeat(earlier)
    [late] = await bench.score(world.scored(await bench.open_round("OFF-LINE")))
    await flood(bench, hands)

    hold = bench.verdicts.hold
    lost = await bench.missing(burst)
    hold("C-RST-1", not lost, f"{len(lost)} 件丢失：{shown(lost)}", f"{len(lost)} were lost: {shown(lost)}")
    _each_once(bench, "C-RST-1", burst)
    hold("C-RST-2", not await bench.missing([late]), f"{late} 未受理", f"{late} did not open")
    if bench.drivable:
        await bench.seals(round_, clause="C-RST-3")
        nominated = await bench.comes(decided, NOMINATED)
        hold("C-RST-3", nominated, f"{decided} 没有 {NOMINATED}", f"no {NOMINATED} for {decided}")
    later = (decided, f"{round_}@{world.area}")
    bench.at_rest.append(lambda: _no_further(bench, {s: len(f) for s, f in before.items() if s not in later}))


async def _cut_off(bench: Bench, hands: Hands, round_: str) -> list[str]:
    """A burst, and the stop at the first case of it; answers all its cases."""
    bench.say(
        text(f"发布 {bench.burst} 份评分，途中停止", f"publishing {bench.burst} scorecards, to stop in mid-flight")
    )
    burst = await bench.score(*(bench.world.scored(round_) for _ in range(bench.burst)))
    await bench.ledger.until(lambda: any(bench.ledger.about(case, OPENED) for case in burst))
    await hands.stop()
    bench.ledger.stir()
    return burst


async def flood(bench: Bench, hands: Hands | None = None) -> None:
    """Scorecards pile up; then it is started, if it was stopped, and works them off."""
    round_ = await bench.open_round("LOA")
    bench.say(text(f"积压 {bench.flood} 份评分", f"piling up {bench.flood} scorecards"))
    cases = await bench.score(*(bench.world.scored(round_) for _ in range(bench.flood)))
    if hands is not None:
        bench.say(text("启动", "starting"))
        await hands.start()
        bench.ledger.stir()
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if done * _STEPS // len(cases) > told:
            told = done * _STEPS // len(cases)
            bench.say(text(f"已受理 {done}/{len(cases)}", f"{done} of {len(cases)} opened"))

    lost = await bench.missing(cases, told=tell)
    bench.verdicts.hold(
        "C-LOA-1", not lost, f"{len(lost)} 件未受理：{shown(lost)}", f"{len(lost)} did not open: {shown(lost)}"
    )
    _each_once(bench, "C-LOA-1", cases)


def _each_once(bench: Bench, clause: str, cases: list[str]) -> None:
    def look() -> None:
        more = [case for case in cases if len(bench.ledger.about(case, OPENED)) > 1]
        bench.verdicts.hold(
            clause, not more, f"{len(more)} 件受理多次：{shown(more)}", f"{len(more)} opened twice: {shown(more)}"
        )

    bench.at_rest.append(look)


def _no_further(bench: Bench, before: dict[str, int]) -> None:
    """What was sent again while it was off has led to nothing."""
    more = [subject for subject, facts in before.items() if len(bench.ledger.about(subject)) > facts]
    bench.verdicts.hold(
        "C-DUP-2",
        before and not more,
        f"重启后的重复引出了新的事实：{shown(more)}",
        f"repeats after the restart led to new facts about {shown(more)}",
    )
