"""What a run shall do, and what came of it."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.evidence import Raw, Violation
from chaos.faults import ALL, Scene
from chaos.ledger import Ledger
from chaos.recovery import Death
from chaos.schedule import Struck
from chaos.settling import Quiet


@dataclass(frozen=True)
class Plan:
    """What a run shall do."""

    seed: int
    seconds: float
    """Length of the load; the whole run is about a minute longer."""
    rate: float = 8.0
    """Applications a second, on the average."""
    every: float = 3.0
    """Seconds between two faults, on the average."""
    wave: int = 150
    """Applications in one round, a fifth of them (300 at most) in a burst."""
    kinds: tuple[str, ...] = tuple(fault.kind for fault in ALL)
    mutant: str | None = None
    withdrawn: float = 0.05
    """Share of applications that are taken back at once."""
    nodes: int = 3
    """Of the broker, and of the store."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Kinds that cannot be given on this machine, and why."""


@dataclass
class Result:
    """What came of it."""

    plan: Plan
    ledger: Ledger
    struck: list[Struck] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    arrivals: Mapping[str, "array[float]"] = field(default_factory=dict)
    """When each service announced something new; monotonic seconds."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Faults for which there was no time, by kind."""
    scene: Scene | None = None
    quiet: Quiet = field(default_factory=Quiet)
    """How it became quiet after the last fault."""
    balance: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Messages announced and accounted for in the last stretch, by service and event."""
    left: dict[str, int] = field(default_factory=dict)
    """What was not settled."""
    documents: int = 0
    mails: int = 0
    mailed_again: int = 0
    """Transmissions of a mail beyond its first."""
    dead: int = 0
    copies: int = 0
    events: int = 0
    rounds: int = 0
    violations: list[Violation] = field(default_factory=list)
    exhibits: dict[str, Raw | None] = field(default_factory=dict)
    """The documents of the first violations."""
    took: float = 0.0
    """Seconds, with starting, settling and checking."""
    checking: float = 0.0
    """Seconds of these for collecting and checking the evidence."""
    driver_cpu: float = 0.0
    """Seconds of processor time that the driver took during the load, wires and mail server included."""
