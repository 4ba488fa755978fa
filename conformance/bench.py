"""What every check has at hand: the centre's voice, the ledger, the driver, the hands, and the verdicts."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from conformance.centre import Centre, said
from conformance.driver import Answer, Driver
from conformance.hands import Hands
from conformance.ledger import Heard, Ledger
from conformance.verdicts import Verdicts
from conformance.world import World
from shared.contracts import (
    ApplicationScored,
    CaseDeclined,
    CaseNominated,
    CaseOpened,
    CaseReturned,
    CaseWithdrawn,
    ShortlistSealed,
    Text,
)

OPENED, RETURNED, DECLINED = CaseOpened.wire(), CaseReturned.wire(), CaseDeclined.wire()
NOMINATED, WITHDRAWN, SEALED = CaseNominated.wire(), CaseWithdrawn.wire(), ShortlistSealed.wire()
Say = Callable[[Text], None]


@dataclass
class Bench:
    """One run's tools."""

    world: World
    centre: Centre
    ledger: Ledger
    verdicts: Verdicts
    driver: Driver | None
    hands: Hands | None
    say: Say
    settle: float
    """Seconds of silence before what must not come is taken as not come."""
    burst: int
    """Scorecards in the burst that is cut off."""
    flood: int
    """Scorecards that pile up."""
    at_rest: list[Callable[[], object]] = field(default_factory=list)
    """Looks that are taken as soon as all is quiet."""

    async def rest(self) -> None:
        """Wait until all is quiet, and take the looks that waited for it."""
        await self.ledger.silence(self.settle)
        while self.at_rest:
            self.at_rest.pop()()

    async def open_round(self, name: str, *, quota: int = 5) -> str:
        """A round of the centre; answers its code."""
        event = self.world.round(name, quota=quota)
        await self.centre.say(said(event))
        return event.round.code

    async def score(self, *cards: ApplicationScored) -> list[str]:
        """Announce scorecards; answers the ids of their cases."""
        await self.centre.say(*(said(card) for card in cards))
        return [self.world.case(card) for card in cards]

    async def comes(self, subject: str, event: str, *, times: int = 1) -> list[Heard]:
        """The facts of this kind about it, once there are so many; fewer if they do not come."""
        await self.ledger.until(lambda: len(self.ledger.about(subject, event)) >= times)
        return self.ledger.about(subject, event)

    async def opens(self, *cards: ApplicationScored, clause: str = "C-CAS-1") -> list[str]:
        """Announce scorecards and wait for their cases.

        Raises:
            Broken: one does not come; `clause` has failed.
        """
        cases = await self.score(*cards)
        missing = await self.missing(cases)
        self.verdicts.need(
            clause, not missing, f"未受理：{shown(missing)}", f"{len(missing)} did not open: {shown(missing)}"
        )
        return cases

    async def missing(self, cases: Sequence[str], *, told: Callable[[int], object] | None = None) -> list[str]:
        """Wait for these cases to open; answers those that do not. `told` is given the number of those that have."""
        left = deque(cases)

        def all_there() -> bool:
            while left and self.ledger.about(left[0], OPENED):
                left.popleft()
            if told is not None:
                told(len(cases) - len(left))
            return not left

        await self.ledger.until(all_there)
        return [case for case in left if not self.ledger.about(case, OPENED)]

    async def passes(self, *cases: str, clause: str) -> None:
        """Have an officer pass them.

        Raises:
            Broken: the driver does not do it.
        """
        for case in cases:
            self.done(clause, await self.driving.passed(case), "pass")

    async def seals(self, round_: str, *, clause: str) -> Heard:
        """Have the list of a round sealed; answers the fact.

        Raises:
            Broken: the driver does not do it, or the fact does not come.
        """
        self.done(clause, await self.driving.sealed(round_, self.world.area), "seal")
        sealed = await self.comes(f"{round_}@{self.world.area}", SEALED)
        self.verdicts.need(clause, sealed, f"{round_} 没有 {SEALED}", f"no {SEALED} for {round_}")
        return sealed[0]

    def done(self, clause: str, answer: Answer, what: str) -> None:
        """A clause cannot hold if the driver did not do what it rests on.

        Raises:
            Broken: it did not.
        """
        self.verdicts.need(
            clause, answer == "done", f"驱动程序对 {what} 回答：{answer}", f"the driver answered {answer} to {what}"
        )

    def once(self, clause: str, subject: str, event: str, *, times: int = 1) -> None:
        """When all is quiet there must be exactly so many facts of this kind about it."""

        def look() -> None:
            found = len(self.ledger.about(subject, event))
            self.verdicts.hold(
                clause,
                found == times,
                f"{subject}：{event} 应为 {times} 次，见到 {found} 次",
                f"{subject}: {event} should come {times} times, came {found} times",
            )

        self.at_rest.append(look)

    @property
    def driving(self) -> Driver:
        """The driver, where a check has made sure that there is one."""
        if self.driver is None:
            raise RuntimeError("no driver")
        return self.driver

    @property
    def drivable(self) -> bool:
        """Whether officers can be made to decide."""
        return self.driver is not None


def shown(names: Collection[str]) -> str:
    """The first few names."""
    some = "、".join(list(names)[:3])
    return f"{some} …" if len(names) > 3 else some  # noqa: PLR2004 - the first few


def same(ours: Any, theirs: Any) -> bool:
    """Whether two JSON values say the same; an empty field may be left out."""
    return bool(_bare(ours) == _bare(theirs))


def points(value: Any) -> Decimal | None:
    """A decimal as it travels, as a number; None for anything else."""
    try:
        return Decimal(value) if isinstance(value, str) else None
    except ArithmeticError:
        return None


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(inner) for key, inner in value.items() if inner is not None}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value
