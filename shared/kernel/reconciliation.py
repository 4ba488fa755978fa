"""Reconciliation 对账 of one day between a province and the centre: what each has said, and what differs.

    province            ledger.closed ──►      every service of the centre
    province  ◄──  ledger.compared              … with its own, where they differ
    province            ledger.differed ──►    exactly what differs, and what is wanted
    province  ◄──  facts.returned               what was wanted

The same document on both sides, one for each area and day; each decider says on which side it stands.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.area import Area
from shared.contracts.ledgers import (
    SIDES,
    FactsReturned,
    HealingAsked,
    LedgerClosed,
    LedgerCompared,
    LedgerDiffered,
    LedgerLine,
    Named,
    ReturnedFact,
)
from shared.kernel.actor import Actor
from shared.kernel.change import Change
from shared.kernel.command import Command, refused
from shared.kernel.state import State


class DayLedger(State):
    """One day between one province and the centre."""

    area: Area
    """The province."""
    day: date
    """The day, in China."""
    closed: LedgerClosed | None = None
    """The province's books, as it said last."""
    compared: dict[str, LedgerCompared] = Field(default_factory=dict)
    """What the services of the centre found, by service; without the ids, once these have been looked at."""
    differed: dict[str, LedgerDiffered] = Field(default_factory=dict)
    """What differs, by service."""
    unnamed: tuple[str, ...] = ()
    """At the province: services whose findings have to be looked at."""
    unanswered: bool = False
    """At a service of the centre: whether it has yet to compare."""
    owed: tuple[str, ...] = ()
    """At a service of the centre: ids of what it has yet to give back."""
    healing: bool = False
    """At the province: whether what differs has yet to be healed."""

    @property
    def agrees(self) -> bool:
        """Whether every service that ever answered agrees with the newest books, and one has."""
        return bool(self.compared) and all(found.agrees and self.is_newest(found) for found in self.compared.values())

    def is_newest(self, found: LedgerCompared) -> bool:
        """Whether these findings are of the newest books."""
        return self.closed is not None and found.closed >= self.closed.at

    def is_answered_by(self, services: Collection[str], asked: datetime) -> bool:
        """Whether all of these have answered books of that moment or newer ones, and it has been looked at."""
        return not self.unnamed and all(of in self.compared and self.compared[of].closed >= asked for of in services)

    @property
    def unasked(self) -> frozenset[str]:
        """At the province: ids of what is lacking here and was not asked for yet."""
        lacking = {f.id for one in self.differed.values() for f in (*one.forgotten_here, *one.lacking_here)}
        return frozenset(lacking.difference(*(one.wanted for one in self.differed.values())))

    @property
    def forgets(self) -> bool:
        """At the province: whether it has forgotten what it said itself, as a store does that was put back."""
        return any(one.forgotten_here for one in self.differed.values())

    @property
    def differences(self) -> int:
        """How many facts are known to one side only."""
        return sum(len(getattr(one, side)) for one in self.differed.values() for side in SIDES)


class Close(BaseModel):
    """What the province has of a day."""

    model_config = ConfigDict(frozen=True)

    area: Area
    day: date
    final: bool
    sent: tuple[LedgerLine, ...]
    accepted: tuple[LedgerLine, ...]
    unsent: int
    ask: bool
    """Whether to say it though nothing has changed, so that it is compared again."""


class Compare(BaseModel):
    """What a service of the centre found."""

    model_config = ConfigDict(frozen=True)

    found: LedgerCompared


class Name(BaseModel):
    """What exactly differs from the books of one service."""

    model_config = ConfigDict(frozen=True)

    of: str
    compared: datetime
    """`at` of the findings that were looked at."""
    lists: dict[str, tuple[Named, ...]]
    """By the way in which a fact is known to one side only."""


class Give(BaseModel):
    """What is given back."""

    model_config = ConfigDict(frozen=True)

    by: str
    facts: tuple[ReturnedFact, ...]
    absent: tuple[str, ...] = ()
    """What was wanted and is not here."""


class Heal(Command):
    """An operator has a day healed."""


class Healed(BaseModel):
    """What could be done for it has been done."""

    model_config = ConfigDict(frozen=True)


def ledger_key(area: str, day: date) -> str:
    """`35/2026-11-25`."""
    return f"{area}/{day}"


# --- at the province -------------------------------------------------------------------------------------------


def close(state: DayLedger | None, command: Close, now: datetime) -> Change[DayLedger] | None:
    """Say what the day's books hold, unless that was said before."""
    state = state or DayLedger(area=command.area, day=command.day)
    said = LedgerClosed(
        area=command.area,
        day=command.day,
        at=now,
        final=command.final,
        sent=command.sent,
        accepted=command.accepted,
        unsent=command.unsent,
    )
    before = state.closed
    if before and not command.ask and said.model_copy(update={"at": before.at}) == before:
        return None
    return Change(state.but(closed=said), (said,))


def hear_compared(state: DayLedger | None, event: LedgerCompared, _: datetime) -> Change[DayLedger] | None:
    """Note what a service of the centre found; what differs has yet to be named."""
    state = state or DayLedger(area=event.area, day=event.day)
    if not _is_newer(state, event):
        return None
    others = tuple(one for one in state.unnamed if one != event.by)
    differed = {of: one for of, one in state.differed.items() if of != event.by or not event.agrees}
    return Change(
        state.but(
            compared={**state.compared, event.by: event},
            differed=differed,
            unnamed=others if event.agrees else (*others, event.by),
        )
    )


