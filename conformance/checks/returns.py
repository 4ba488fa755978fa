"""C-RET: sent back for correction, corrected in time or not."""

from datetime import datetime, timedelta

from conformance.bench import DECLINED, NOMINATED, OPENED, RETURNED, Bench
from conformance.checks.officer import rests_on
from conformance.ledger import Heard
from conformance.world import ITEM

_TWICE = 2
"""A case opens, and opens again."""
_ALLOWANCE = timedelta(days=1)
"""How long after its deadline a correction may still be waited for."""


async def corrected(bench: Bench) -> None:
    """One return that is corrected, one application that is only scored again."""
    if not bench.drivable:
        return
    world = bench.world
    round_ = await bench.open_round("RET")
    first, other = world.scored(round_, total="60.00"), world.scored(round_)
    case, waiting = await bench.opens(first, other)
    for one in (case, waiting):
        _is_right(bench, await _returns(bench, one))

    await bench.score(world.again(other, total="81.00", corrected=False))
    bench.once("C-RET-3", waiting, OPENED)

    better = world.again(first, total="77.70", corrected=True)
    await bench.score(better)
    opened = await bench.comes(case, OPENED, times=_TWICE)
    bench.verdicts.need(
        "C-RET-2",
        len(opened) == _TWICE,
        f"{case}：补正后未再次受理",
        f"{case} did not open again when corrected",
    )
    await bench.passes(case, clause="C-RET-2")
    await bench.seals(round_, clause="C-RET-2")
    nominated = await bench.comes(case, NOMINATED)
    bench.verdicts.need("C-RET-2", nominated, f"{case} 没有 {NOMINATED}", f"no {NOMINATED} for {case}")
    rests_on(bench, "C-RET-2", nominated[0], better)


async def overdue(bench: Bench) -> None:
    """A return whose deadline passes. Turns the clock, so nothing else may be at work."""
    if not bench.drivable:
        return
    round_ = await bench.open_round("DUE")
    [case] = await bench.opens(bench.world.scored(round_))
    returned = await _returns(bench, case)
    deadline = _instant(returned.data.get("deadline"))
    if deadline is None:
        return
    answer = await bench.driving.turned(deadline + _ALLOWANCE)
    if answer == "impossible":
        bench.verdicts.missing = {*bench.verdicts.missing, "clock"}
        return
    bench.done("C-RET-4", answer, "clock")
    codes = [one.data.get("code") for one in await bench.comes(case, DECLINED)]
    bench.verdicts.hold(
        "C-RET-4",
        codes == ["overdue"],
        f"{case}：逾期后 {DECLINED} 的 code 为 {codes}",
        f"{case}: after the deadline codes of {DECLINED}: {codes}",
    )
    bench.once("C-RET-4", case, DECLINED)


async def _returns(bench: Bench, case: str) -> Heard:
    bench.done("C-RET-1", await bench.driving.returned(case, [ITEM]), "return")
    returned = await bench.comes(case, RETURNED)
    bench.verdicts.need("C-RET-1", returned, f"{case} 没有 {RETURNED}", f"no {RETURNED} for {case}")
    bench.once("C-RET-1", case, RETURNED)
    return returned[0]


def _is_right(bench: Bench, returned: Heard) -> None:
    items = [item.get("item") for item in returned.data.get("items", [])]
    deadline, at = _instant(returned.data.get("deadline")), _instant(returned.headers.get("ce-time"))
    bench.verdicts.hold(
        "C-RET-1",
        items == [ITEM] and deadline and (at is None or deadline > at),
        f"{returned.about}：指标 {items}，期限 {deadline}，消息时间 {at}",
        f"{returned.about}: items {items}, deadline {deadline}, time of the message {at}",
    )


def _instant(written: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return instant if instant.tzinfo else None
