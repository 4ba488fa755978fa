"""What may happen: the rules of the state machine, for whatever services it is given.

The weather (faults, deaths, restarts, cuts, duplicates, other orders, poison, time) is here; what people do is with the
services (`toys`, `road`). At the end of every story everything is healed and run to quiet, and audited.
"""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar, get_args

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pamqp.commands import Basic

from shared.runtime.commands import Done
from tests.model.audit import Audit
from tests.model.broker import Sent
from tests.model.gates import Fate, Fault, Phase
from tests.model.process import SWEEP_AGE, SWEEP_EVERY, Deployed, Process
from tests.model.world import Call, Request, World

T = TypeVar("T")

PICKS = st.integers(0, 11)
"""Which of those there are, counted round."""
FAULTS = st.builds(
    Fault,
    op=st.sampled_from(("commit", "commit", "publish", "publish", "ack", "read", "clear", "claim", "park")),
    phase=st.sampled_from(get_args(Phase)),
    fate=st.sampled_from(get_args(Fate)),
    skip=st.sampled_from((0, 0, 0, 1, 2)),
)
POISON = [b"{", b"null", b'{"area": 35}', b"\xff\xfe", b"[]" * 2000]


class Tally:
    """What a run of the machine has gone through."""

    def __init__(self) -> None:
        self.stories = self.steps = self.messages = self.applied = 0
        self.faults: dict[str, int] = {}

    def __str__(self) -> str:
        return (
            f"{self.stories} stories, {self.steps} steps, {self.messages} messages, {self.applied} changes, "
            f"{sum(self.faults.values())} faults of {len(self.faults)} kinds"
        )

    def count(self, fault: Fault | str) -> None:
        """Something went wrong."""
        name = fault if isinstance(fault, str) else f"{fault.fate} {fault.phase} {fault.op}"
        self.faults[name] = self.faults.get(name, 0) + 1


