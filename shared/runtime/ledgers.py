"""What services keep and hear for the daily reconciliation 对账 (`docs/adr/0031-reconciliation.md`)."""

from collections.abc import Sequence
from typing import Any

from shared.contracts.ledgers import (
    FactsReturned,
    HealingAsked,
    LedgerClosed,
    LedgerCompared,
    LedgerDiffered,
)
from shared.kernel import reconciliation, returned
from shared.kernel.reconciliation import DayLedger, ledger_key
from shared.kernel.returned import Given, Returned
from shared.runtime.handlers import HandlerTable, Target
from shared.runtime.kinds import Index, Kind

LEDGERS = Kind("ledgers", DayLedger, indexes=(Index(("state.day",)),))
"""By area and day."""
RETURNED = Kind("returned", Returned, indexes=(Index(("state.fate",)),))
"""By the fact's id."""
LEDGER_KINDS: tuple[Kind[Any], ...] = (LEDGERS,)
"""What every service keeps for it."""


def hear_ledgers(table: HandlerTable, *, sees_all: bool = False) -> None:
    """Have a service of the centre hear the provinces' books; at the review all comparisons are seen."""
    table.on(LedgerClosed, LEDGERS, decide=reconciliation.hear_closed, key=_key)
    if sees_all:
        others = _key_unless(table.service)
        table.on(LedgerCompared, LEDGERS, decide=reconciliation.hear_other, key=others)
        table.on(LedgerDiffered, LEDGERS, decide=reconciliation.hear_differed, key=_key_unless_of(table.service))
    table.on(LedgerDiffered, LEDGERS, decide=reconciliation.hear_wanted, key=_key_if_of(table.service))


def hear_comparisons(table: HandlerTable, areas: Sequence[str]) -> None:
    """Have a province's review hear what the centre found, and take what it is given back."""
    table.on(LedgerCompared, LEDGERS, decide=reconciliation.hear_compared, key=_key, areas=areas)
    table.on(HealingAsked, LEDGERS, decide=reconciliation.hear_asked, key=_key, areas=areas)
    table.on(FactsReturned, RETURNED, decide=returned.keep, targets=_each, areas=areas)


async def _each(event: FactsReturned) -> Sequence[Target]:
    return [Target(fact.id, Given(area=event.area, day=event.day, fact=fact)) for fact in event.facts]


def _key(event: LedgerClosed | LedgerCompared | HealingAsked) -> str:
    return ledger_key(event.area, event.day)


def _key_unless(service: str) -> Any:
    return lambda event: [] if event.by == service else [ledger_key(event.area, event.day)]


def _key_if_of(service: str) -> Any:
    return lambda event: [ledger_key(event.area, event.day)] if event.of == service else []


def _key_unless_of(service: str) -> Any:
    return lambda event: [] if event.of == service else [ledger_key(event.area, event.day)]
