"""Where a run is: one line every few seconds."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from pymongo.errors import PyMongoError

from chaos.collecting import unsent
from chaos.ledger import Ledger
from chaos.schedule import Schedule
from chaos.stage import Stage
from dev.packages import Say

_EVERY = 10.0


async def tell(
    stage: Stage, ledger: Ledger, schedule: Schedule, *, seconds: float, say: Say, now: Callable[[], float] = monotonic
) -> None:
    """For ever: elapsed, accepted, faults, deaths, outboxes, and when the load of `seconds` will be over."""
    began = now()
    over = datetime.now().astimezone() + timedelta(seconds=seconds)
    while True:
        await asyncio.sleep(_EVERY)
        try:
            async with asyncio.timeout(_EVERY):
                waiting = str(await unsent(stage))
        except (PyMongoError, TimeoutError):
            waiting = "–"
        passed = now() - began
        deaths = sum(len(replica.deaths) for replica in stage.all())
        accepted, given = len(ledger.accepted), len(schedule.struck)
        about = " ".join(sorted(fault.kind for fault in schedule.about)) or "–"
        say(
            f"{passed:4.0f} s  受理 {accepted}（{accepted / passed:.0f}/s）  故障 {given}（正在：{about}）  "
            f"进程死亡 {deaths}  待发 {waiting}  预计 {over:%H:%M:%S} 止 / "
            f"accepted {accepted}, faults {given} (now {about}), deaths {deaths}, unsent {waiting}, "
            f"until {over:%H:%M:%S}"
        )
