"""The keeper heals a list that was cut off, and closes rounds by the clock; nothing is done twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import pytest

from services.intake.domain.chamber import RegisteredChamber, Registration
from services.intake.domain.lists import AcceptList, ChamberList, accept
from services.intake.domain.round import PlannedRound
from services.intake.keeper import Keeper
from services.intake.store import CHAMBERS, LISTS, ROUNDS, IntakeStore
from shared.contracts import Chamber
from shared.kernel.actor import CLOCK, Actor
from shared.kernel.change import Change, Decider
from shared.kernel.state import State
from shared.runtime.commands import Commands
from shared.runtime.documents import Documents
from shared.runtime.kinds import Kind
from shared.runtime.problems import Unavailable
from shared.runtime.work import Rejected, Work
from tests.support.memory_store import MemoryStore
from tests.unit.intake.given import HASH, NOW, UNTIL, credit_code, open_round

ROWS = tuple(
    Registration(
        chamber=Chamber(
            code=credit_code(body=f"MJB{n:06}"), name=f"虚构商会{n}", type="hometown", level="city", area="3502"
        )
    )
    for n in range(7)
)


class Desk:
    """Commands and reads over a store in memory, with a clock that stands still, and a store that can go away."""

    def __init__(self) -> None:
        self.time = NOW
        self.memory = MemoryStore()
        self.left: int | None = None
        self.lists: list[str] = []
        self.standing_now = 0
        self._documents = Documents(self.memory, self)
        self._causes = count()

    def now(self) -> datetime:
        """The time."""
        return self.time

    async def do(
        self, kind: Kind[Any], key: str, command: Any, decide: Decider[Any, Any], *, what: str, by: Actor
    ) -> None:
        """Have a decider act, as `Commands.do` does; the store goes away after `left` acts."""
        if self.left is not None:
            if self.left == 0:
                raise Unavailable("store")
            self.left -= 1
        cause = f"cause-{next(self._causes)}"
        work = Work(kind=kind, key=key, message=command, decide=decide, what=what, by=by, cause=cause, content=HASH)
        (outcome,) = await self._documents.apply([work])
        assert not isinstance(outcome, Rejected)

    def state(self, kind: Kind[Any], key: str) -> State | None:
        """What a document is now."""
        return self.memory.state(kind, key)

    async def unfinished_lists(self) -> Sequence[tuple[str, ChamberList]]:
        """As the store would find them."""
        found = [(key, cast("ChamberList", self.state(LISTS, key))) for key in self.lists]
        return [(key, chambers) for key, chambers in found if chambers.registered_at is None]

    async def open_rounds(self) -> Sequence[PlannedRound]:
        """As the store would find them."""
        planned = cast("PlannedRound", self.state(ROUNDS, "CN-2020"))
        return [planned] if planned.status == "open" else []

    async def standing(self, round_: str) -> int:
        """How many applications stand in the round."""
        assert round_ == "CN-2020"
        return self.standing_now

    async def accepted(self, key: str, rows: tuple[Registration, ...]) -> ChamberList:
        """A list that was just accepted."""
        self.lists.append(key)
        await self.do(LISTS, key, AcceptList(file=HASH, rows=rows), accept, what="accept-list", by=CLOCK)
        return cast("ChamberList", self.state(LISTS, key))

    def registered(self) -> list[RegisteredChamber]:
        """The chambers of the list that stand in the register."""
        found = [self.state(CHAMBERS, row.chamber.code) for row in ROWS]
        return [cast("RegisteredChamber", state) for state in found if state]


def keeper_of(desk: Desk) -> Keeper:
    return Keeper(cast("IntakeStore", desk), cast("Commands", desk), desk, every=1.0)


@pytest.mark.parametrize("done", range(len(ROWS) + 1))
async def test_a_list_cut_off_anywhere_is_finished(done: int) -> None:
    desk = Desk()
    chambers = await desk.accepted("l1", ROWS)
    desk.left = done
    with pytest.raises(Unavailable):
        await keeper_of(desk).register("l1", chambers)
    assert len(desk.registered()) == done
    desk.left = None
    desk.time += timedelta(minutes=1)
    await keeper_of(desk).finish_lists()
    assert [state.chamber.name for state in desk.registered()] == [row.chamber.name for row in ROWS]
    assert not await desk.unfinished_lists()
    histories = [desk.memory.history(CHAMBERS, row.chamber.code) for row in ROWS]
    assert [len(history) for history in histories] == [1] * len(ROWS)


async def test_an_older_list_that_is_finished_late_does_not_undo_a_newer_one() -> None:
    desk = Desk()
    await desk.accepted("old", ROWS[:1])
    desk.time += timedelta(minutes=1)
    renamed = ROWS[0].chamber.model_copy(update={"name": "新名商会"})
    newer = await desk.accepted("new", (Registration(chamber=renamed),))
    await keeper_of(desk).register("new", newer)
    await keeper_of(desk).finish_lists()
    assert [state.chamber.name for state in desk.registered()] == ["新名商会"]


async def test_a_round_is_closed_once_its_last_moment_has_settled() -> None:
    desk = Desk()
    await desk.do(ROUNDS, "CN-2020", None, lambda *_: Change(open_round()), what="open-round", by=CLOCK)
    desk.standing_now = 7
    for moment, status in (
        (UNTIL, "open"),
        (UNTIL + timedelta(seconds=10), "closed"),
        (UNTIL + timedelta(days=1), "closed"),
    ):
        desk.time = moment
        await keeper_of(desk).close_rounds()
        assert cast("PlannedRound", desk.state(ROUNDS, "CN-2020")).status == status
    assert [fact.type for fact in desk.memory.outbox(ROUNDS, "CN-2020")] == ["round.closed.v1"]
