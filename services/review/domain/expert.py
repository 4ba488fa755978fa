"""An expert 专家 in the pool: what they know, where they come from, whom they are tied to. No address, no telephone."""

from collections.abc import Collection, Iterable
from datetime import datetime

from pydantic import Field

from services.review.domain.drawing import Entry
from services.review.domain.recusal import Invited, Tie, TieKind, TieState, must_stand_aside
from shared.contracts.area import Area, province_of
from shared.contracts.event import CreditCode
from shared.kernel.change import Change
from shared.kernel.command import Command, missing, refused
from shared.kernel.state import State


class Expert(State):
    """One expert; the id is the subject of their token."""

    id: str
    """The token's subject."""
    fields: tuple[str, ...]
    """What they know: `法律`, `财务`, `党建` …"""
    area: Area
    """Where they come from."""
    ties: tuple[Tie, ...] = ()
    """To which chambers they are tied."""
    active: bool = True
    """Whether they may be invited."""

    def invited(self) -> Invited:
        """How an act names them."""
        return Invited(expert=self.id, active=self.active, ties=self.ties)

    def entry(self) -> Entry:
        """How a draw names them: by id and province."""
        return Entry(id=self.id, stratum=province_of(self.area))


class Enrol(Command):
    """Put an expert into the pool, or change their entry."""

    id: str = Field(min_length=1, max_length=100)
    fields: tuple[str, ...]
    area: Area
    ties: tuple[Tie, ...]
    active: bool


class Declare(Command):
    """Add a tie that has become known."""

    tie: Tie


class JudgeTie(Command):
    """The office has looked a tie up."""

    code: CreditCode
    kind: TieKind
    state: TieState
    reason: str | None = None


def enrol(expert: Expert | None, command: Enrol, _now: datetime) -> Change[Expert] | None:
    """The entry as given; None if it is so already."""
    entry = Expert.model_validate(command.model_dump(exclude={"by"}))
    return None if entry == expert else Change(entry)


def declare(expert: Expert | None, command: Declare, _now: datetime) -> Change[Expert] | None:
    """One tie more; None if it is known."""
    if expert is None:
        raise missing("expert", "", "该专家", "such expert")
    if command.tie in expert.ties:
        return None
    return Change(expert.but(ties=(*expert.ties, command.tie)))


def judge_tie(expert: Expert | None, command: JudgeTie, _now: datetime) -> Change[Expert] | None:
    """What is known of a tie now; None if that was known.

    Raises:
        NotFound: the expert has no such tie.
        Refused: it is dismissed or pinned without a reason.
    """
    if expert is None:
        raise missing("expert", "", "该专家", "such expert")
    meant = [tie for tie in expert.ties if (tie.code, tie.kind) == (command.code, command.kind)]
    if not meant:
        raise missing("tie", f"{command.kind} {command.code}", "关联", "tie")
    if command.state in ("dismissed", "pinned") and command.reason is None:
        raise refused(
            "tie.reason-missing",
            "reason",
            rule=("排除或固定一项关联须说明理由。", "A tie is dismissed or pinned with a reason."),
            remedy=("请填写 reason。", "Give the reason."),
        )
    known = {"state": command.state, "reason": command.reason}
    ties = tuple(tie.model_copy(update=known) if tie in meant else tie for tie in expert.ties)
    return None if ties == expert.ties else Change(expert.but(ties=ties))


def eligible(
    experts: Iterable[Expert], chambers: Collection[str], now: datetime, look_back_years: int
) -> tuple[list[Expert], list[Expert]]:
    """Of those who may be invited: who may judge all these chambers, and who has to stand aside in one of them."""
    fit: list[Expert] = []
    aside: list[Expert] = []
    for expert in experts:
        if expert.active:
            tied = any(must_stand_aside(expert.ties, chamber, now, look_back_years) for chamber in chambers)
            (aside if tied else fit).append(expert)
    return fit, aside
