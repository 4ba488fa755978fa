"""C-DUP-1: the same message once more, and once more."""

from conformance.bench import OPENED, WITHDRAWN, Bench
from conformance.centre import said


async def repeats(bench: Bench) -> None:
    """A scorecard and a withdrawal, each sent three times."""
    world = bench.world
    round_ = await bench.open_round("DUP")
    first, second = world.scored(round_), world.scored(round_)
    card, other = said(first), said(second)
    case, gone = world.case(first), world.case(second)
    await bench.centre.say(card, other)
    await bench.centre.repeat([card])
    if missing := await bench.missing([case, gone]):
        bench.verdicts.need("C-CAS-1", not missing, f"未受理：{missing}", f"did not open: {missing}")
    back = said(world.withdrawn(second))
    await bench.centre.say(back)
    await bench.centre.repeat([back])
    await bench.comes(gone, WITHDRAWN)
    await bench.centre.repeat([card, back])
    bench.at_rest.append(lambda: _nothing_twice(bench, case, [OPENED]))
    bench.at_rest.append(lambda: _nothing_twice(bench, gone, [OPENED, WITHDRAWN]))


def _nothing_twice(bench: Bench, case: str, wanted: list[str]) -> None:
    events = [one.event for one in bench.ledger.about(case)]
    surplus = [event for event in set(events) if events.count(event) > 1]
    surplus += [event for event in events if event not in wanted]
    bench.verdicts.hold(
        "C-DUP-1", not surplus, f"{case}：重发引出了新的 {surplus}", f"{case}: repeats led to further {surplus}"
    )
