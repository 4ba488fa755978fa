"""What becomes of the honours of a chamber that was merged into another 吸收合并: carried on, or ended with it.

Whoever granted an honour decides, by a document. Sources say only that the register follows the credit code; the rules
here are ours: carried on is what holds, for the time that is left, and not over an honour that reaches as far.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.review.domain.chamber import KnownChamber
from services.review.domain.honour import Register, about, honour_id, register_for, settled, term_of, with_term
from services.review.domain.sanction import term_for
from services.review.domain.term import IN_FORCE, Closing, Plaque, Term
from shared.contracts.area import Area, covers
from shared.contracts.chambers import Chamber
from shared.contracts.honours import HonourCarried, HonourEnded
from shared.contracts.text import Text
from shared.kernel.calendar import Term as TimeLimit
from shared.kernel.calendar import end_of
from shared.kernel.change import Change
from shared.kernel.command import Command, refused


class _AfterMerger(Command):
    """A decision after a merger."""

    round: str
    reason: Text
    document: str = Field(min_length=1, max_length=100)
    chamber: KnownChamber | None = Field(exclude=True)
    """What is known of the chamber whose honour it is."""


class Carry(_AfterMerger):
    """The other chamber carries the honour on."""

    held: tuple[Term, ...] = Field(exclude=True)
    """What the other chamber holds or held in the same line."""


class End(_AfterMerger):
    """The honour ends with its chamber."""

    plaque: TimeLimit = Field(exclude=True)


class Carried(BaseModel):
    """An honour is carried on here."""

    model_config = ConfigDict(frozen=True)

    event: HonourCarried
    jurisdiction: Area
    """Which federation granted it."""


def carry(register: Register | None, command: Carry, now: datetime) -> Change[Register]:
    """The honour gives way to one of the other chamber, for the time that is left.

    Raises:
        Refused: the chamber was not merged, the honour does not hold, the other chamber lies outside the federation's
            area or holds an honour of this line that reaches as far.
    """
    here, found = term_for("carry", register, command.round, now)
    into = _require_merged(command.chamber, here)
    if not covers(found.jurisdiction, into.area):
        raise refused(
            "merger.elsewhere",
            "outcome",
            rule=(
                f"{into.name} 属地区 {into.area}，不在授予单位 {found.jurisdiction} 的范围内。",
                f"{into.name} lies in {into.area}, outside {found.jurisdiction}, which granted the honour.",
            ),
            remedy=("请作终止处理；该商会可另行申报。", "End it; that chamber may apply by itself."),
        )
    held = next((t for t in command.held if t.status in IN_FORCE and t.valid_until >= found.valid_until), None)
    same = honour_id(here.line, into.code, found.round)
    held = held or next((t for t in command.held if t.honour == same), None)
    if held:
        raise refused(
            "merger.held",
            "outcome",
            rule=(
                f"{into.name} 已有同系列称号 {held.honour}，无可承继。",
                f"{into.name} has an honour of this line, {held.honour}: there is nothing to carry on.",
            ),
            remedy=("请作终止处理。", "End it."),
        )
    closing = Closing(reason=command.reason, document=command.document, at=now, to=same)
    change = settled(here, _with(here, found.model_copy(update={"closing": closing})), now)
    carried = HonourCarried(
        **{**about(here, found), "area": into.area, "honour": same, "chamber": into},
        origin=found.honour,
        reason=command.reason,
        document=command.document,
        valid_from=max(now, found.valid_from),
        valid_until=found.valid_until,
    )
    return Change(change.state, (carried, *change.facts))


def end(register: Register | None, command: End, now: datetime) -> Change[Register]:
    """The honour ends with its chamber; its plaque is due.

    Raises:
        Refused: the chamber was not merged, or the honour has ended already.
    """
    here, found = term_for("end", register, command.round, now)
    _require_merged(command.chamber, here)
    due = end_of(now, command.plaque)
    closing = Closing(reason=command.reason, document=command.document, at=now, to=None)
    after = found.model_copy(update={"closing": closing, "plaque": Plaque(due=due)})
    return with_term(here, after, now, HonourEnded, reason=command.reason, document=command.document, plaque_due=due)


def hear_carried(register: Register | None, message: Carried, now: datetime) -> Change[Register] | None:
    """Enter the honour with the chamber that carries it on."""
    event = message.event
    register = register or register_for(event)
    if register.term(event.honour):
        return None
    term = term_of(event, message.jurisdiction, origin=event.origin)
    return settled(register, (*register.terms, term), now)


def _require_merged(chamber: KnownChamber | None, register: Register) -> Chamber:
    """The chamber that this one was merged into."""
    if chamber is None or chamber.merged is None:
        raise refused(
            "merger.none",
            "code",
            rule=(f"没有商会 {register.code} 被合并的登记。", f"No merger of chamber {register.code} is on record."),
            remedy=(
                "请先由工商联在申报服务登记合并（POST /chambers/{code}/merger）。",
                "Have the merger entered with intake first (POST /chambers/{code}/merger).",
            ),
        )
    return chamber.merged.into


def _with(register: Register, term: Term) -> tuple[Term, ...]:
    return tuple(term if t.honour == term.honour else t for t in register.terms)
