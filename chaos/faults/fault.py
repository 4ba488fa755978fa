"""What a fault is: a dose, after which something is wrong, and an undo, after which it is whole again."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from chaos.ledger import Ledger
from chaos.replica import Replica
from chaos.stage import FUJIAN, Stage
from chaos.tap import Tap


@dataclass
class Scene:
    """What faults work on, and what they note."""

    stage: Stage
    tap: Tap
    ledger: Ledger
    queues: Sequence[str]
    """The queues in which services hear events."""
    broker_back: list[float] = field(default_factory=list)
    """Seconds from the broker's return until every replica consumed again."""
    store_back: list[float] = field(default_factory=list)
    """Seconds from the store's return until every replica was ready again."""
    stop_in_time: list[bool] = field(default_factory=list)
    """Of every SIGTERM: whether the process ended by itself."""

    def queues_of(self, service: str) -> list[str]:
        """Those of one service."""
        return [queue for queue in self.queues if service_of(queue) == service]

    def any_replica(self, dice: Random) -> Replica:
        """One of all."""
        return dice.choice(list(self.stage.all()))


class Fault(ABC):
    """One kind of fault, drawn for one moment."""

    kind: ClassVar[str]
    """`F1` to `F20`, with a word more where there are several of a number: `F3-leader`."""
    title: ClassVar[str]
    """In a few words."""
    shakes: str = ""
    """What it holds alone while it lasts: `broker`, `store`, `clock`, `update`; two of one sort never come together."""

    fills: ClassVar[str] = ""
    """Whose disk it fills up, `broker` or `store`, which then needs one of its own."""

    def __init__(self, dice: Random) -> None:
        """Draw whatever is random about it now, so that a seed gives the same fault whenever it strikes."""
        self.dice = dice
        self.reached = True
        """Whether it took effect; a point may not be come to."""

    @classmethod
    async def lacks(cls, nodes: int) -> str:
        """Why it cannot be given here, to a broker and a store of so many nodes, in two languages; empty if it can."""
        del nodes
        return ""

    @abstractmethod
    async def dose(self, scene: Scene) -> None:
        """Break it; returns when the time of being broken is over."""

    async def undo(self, scene: Scene) -> None:
        """Mend it; must succeed whatever came before. What passes by itself needs nothing."""
        del scene

    def __str__(self) -> str:
        return f"{self.kind} {self.title}"


def service_of(queue: str) -> str:
    """The service whose queue it is, as the stage names it."""
    service = queue.partition(".")[0]
    return FUJIAN if service == "review" and queue.endswith(".35") else service


def pick(dice: Random, replicas: Sequence[Replica], share: float) -> list[Replica]:
    """A random part of these, at least one."""
    return dice.sample(list(replicas), max(1, round(len(replicas) * share)))