class Machine(RuleBasedStateMachine):
    """The weather. A subclass names the services and what people do."""

    services: ClassVar[tuple[Deployed, ...]]
    begins: ClassVar[datetime]
    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.poison: set[str] = set()
        self.world = self.make(replicas=2)
        self.audit = Audit(self.world)

    def make(self, *, replicas: int) -> World:
        """A world of these services, before anything happened."""
        return World(self.services, begins=self.begins, replicas=replicas)

    # --- what a subclass says --------------------------------------------------------------------------------------

    @abstractmethod
    def should_be_parked(self, queue: str, sent: Sent) -> str | None:
        """Why this message cannot be accepted, if so."""

    @abstractmethod
    def outcome(self, world: World) -> Any:
        """What came out in the end, in a form that no order of independent events changes."""

    @abstractmethod
    def ends_well(self) -> None:
        """What must hold of these services in particular, at rest."""

    comparable: bool = True
    """Whether everybody acted on what they would have seen in good weather, too."""

    # --- at every step ---------------------------------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        """Everything that must hold at every moment."""
        self.tally.steps += 1
        self.audit.moment()

    # --- processes -------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.running()) < len(self.world.names))
    @rule(which=PICKS)
    def start(self, which: int) -> None:
        """A process starts, or starts again."""
        self.world.start(pick([name for name in self.world.names if not self.world.running(name)], which))

    @rule(which=PICKS, faults=st.lists(FAULTS, min_size=1, max_size=3))
    def arm(self, which: int, faults: list[Fault]) -> None:
        """Things will go wrong in a process."""
        if running := self.running():
            for fault in faults:
                pick(running, which).gates.arm(fault)

    @precondition(lambda self: any(process.gates.hanging for process in self.running()))
    @rule()
    def release(self) -> None:
        """What hung is answered."""
        for process in self.running():
            self.world.loop.act(process.gates.release)

    # --- messages --------------------------------------------------------------------------------------------------

    @precondition(lambda self: any(self.world.broker.queues.values()))
    @rule(queue=PICKS, consumer=PICKS, count=st.integers(1, 3))
    def deliver(self, queue: int, consumer: int, count: int) -> None:
        """A queue hands a few messages to one of its consumers, and all runs until it rests."""
        waiting = [name for name, messages in sorted(self.world.broker.queues.items()) if messages]
        self._deliver(pick(waiting, queue), consumer, count)
        self.world.loop.settle()

    @precondition(lambda self: any(self.world.broker.queues.values()))
    @rule(consumer=PICKS, hops=st.integers(1, 3), fault=st.none() | FAULTS)
    def flow(self, consumer: int, hops: int, fault: Fault | None) -> None:
        """Every queue hands over all it has, before anybody acts; and so again with what came of it."""
        if fault is not None:
            for process in self.running():
                process.gates.arm(fault)
        for hop in range(hops):
            for name in sorted(self.world.broker.queues):
                self._deliver(name, consumer + hop, 100)
            self.world.loop.settle()

    def _deliver(self, queue: str, consumer: int, count: int) -> None:
        if consumers := self.world.broker.consumers(queue):
            self.tally.messages += self.world.broker.deliver(queue, pick(consumers, consumer), count)

    @rule(what=st.sampled_from(("kill", "cut", "duplicate", "reorder", "spoil")), which=st.integers(0, 99))
    def mischief(self, what: str, which: int) -> None:
        """A process is killed, a consuming connection lost; a message comes again, out of order, or unreadable."""
        broker, running = self.world.broker, self.running()
        if what in ("kill", "cut") and running:
            victim = pick(running, which).name
            self.world.kill(victim) if what == "kill" else self.world.loop.act(lambda: broker.cut(victim))
        elif what == "duplicate" and broker.reached:
            broker.put(*pick(broker.reached, which))
        elif what == "reorder":
            for queue in sorted(broker.queues):
                broker.shuffle(queue, which)
        elif what == "spoil" and (heard := self.heard()):
            properties = Basic.Properties(message_id=f"poison-{len(self.poison)}", delivery_mode=2, headers={})
            self.poison.add(str(properties.message_id))
            broker.put(pick(heard, which), Sent("nowhere", pick(POISON, which), properties))
        self.tally.count(what)

    # --- time ------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((0.3, 2.0, SWEEP_EVERY, SWEEP_AGE + SWEEP_EVERY)))
    def pass_time(self, seconds: float) -> None:
        """Time passes: pauses end, outboxes are swept, deadlines are looked for."""
        self.world.loop.advance(seconds)

    @rule(days=st.sampled_from((1, 5, 30)))
    def turn(self, days: int) -> None:
        """Days pass on the platform's clock."""
        self.world.turned += timedelta(days=days)

    # --- clients ---------------------------------------------------------------------------------------------------

    def ask(self, request: Request, replica: int) -> None:
        """A client sends a request to one of the replicas that run, if any does."""
        if alive := self.world.alive(request.service):
            self.world.send(request, pick(alive, replica))

    @precondition(lambda self: self.world.calls)
    @rule(which=PICKS, replica=PICKS)
    def ask_again(self, which: int, replica: int) -> None:
        """A client sends the same request again, answered or not."""
        call = pick(self.world.calls, which)
        if alive := self.world.alive(call.request.service):
            self.world.ask(call, pick(alive, replica))

    # --- the end ---------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Everything is healed, run to quiet, audited, and compared with the same story in good weather."""
        try:
            self._end()
        finally:
            self.world.close()

    def _end(self) -> None:
        self.tally.stories += 1
        for process in self.world.processes.values():
            for fault in process.gates.struck:
                self.tally.count(fault)
        self.world.heal()
        self.close_books(self.world)
        self.audit.rest(self._parked)
        self.ends_well()
        self.tally.applied += sum(document["version"] for _, document in self.world.documents())
        if self.comparable:
            self._compare()

    def close_books(self, world: World) -> None:
        """What is left to happen when all is quiet, the same in every weather."""

    def _parked(self, queue: str, sent: Sent) -> str | None:
        return "unreadable" if sent.id in self.poison else self.should_be_parked(queue, sent)

    def _compare(self) -> None:
        """The same accepted commands, one after the other, at the same times, and nothing ever goes wrong."""
        fair = self.make(replicas=1)
        try:
            fair.heal()
            for call in self.accepted():
                answer = next(a for a in call.answers() if isinstance(a, Done) and a.entry is not None)
                assert answer.entry is not None
                fair.turned += datetime.fromisoformat(answer.entry.at) - fair.now()
                fair.send(call.request, fair.alive(call.request.service)[0])
                fair.persist()
                fair.quiet(patiently=False)
            fair.quiet()
            self.close_books(fair)
            there, here = Audit(fair).effects(), self.audit.effects()
            for place in there.keys() | here.keys():
                assert there.get(place) == here.get(place), f"{place}: {here.get(place)} instead of {there.get(place)}"
            assert self.outcome(self.world) == self.outcome(fair)
        finally:
            fair.close()

    def accepted(self) -> list[Call]:
        """Requests that changed something, in the order in which they did."""
        changed = {
            id(call): answer.entry.at
            for call in self.world.calls
            for answer in call.answers()
            if isinstance(answer, Done) and answer.entry is not None
        }
        return sorted((call for call in self.world.calls if id(call) in changed), key=lambda call: changed[id(call)])

    # --- helpers ---------------------------------------------------------------------------------------------------

    def running(self) -> list[Process]:
        """Every process that runs."""
        return [process for process in self.world.processes.values() if process.alive]

    def heard(self) -> list[str]:
        """Queues of events, without those of dead letters."""
        return sorted(queue for queue in self.world.broker.queues if not queue.startswith("dead."))


def pick(those: list[T], which: int) -> T:
    """One of those there are."""
    return those[which % len(those)]
