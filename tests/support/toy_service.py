"""The toy service as a process of its own, which can be told to die at a named point.

`python -m tests.support.toy_service` with the settings of every service in the environment, and
`TOY_DIE_AT=committed` (after the commit, before the publish) or `published` (after it, before the acknowledgement).
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from shared.runtime.handlers import HandlerTable
from shared.runtime.relay import Relay
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.work import Outgoing
from tests.support.toy import COUNTERS, ECHOES, Ping, Pong, add, echo


def make_service(settings: Settings) -> Service:
    """Counters that hear pings and answer with pongs, echoes that hear the pongs."""
    service = Service("toy", settings, [COUNTERS, ECHOES])
    table = HandlerTable("toy")
    table.on(Ping, COUNTERS, key=lambda event: event.counter, decide=add)
    table.on(Pong, ECHOES, key=lambda event: event.counter, decide=echo)
    service.listen(table)
    return service


def die() -> None:
    """As an out-of-memory kill would."""
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(send: Callable[..., Awaitable[None]], point: str) -> Callable[..., Awaitable[None]]:
    """`Relay.send`, with a death before or after it once there is something to send."""

    async def sent(self: Relay, outgoing: list[Outgoing]) -> None:
        if outgoing and point == "committed":
            die()
        await send(self, outgoing)
        if outgoing and point == "published":
            die()

    return sent


async def main() -> None:
    """Run until killed."""
    point = os.environ.get("TOY_DIE_AT", "")
    if point:
        patched: Any = deadly(Relay.send, point)
        Relay.send = patched  # type: ignore[method-assign]
    service = make_service(Settings())
    async with service.running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
