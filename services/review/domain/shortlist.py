"""A province's ranked list under its quota 把关排序: computed by rule, sealed once by its officer."""

from datetime import datetime

from pydantic import Field

from services.review.domain.ranking import Bounds, Contender, Place, order, places
from services.review.domain.stages import TieRule
from shared.contracts.area import Area
from shared.contracts.cases import ShortlistEntry, ShortlistSealed
from shared.contracts.event import Instant
from shared.contracts.text import Text
from shared.kernel.actor import Actor
from shared.kernel.calendar import time_words, until_words
from shared.kernel.change import Change
from shared.kernel.command import Command, refused
from shared.kernel.state import State


class Shortlist(State):
    """A sealed list."""

    id: str
    """`<round>@<area>`."""
    round: str
    """Code of the round."""
    area: Area
    """The province."""
    quota: int
    """How many it may nominate."""
    places: tuple[Place, ...]
    """In order."""
    reason: Text | None
    """Why the order differs from the rule's, if it does."""
    undecided: tuple[str, ...]
    """Cases that were undecided when it was sealed, and stay outside."""
    undecided_reason: Text | None
    """Why it was sealed without them."""
    contenders: tuple[Contender, ...] = ()
    """What it was computed from; none on lists that were sealed before this was kept."""
    ties: tuple[TieRule, ...] = ()
    """The tie rules it was computed by."""
    bounds: Bounds | None = None
    """The bounds it was computed within."""
    sealed_at: Instant
    """When."""
    sealed_by: Actor
    """By whom."""


class Seal(Command):
    """Seal the list; holds all that the decision rests on."""

    id: str
    round: str
    area: Area
    bounds: Bounds = Field(exclude=True)
    ties: tuple[TieRule, ...] = Field(exclude=True)
    until: Instant = Field(exclude=True)
    """Until when the round takes nominations."""
    contenders: tuple[Contender, ...] = Field(exclude=True)
    """Every case in the shortlist stage."""
    undecided: tuple[str, ...] = Field(exclude=True)
    """Cases still open in an earlier stage, or with the chamber for correction."""
    order: tuple[str, ...] | None = None
    """Another order than the rule's; every contender once."""
    reason: Text | None = None
    leave_undecided: Text | None = None


def seal(shortlist: Shortlist | None, command: Seal, now: datetime) -> Change[Shortlist]:
    """Seal the list: every case on it is nominated or declined by this, and nothing is added later.

    Raises:
        Refused: sealed before, too late, cases undecided, or another order without a reason.
    """
    _check_may_seal(shortlist, command, now)
    ruled = order(command.contenders, command.ties)
    chosen = _chosen(ruled, command)
    final = tuple(places(chosen, command.ties, command.bounds))
    sealed = Shortlist(
        id=command.id,
        round=command.round,
        area=command.area,
        quota=command.bounds.quota,
        places=final,
        reason=command.reason if chosen != ruled else None,
        undecided=command.undecided,
        undecided_reason=command.leave_undecided if command.undecided else None,
        contenders=tuple(ruled),
        ties=command.ties,
        bounds=command.bounds,
        sealed_at=now,
        sealed_by=command.by,
    )
    entries = tuple(
        ShortlistEntry(case=p.case, points=p.points, rank=p.rank, nominated=p.nominated, why=p.why) for p in final
    )
    fact = ShortlistSealed(
        area=command.area, shortlist=command.id, round=command.round, quota=command.bounds.quota, entries=entries
    )
    return Change(sealed, (fact,))


def _check_may_seal(shortlist: Shortlist | None, command: Seal, now: datetime) -> None:
    if shortlist is not None:
        raise refused(
            "shortlist.sealed",
            "shortlist",
            rule=(
                f"名单已于 {time_words(shortlist.sealed_at).zh} 封存。",
                f"The list was sealed on {time_words(shortlist.sealed_at).en}.",
            ),
            remedy=("封存的名单不能更改。", "A sealed list does not change."),
        )
    if now >= command.until:
        raise refused(
            "shortlist.too-late",
            "round.calendar.nominate_until",
            rule=(
                f"本周期推荐上报于 {until_words(command.until).zh} 截止。",
                f"Nominations closed on {until_words(command.until).en}.",
            ),
            remedy=("请与认定周期的主办工商联联系。", "Ask the federation that runs the round."),
        )
    if command.undecided and command.leave_undecided is None:
        some = "、".join(command.undecided[:5])
        raise refused(
            "shortlist.undecided",
            "leave_undecided",
            rule=(
                f"尚有 {len(command.undecided)} 件未审结：{some}。",
                f"{len(command.undecided)} cases are undecided: {some}.",
            ),
            remedy=(
                "请先审结，或在 leave_undecided 中说明先行封存的理由。",
                "Decide them first, or say in leave_undecided why the list is sealed without them.",
            ),
        )


def _chosen(ruled: list[Contender], command: Seal) -> list[Contender]:
    if command.order is None:
        return ruled
    by_case = {contender.case: contender for contender in ruled}
    if len(command.order) != len(ruled) or set(command.order) != set(by_case):
        raise refused(
            "shortlist.order-incomplete",
            "order",
            rule=(
                f"次序须包含全部 {len(ruled)} 件，各一次。",
                f"The order must name all {len(ruled)} cases, once each.",
            ),
            remedy=("请以预览的名单为准重新排列。", "Start from the list of the preview."),
        )
    chosen = [by_case[case] for case in command.order]
    if chosen != ruled and command.reason is None:
        raise refused(
            "shortlist.reason-missing",
            "reason",
            rule=("次序与排序规则不同，须说明理由。", "The order differs from the rule's and needs a reason."),
            remedy=("请填写 reason，理由将记录在案。", "Give the reason; it goes on record."),
        )
    return chosen
