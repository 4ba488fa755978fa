"""Two stores and one area, in any order of steps, repeats and crashes: never do two hold it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.kernel.actor import Actor
from shared.kernel.change import Change, Refused
from shared.kernel.custody import (
    Abort,
    Arrive,
    Begin,
    Custody,
    Export,
    Leave,
    Remember,
    Take,
    abort,
    arrive,
    begin,
    export,
    leave,
    remember,
    take,
)

NOW = datetime(2026, 11, 26, tzinfo=UTC)
BY = Actor(id="operator", role="operator")
AREA = "37"
ROOT, OTHER = "a" * 64, "b" * 64


def stepped(custody: Custody | None, decide: Callable[..., Change[Custody] | None], command: Any) -> Custody | None:
    """The register after a step; None if it never knew anything."""
    change = decide(custody, command, NOW)
    return change.state if change else custody


class Moves(RuleBasedStateMachine):
    """Operators who do anything at any time, with any paper they ever had; `sides` begins with who hosts the area."""

    def __init__(self) -> None:
        super().__init__()
        self.sides: list[Custody | None] = [None, Custody(area=AREA, status="left")]
        self.hand_overs: list[Custody] = []
        self.receipts: list[Custody] = []
        self.releases: list[Custody] = []
        self.begun = 0

    def _try(self, side: int, decide: Callable[..., Change[Custody] | None], command: Any) -> Custody | None:
        try:
            self.sides[side] = stepped(self.sides[side], decide, command)
        except Refused:
            return None
        return self.sides[side]

    @rule(side=st.integers(0, 1))
    def leave_for_the_other(self, side: int) -> None:
        """An area leaves, or goes on leaving."""
        self.begun += 1
        command = Begin(by=BY, area=AREA, peer="CN", move=f"move-{self.begun}")
        if (found := self._try(side, begin, command)) and found.move:
            exported = self._try(side, export, Export(by=BY, move=found.move, root=f"{found.number:064x}"))
            if exported:
                self.hand_overs.append(exported)

    @rule(side=st.integers(0, 1))
    def give_up(self, side: int) -> None:
        """It is called off."""
        self._try(side, abort, Abort(by=BY))

    @precondition(lambda self: self.hand_overs)
    @rule(side=st.integers(0, 1), data=st.data())
    def receive(self, side: int, data: st.DataObject) -> None:
        """A hand-over file arrives somewhere, perhaps an old one, perhaps again."""
        of = data.draw(st.sampled_from(self.hand_overs))
        command = Arrive(by=BY, area=AREA, peer="CN", move=of.move or "", number=of.number, root=of.root or "")
        if found := self._try(side, arrive, command):
            self.receipts.append(found)

    @precondition(lambda self: self.receipts)
    @rule(side=st.integers(0, 1), data=st.data())
    def confirm(self, side: int, data: st.DataObject) -> None:
        """A receipt arrives somewhere."""
        of = data.draw(st.sampled_from(self.receipts))
        if found := self._try(side, leave, Leave(by=BY, move=of.move or "", root=of.root or "")):
            self.releases.append(found)

    @precondition(lambda self: self.releases)
    @rule(side=st.integers(0, 1), data=st.data())
    def be_released(self, side: int, data: st.DataObject) -> None:
        """A release arrives somewhere."""
        of = data.draw(st.sampled_from(self.releases))
        self._try(side, take, Take(by=BY, move=of.move or "", root=of.root or ""))

    @invariant()
    def never_two(self) -> None:
        """What all of it is for."""
        held = [side for side in self.sides if side is None or side.status == "held"]
        assert len(held) <= 1

    @invariant()
    def it_can_always_go_on(self) -> None:
        """Somebody holds it, or is leaving, or the last release says who may take it."""
        status = {side.status if side else "held" for side in self.sides}
        if not status & {"held", "leaving"}:
            assert self.releases
            latest = max(self.releases, key=lambda one: one.number)
            assert any(side and side.status == "arriving" and side.move == latest.move for side in self.sides)


TestMoves = Moves.TestCase


def leaving() -> Custody:
    """An area that leaves, with its documents."""
    state = stepped(None, begin, Begin(by=BY, area=AREA, peer=AREA, move="one"))
    exported = stepped(state, export, Export(by=BY, move="one", root=ROOT))
    assert exported
    return exported


def test_a_receipt_for_other_documents_lets_nothing_go() -> None:
    with pytest.raises(Refused, match="other documents"):
        leave(leaving(), Leave(by=BY, move="one", root=OTHER), NOW)
    with pytest.raises(Refused, match="not of the move"):
        leave(leaving(), Leave(by=BY, move="two", root=ROOT), NOW)


def test_what_has_left_does_not_stay() -> None:
    gone = stepped(leaving(), leave, Leave(by=BY, move="one", root=ROOT))
    assert gone
    assert gone.status == "left"
    with pytest.raises(Refused, match="has left"):
        abort(gone, Abort(by=BY), NOW)
    with pytest.raises(Refused, match="has left"):
        begin(gone, Begin(by=BY, area=AREA, peer=AREA, move="two"), NOW)


@pytest.mark.parametrize("restored", [None, Custody(area=AREA), leaving()])
def test_a_store_from_a_backup_lets_go_again_by_its_own_release(restored: Custody | None) -> None:
    command = Remember(by=BY, area=AREA, peer=AREA, move="one", number=1, root=ROOT)
    gone = stepped(restored, remember, command)
    assert gone
    assert (gone.status, gone.number, gone.move) == ("left", 1, "one")
    assert remember(gone, command, NOW) is None


@pytest.mark.parametrize("status", ["held", "leaving", "arriving"])
def test_an_old_release_takes_nothing_away_that_came_back(status: Any) -> None:
    command = Remember(by=BY, area=AREA, peer=AREA, move="one", number=1, root=ROOT)
    with pytest.raises(Refused):
        remember(Custody(area=AREA, status=status, number=2, move="two"), command, NOW)


@given(st.integers(0, 5))
def test_a_file_of_an_earlier_move_does_not_come_again(number: int) -> None:
    gone = Custody(area=AREA, status="left", number=number, move="last")
    with pytest.raises(Refused, match="already"):
        arrive(gone, Arrive(by=BY, area=AREA, peer="CN", move="old", number=number, root=ROOT), NOW)


def test_every_step_said_twice_changes_nothing() -> None:
    here = leaving()
    assert begin(here, Begin(by=BY, area=AREA, peer=AREA, move="two"), NOW) is None
    assert export(here, Export(by=BY, move="one", root=ROOT), NOW) is None
    gone = stepped(here, leave, Leave(by=BY, move="one", root=ROOT))
    assert leave(gone, Leave(by=BY, move="one", root=ROOT), NOW) is None
    command = Arrive(by=BY, area=AREA, peer="CN", move="one", number=1, root=ROOT)
    there = stepped(None, arrive, command)
    assert arrive(there, command, NOW) is None
    held = stepped(there, take, Take(by=BY, move="one", root=ROOT))
    assert take(held, Take(by=BY, move="one", root=ROOT), NOW) is None
    assert held
    assert held.came
    assert abort(held, Abort(by=BY), NOW) is None
