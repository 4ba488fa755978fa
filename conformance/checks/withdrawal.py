"""C-WDR: taken back by the chamber, after its case opened and before."""

from conformance.bench import NOMINATED, WITHDRAWN, Bench
from conformance.centre import said


async def withdrawal(bench: Bench) -> None:
    """One withdrawn after it has been passed, one before its scorecard comes, one that stays."""
    world, verdicts = bench.world, bench.verdicts
    round_ = await bench.open_round("WDR")
    late, early, stays = (world.scored(round_) for _ in range(3))
    gone, kept = await bench.opens(late, stays)
    if bench.drivable:
        await bench.passes(gone, kept, clause="C-WDR-1")

    await bench.centre.say(said(world.withdrawn(early)), said(world.withdrawn(late)))
    if not verdicts.hold(
        "C-WDR-1", await bench.comes(gone, WITHDRAWN), f"{gone} 没有 {WITHDRAWN}", f"no {WITHDRAWN} for {gone}"
    ):
        return
    bench.once("C-WDR-1", gone, WITHDRAWN)
    bench.once("C-WDR-1", gone, NOMINATED, times=0)
    [never] = await bench.score(early)
    bench.at_rest.append(lambda: _was_never(bench, never))
    if bench.drivable:
        sealed = await bench.seals(round_, clause="C-WDR-1")
        listed = [entry.get("case") for entry in sealed.data.get("entries", [])]
        verdicts.hold(
            "C-WDR-1", gone not in listed, f"{gone} 撤回后仍在名单上", f"{gone} is on the list though withdrawn"
        )


def _was_never(bench: Bench, case: str) -> None:
    events = [one.event for one in bench.ledger.about(case)]
    bench.verdicts.hold(
        "C-WDR-2", not events, f"{case} 先已撤回，却宣布了 {events}", f"{case} was withdrawn before, yet {events}"
    )