def name_differences(state: DayLedger | None, command: Name, now: datetime) -> Change[DayLedger] | None:
    """Say exactly what differs."""
    found = state.compared.get(command.of) if state else None
    if state is None or found is None or found.at != command.compared:
        return None
    seen = state.but(
        compared={**state.compared, command.of: _without_ids(found)},
        unnamed=tuple(one for one in state.unnamed if one != command.of),
    )
    if not any(command.lists.values()):  # it has come meanwhile
        left = {of: one for of, one in state.differed.items() if of != command.of}
        return Change(seen.but(differed=left))
    said = LedgerDiffered(area=state.area, of=command.of, day=state.day, at=now, **command.lists)
    return Change(seen.but(differed={**state.differed, command.of: said}), (said,))


def heal(state: DayLedger | None, _command: Heal, _now: datetime) -> Change[DayLedger] | None:
    """Have the province heal a day, at its own operator's request.

    Raises:
        Refused: nothing is known of that day.
    """
    return None if (known := _known(state)).healing else Change(known.but(healing=True))


def hear_asked(state: DayLedger | None, event: HealingAsked, _: datetime) -> Change[DayLedger] | None:
    """The same at the request of the centre."""
    return Change((state or DayLedger(area=event.area, day=event.day)).but(healing=True))


def healed(state: DayLedger | None, _command: Healed, now: datetime) -> Change[DayLedger] | None:
    """What the centre lacks was sent again; what is lacking here is asked for."""
    if state is None or not state.healing:
        return None
    asked, wanted = dict[str, LedgerDiffered](), set[str]()
    for of, one in state.differed.items():
        lacking = [fact.id for fact in (*one.forgotten_here, *one.lacking_here) if fact.id not in wanted]
        wanted.update(lacking)
        later = max(now, one.at + timedelta(milliseconds=1))  # what is said later counts more
        asked[of] = one.model_copy(update={"at": later, "wanted": tuple(lacking)})
    facts = tuple(one for one in asked.values() if one.wanted)
    return Change(state.but(healing=False, differed=asked), facts)


# --- at a service of the centre --------------------------------------------------------------------------------


def hear_closed(state: DayLedger | None, event: LedgerClosed, _: datetime) -> Change[DayLedger] | None:
    """Note a province's books; they have yet to be compared."""
    state = state or DayLedger(area=event.area, day=event.day)
    if state.closed and state.closed.at >= event.at:
        return None
    return Change(state.but(closed=event, unanswered=True))


def compare(state: DayLedger | None, command: Compare, _: datetime) -> Change[DayLedger] | None:
    """Say what was found, unless the province has said something newer meanwhile."""
    found = command.found
    if state is None or state.closed is None or state.closed.at != found.closed:
        return None
    return Change(_noting(state, found).but(unanswered=False), (found,))


def hear_other(state: DayLedger | None, event: LedgerCompared, _: datetime) -> Change[DayLedger] | None:
    """At the centre's review, where all is seen: note what another service of the centre found."""
    state = state or DayLedger(area=event.area, day=event.day)
    return Change(_noting(state, event)) if _is_newer(state, event) else None


def hear_differed(state: DayLedger | None, event: LedgerDiffered, _: datetime) -> Change[DayLedger] | None:
    """Note what exactly differs, where all is seen."""
    state = state or DayLedger(area=event.area, day=event.day)
    before = state.differed.get(event.of)
    if before and before.at >= event.at:
        return None
    return Change(state.but(differed={**state.differed, event.of: event}))


def hear_wanted(state: DayLedger | None, event: LedgerDiffered, now: datetime) -> Change[DayLedger] | None:
    """The same at the service that is asked: it owes what is wanted."""
    noted = hear_differed(state, event, now)
    if noted is None or not event.wanted:
        return noted
    owed = dict.fromkeys((*noted.state.owed, *event.wanted))
    return Change(noted.state.but(owed=tuple(owed)))


def give(state: DayLedger | None, command: Give, _: datetime) -> Change[DayLedger] | None:
    """Give some of what is owed."""
    if state is None:
        return None
    done = {*(fact.id for fact in command.facts), *command.absent}
    left = state.but(owed=tuple(id_ for id_ in state.owed if id_ not in done))
    if left == state:
        return None
    said = FactsReturned(area=state.area, by=command.by, day=state.day, facts=command.facts)
    return Change(left, (said,) if command.facts else ())


def ask(state: DayLedger | None, _command: Heal, now: datetime) -> Change[DayLedger]:
    """Have the province heal a day, at the request of an operator of the centre.

    Raises:
        Refused: nothing is known of that day.
    """
    known = _known(state)
    return Change(known, (HealingAsked(area=known.area, day=known.day, at=now),))


def _known(state: DayLedger | None) -> DayLedger:
    if state is None:
        raise refused(
            "ledger.unknown",
            "day",
            rule=("该日尚无对账记录。", "Nothing has been reconciled of that day yet."),
            remedy=(
                "请核对日期；该省结账后才有记录。",
                "Check the day; there is something once the province has closed it.",
            ),
        )
    return state


def _is_newer(state: DayLedger, event: LedgerCompared) -> bool:
    before = state.compared.get(event.by)
    return before is None or before.at < event.at


def _noting(state: DayLedger, found: LedgerCompared) -> DayLedger:
    left = {of: one for of, one in state.differed.items() if of != found.by or not found.agrees}
    return state.but(compared={**state.compared, found.by: _without_ids(found)}, differed=left)


def _without_ids(found: LedgerCompared) -> LedgerCompared:
    return found.model_copy(update={"differing_accepted": (), "differing_sent": ()})


OPERATOR = Actor(id="operator", role="operator")
"""Who heals at a terminal."""
