"""One whole round, from the register of chambers to the honours: the table of contents of the demo."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from demo import account, afterwards, chambers, experts, finale, officers, opening
from demo.account import Account
from demo.api import PlatformError, first
from demo.data import Scenario
from demo.play import Play
from demo.show import Show
from demo.stand import SERVICES, standing
from dev.backends import Backends
from dev.processes import ProcessFailedError


@asynccontextmanager
async def prepared(backends: Backends, directory: Path, scenario: Scenario, show: Show) -> AsyncIterator[Play]:
    """The platform, up and empty."""
    async with AsyncExitStack() as stack:
        with show.step("启动五个服务进程", "start five service processes", len(SERVICES)) as tally:
            stand = await stack.enter_async_context(standing(backends, directory, scenario, signed=True))
            tally.done(len(SERVICES))
        yield Play(scenario, stand, show)


async def run(play: Play) -> Account:
    """The round, with an eye on the processes and on the dead letters.

    Raises:
        StalledError: something that must happen did not, or a message was put aside.
        RefusedError: the platform refused what it must accept.
        ProcessFailedError: a service ended on the way.
    """
    try:
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(play.stand.processes.watch()), group.create_task(account.watch(play))]
            found = await _play(play)
            for watcher in watchers:
                watcher.cancel()
    except BaseExceptionGroup as failures:
        raise first(failures, PlatformError, ProcessFailedError) from None
    return found


async def _play(play: Play) -> Account:
    await opening.bring_chambers(play)
    await opening.record_last_round(play)
    await opening.appoint_experts(play)
    await opening.register_people(play)
    opening.refuse_mails(play)
    await opening.open_round(play)

    await chambers.apply(play)
    play.turn_to("review")
    await chambers.hand_in_late(play)

    await officers.take_up(play)
    await officers.first_review(play)
    await officers.second_look(play)
    await officers.visit(play)
    await officers.seal(play)

    play.turn_to("panel")
    await experts.draw(play)
    await experts.assign(play)
    await experts.mark(play)
    await experts.vote(play)

    play.turn_to("notice")
    await finale.leaders_meet(play)
    await finale.check_gates(play, "public_notice")
    await finale.public_notice(play)
    play.turn_to("announcement")
    await finale.check_gates(play, "announcement")
    await finale.announce(play)
    await afterwards.improve(play)

    with play.show.step("核对每一件申报", "account for every application", 1) as tally:
        found = await account.settle(play)
        tally.done()
    await afterwards.check(play)
    return found
