"""The toy served over HTTP, as it is (`old`) and in its next version (`new`): what an update in steps is tried on.

`python -m tests.support.rolling_toy old`. The next version's contract has one optional field more, and its documents
have a field that the old version has never heard of.
"""

import sys
from datetime import datetime

from fastapi import FastAPI

from shared.contracts.text import text
from shared.kernel.change import Change
from shared.runtime.handlers import HandlerTable
from shared.runtime.kinds import Kind
from shared.runtime.server import serve
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from tests.support import toy
from tests.support.toy_service import make_service


class Ping(toy.Ping):
    """May say who sent it."""

    sender: str = ""


class Pong(toy.Pong):
    """Says that the next version raised the counter."""

    by_next: bool = False


class Counter(toy.Counter):
    """Also counts what the next version has done to it."""

    by_next: int = 0


def add(state: Counter | None, message: Ping, now: datetime) -> Change[Counter]:
    """As before, and count."""
    del now
    before = state or Counter()
    after = before.but(total=before.total + message.by, by_next=before.by_next + 1)
    return Change(after, (Pong(area="35", counter=message.counter, total=after.total, by_next=True),))


COUNTERS = Kind("counters", Counter)


def make_next(settings: Settings) -> Service:
    """The same queues and collections as `toy_service`."""
    service = Service("toy", settings, [COUNTERS, toy.ECHOES])
    table = HandlerTable("toy")
    table.on(Ping, COUNTERS, key=lambda event: event.counter, decide=add)
    table.on(Pong, toy.ECHOES, key=lambda event: event.counter, decide=toy.echo)
    service.listen(table)
    return service


def create_app(service: Service) -> FastAPI:
    """Nothing but health and metrics."""
    return service.http(title=text("玩具", "toy"), description=text("玩具", "toy"), routers=[])


if __name__ == "__main__":
    settings = Settings()
    serve(create_app({"old": make_service, "new": make_next}[sys.argv[1]](settings)), settings)
