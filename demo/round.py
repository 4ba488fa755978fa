"""One whole round, from the register of chambers to the honours: the table of contents of the demo."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from demo import account, chambers, experts, finale, officers, opening
from demo.account import Account
from demo.data import Scenario
from demo.play import Play
from demo.show import Show
from demo.stand import SERVICES, standing
from dev.backends import Backends


@asynccontextmanager
async def prepared(backends: Backends, directory: Path, scenario: Scenario, show: Show) -> AsyncIterator[Play]:
    """The platform, up and empty."""
    async with AsyncExitStack() as stack:
        with show.step("启动五个服务进程", "start five service processes", len(SERVICES)) as tally:
            stand = await stack.enter_async_context(standing(backends, directory, scenario))
            tally.done(len(SERVICES))
        yield Play(scenario, stand, show)


async def run(play: Play) -> Account:
    """The round.

    Raises:
        StalledError: something that must happen did not.
        RefusedError: the platform refused what it must accept.
    """
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
    await officers.seal(play)

    play.turn_to("panel")
    await experts.mark(play)
    await experts.vote(play)

    play.turn_to("notice")
    await finale.public_notice(play)
    play.turn_to("announcement")
    await finale.announce(play)

    with play.show.step("核对每一件申报", "account for every application", 1) as tally:
        found = await account.settle(play)
        tally.done()
    return found
