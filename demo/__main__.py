"""`python -m demo`: one whole round on a real RabbitMQ and MongoDB; `--once` ends after the summary."""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

from demo import summary, tokens
from demo.api import PlatformError
from demo.data import Scenario
from demo.given import given
from demo.play import Play
from demo.round import prepared, run
from demo.show import Show
from dev.backends import BackendMissingError, open_backends
from dev.containers import ContainerFailedError
from dev.packages import InstallFailedError
from dev.processes import ProcessFailedError, interruptible
from dev.runs import run_directory


async def main(*, once: bool) -> int:
    """Play the round; 0 if every application is accounted for."""
    show = Show()
    async with AsyncExitStack() as stack:
        interruption = stack.enter_context(interruptible())
        directory = stack.enter_context(run_directory("demo"))
        backends = await stack.enter_async_context(open_backends(directory, say=show.say))
        started = monotonic()
        play = await stack.enter_async_context(prepared(backends, directory, Scenario(), show))
        account = await run(play)
        summary.tell(play, account)
        summary.tell_times(play, monotonic() - started)
        if not once:
            summary.tell_addresses(play, tokens.write(play, directory / "tokens.sh"))
            show.say("\nCtrl-C 结束 / to stop")
            interruption.expected = not account.wrong
            await play.stand.processes.watch()
        return 1 if account.wrong else 0


async def on_given(clock_folder: Path) -> int:
    """Play the round on a platform that is there already; 0 if every application is accounted for."""
    show, scenario = Show(), Scenario()
    async with given(clock_folder, scenario) as stand:
        started = monotonic()
        play = Play(scenario, stand, show)
        account = await run(play)
        summary.tell(play, account)
        summary.tell_times(play, monotonic() - started)
    return 1 if account.wrong else 0


def cli() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="演示一轮完整认定 / show one whole round")
    parser.add_argument("--once", action="store_true", help="总结之后即结束 / end after the summary")
    parser.add_argument(
        "--given",
        type=Path,
        metavar="FOLDER",
        help="用已在运行的平台，其时钟文件在此 / on a platform that runs already, with its clock file in here",
    )
    arguments = parser.parse_args()
    try:
        return asyncio.run(on_given(arguments.given) if arguments.given else main(once=arguments.once))
    except (BackendMissingError, ContainerFailedError, InstallFailedError, ProcessFailedError, PlatformError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(cli())
