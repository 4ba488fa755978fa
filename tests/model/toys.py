"""Three toy services in a row, so small that their outcome can be added up by hand.

front  Place (command) ──→ Ping ──→ middle  counter adds ──→ Pong ──→ back, front   remember the totals
                                    middle  Add (command), a deadline rings once
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from pydantic import BaseModel

from shared.kernel.actor import Actor
from shared.kernel.change import Change
from shared.kernel.state import State
from shared.runtime.handlers import HandlerTable
from shared.runtime.kinds import Kind
from shared.runtime.mongo import Database
from tests.model.broker import Sent
from tests.model.machine import PICKS, Machine, Tally
from tests.model.process import Deployed
from tests.model.world import Request, World
from tests.support.toy import COUNTERS, ECHOES, Add, Ping, Pong, add, echo

BEGINS = datetime(2020, 10, 1, 8, tzinfo=UTC)
PERSON = Actor(id="person", role="operator")
REFUSED, WAITS, BUG, NOTHING = 13, 7, 99, 0
"""What `toy.add` makes of these amounts."""
AMOUNTS = st.sampled_from((1, 2, 5, 1, 2, 5, WAITS, REFUSED, BUG, NOTHING))


class Orders(State):
    """What was ordered under one key."""

    placed: tuple[int, ...] = ()


class Place(BaseModel):
    """The command: have this counter raised."""

    counter: str
    by: int


def place(state: Orders | None, command: Place, now: datetime) -> Change[Orders]:
    """Every placing counts."""
    del now
    before = state or Orders()
    ping = Ping(area="35", counter=command.counter, by=command.by)
    return Change(before.but(placed=(*before.placed, command.by)), (ping,))


ORDERS = Kind("orders", Orders)


def _front(_: Database) -> HandlerTable:
    table = HandlerTable("front")
    table.on(Pong, ECHOES, key=lambda event: event.counter, decide=echo)
    return table


def _middle(_: Database) -> HandlerTable:
    table = HandlerTable("middle")
    table.on(Ping, COUNTERS, key=lambda event: event.counter, decide=add)
    return table


def _back(_: Database) -> HandlerTable:
    table = HandlerTable("back")
    table.on(Pong, ECHOES, key=lambda event: event.counter, decide=echo)
    return table


class Toys(Machine):
    """The weather over the toy services."""

    services = (
        Deployed("front", (ORDERS, ECHOES), _front, may_go_unheard=("toy.pong.v1",)),
        Deployed("middle", (COUNTERS,), _middle, may_go_unheard=("toy.pong.v1",)),
        Deployed("back", (ECHOES,), _back, may_go_unheard=("toy.pong.v1",)),
    )
    begins = BEGINS
    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    @initialize(seed=st.integers(0, 999), middle=st.booleans(), amounts=st.lists(AMOUNTS, min_size=1, max_size=3))
    def begin(self, *, seed: int, middle: bool, amounts: list[int]) -> None:
        """Without the middle, pings have nowhere to go until it is started for the first time."""
        self.world.dice.seed(seed)
        for name in self.world.names:
            if middle or not name.startswith("middle"):
                self.world.start(name)
        for position, by in enumerate(amounts):
            self.place("x", "a", by, position)

    @rule(order=st.sampled_from("xy"), counter=st.sampled_from("abc"), by=AMOUNTS, replica=PICKS)
    def place(self, order: str, counter: str, by: int, replica: int) -> None:
        """A client places an order."""
        self._ask(Request("front", ORDERS, order, Place(counter=counter, by=by), place, "place", PERSON, ""), replica)

    @rule(counter=st.sampled_from("ab"), by=st.sampled_from((1, 3)), days=st.sampled_from((None, 0, 1)), replica=PICKS)
    def add(self, counter: str, by: int, days: int | None, replica: int) -> None:
        """A client raises a counter directly, and perhaps has it ring at once or tomorrow."""
        command = Add(by=by, rings_at=None if days is None else self.world.now() + timedelta(days=days))
        self._ask(Request("middle", COUNTERS, counter, command, add, "add", PERSON, ""), replica)

    def _ask(self, request: Request, replica: int) -> None:
        self.asked += 1
        self.ask(replace(request, idempotency_key=f"request-{self.asked}"), replica)

    # --- in the end ------------------------------------------------------------------------------------------------

    def close_books(self, world: World) -> None:
        """Every deadline passes."""
        world.turned += timedelta(days=100)
        world.loop.advance(10)
        world.quiet()

    def should_be_parked(self, queue: str, sent: Sent) -> str | None:
        """13 is refused, 99 is a bug, 7 waits in vain for a counter that nobody makes."""
        if queue != "middle.toy.ping.v1":
            return None
        ping = Ping.model_validate_json(sent.body)
        if ping.by == WAITS:
            return None if ping.counter in self.world.shelves["middle"].get("counters", {}) else "waited-too-long"
        return {REFUSED: "refused", BUG: "handler-failed"}.get(ping.by)

    def ends_well(self) -> None:
        """Every counter is the sum of what was ordered, and everybody has heard of every sum once."""
        sums: dict[str, list[int]] = {}
        adds = 0
        for call in self.accepted():
            command = call.request.command
            if isinstance(command, Place):
                sums.setdefault(command.counter, []).append(command.by)
            elif isinstance(command, Add):
                sums.setdefault(call.request.key, []).append(command.by)
                adds += 1
        counters = self.world.shelves["middle"].get("counters", {})
        for key, amounts in sums.items():
            counted = [by for by in amounts if by not in (REFUSED, BUG, NOTHING) and (by != WAITS or key in counters)]
            assert sum(counted) == (counters[key]["state"]["total"] if key in counters else 0), key
        for key, counter in counters.items():
            rings = [entry for entry in counter["history"] if entry["what"] == "due"]
            assert len(rings) == counter["state"]["rang"] == (counter["state"]["rings_at"] is not None), key
        said = sorted(
            Pong.model_validate_json(sent.body).total
            for sent in self.world.broker.accepted.values()
            if sent.routing_key.startswith(Pong.wire())
        )
        for service in ("front", "back"):
            echoes = self.world.shelves[service].get("echoes", {})
            assert sorted(t for echo in echoes.values() for t in echo["state"]["totals"]) == said, service

    def outcome(self, world: World) -> Any:
        """The totals of the counters; how often each was heard of."""
        counters = world.shelves["middle"].get("counters", {})
        return {
            "totals": {key: counter["state"]["total"] for key, counter in counters.items()},
            "heard": {
                (service, key): len(echo["state"]["totals"])
                for service in ("front", "back")
                for key, echo in world.shelves[service].get("echoes", {}).items()
            },
        }
