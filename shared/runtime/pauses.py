"""Which facts wait because the broker refuses them: one pause per flow, probed with one fact, opened step by step.

    flows ──refused──→ paused ──pause over──→ one fact ──accepted──→ two, four, … ──nothing left──→ flows
                          ↑                       │                        │
                          └──── longer pause ─────┴─────── refused ────────┘

A queue that is full refuses what it is bound to, while other queues bound to the same key take it, again at every try.
So what is refused is not tried again with everything that waits: for every fact that passes at most one is refused, and
one more for every pause. Pure: the caller tells the time, in seconds of any clock that only goes forward.
"""

from dataclasses import dataclass
from typing import NamedTuple

FIRST, LAST = "", "\uffff"
"""Before and behind all routing keys."""


class Between(NamedTuple):
    """A stretch of routing keys, in their order as text: from `start` up to, and without, `end`."""

    start: str
    end: str


EVERYTHING = Between(FIRST, LAST)
"""All routing keys."""


class Flow(NamedTuple):
    """One event in one province, whose queues are bound to no less: what is refused, paused and measured together."""

    event: str
    """Wire name."""
    area: str
    """The province, or `CN`."""

    @property
    def keys(self) -> Between:
        """Its routing keys: `application.scored.v1.35` and everything below."""
        key = f"{self.event}.{self.area}"
        return Between(key, key + "/")  # in ASCII the next character after the dot


def flow_of(event: str, routing_key: str) -> Flow:
    """The flow of a fact: `application.scored.v1`, `application.scored.v1.35.02` → that event in `35`."""
    return Flow(event, routing_key.removeprefix(f"{event}.").partition(".")[0])


@dataclass
class _Pause:
    since: float
    length: float
    until: float
    window: int = 1


class Pauses:
    """The flows that are refused now."""

    def __init__(self, *, first: float, longest: float, widest: int) -> None:
        """Pauses of `first` to `longest` seconds; `widest` facts of a flow are tried together at the most."""
        self._first = first
        self._longest = longest
        self._widest = widest
        self._pauses: dict[Flow, _Pause] = {}

    def __contains__(self, flow: object) -> bool:
        return flow in self._pauses

    def refuse(self, flow: Flow, now: float) -> bool:
        """The broker refused a fact of this flow: pause it, or pause it longer; answers whether it flowed before."""
        pause = self._pauses.get(flow)
        if pause is None:
            self._pauses[flow] = _Pause(now, self._first, now + self._first)
            return True
        if now >= pause.until:  # what was on its way when the pause began makes it no longer
            pause.length = min(pause.length * 2, self._longest) if pause.window == 1 else self._first
            pause.until = now + pause.length
            pause.window = 1
        return False

    def widen(self, flow: Flow) -> None:
        """All that was tried has passed: twice as many may follow."""
        pause = self._pauses[flow]
        pause.window = min(pause.window * 2, self._widest)

    def lift(self, flow: Flow, now: float) -> float:
        """Nothing of this flow waits any more: it flows again; answers for how long it was paused."""
        return now - self._pauses.pop(flow).since

    def window(self, flow: Flow) -> int:
        """How many of this flow may be tried together now."""
        return self._pauses[flow].window

    def due(self, now: float) -> list[Flow]:
        """Flows whose pause is over: to be probed."""
        return [flow for flow, pause in self._pauses.items() if pause.until <= now]

    def ages(self, now: float) -> dict[Flow, float]:
        """For how long each has been refused, in seconds."""
        return {flow: now - pause.since for flow, pause in self._pauses.items()}

    def free_from(self, start: str) -> Between | None:
        """The first stretch of routing keys from `start` on in which nothing is paused; None if there is no more."""
        for flow in sorted(self._pauses):
            begin, end = flow.keys
            if begin > start:
                return Between(start, begin)
            start = max(start, end)
        return Between(start, LAST) if start < LAST else None
